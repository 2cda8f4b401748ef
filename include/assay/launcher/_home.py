"""The project's folders, and the launcher's files below a home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.errors import AssayError
from assay.lake import Lake

_MARKS = ("dags", "config", "plugins", "include")


def project_root(outer: Mapping[str, str] | None = None) -> Path:
    """The folder that holds ``dags/``, ``plugins/``, ``config/`` and ``include/``.

    ``ASSAY_PROJECT`` names it. Otherwise it is the folder that this package was imported from (an
    editable install, or ``include`` on the path).

    Parameters
    ----------
    outer : mapping, optional
        The environment to read ``ASSAY_PROJECT`` from, that of this process by default.

    Raises
    ------
    AssayError
        If the folder lacks one of the four.
    """
    named = (os.environ if outer is None else outer).get("ASSAY_PROJECT")
    root = Path(named).resolve() if named else Path(__file__).resolve().parents[3]
    missing = [mark for mark in _MARKS if not (root / mark).is_dir()]
    if missing:
        raise AssayError(
            "this folder is no Assay project",
            where=str(root),
            expected="a folder with " + ", ".join(f"{mark}/" for mark in _MARKS),
            got=f"no {', '.join(missing)}",
            do="Set ASSAY_PROJECT to the project's folder.",
        )
    return root


@dataclass(frozen=True)
class Places:
    """The launcher's files below one home; naming one makes nothing.

    Parameters
    ----------
    home : Path
        Absolute.
    """

    home: Path

    @classmethod
    def below(cls, home: Path | str) -> Places:
        """The places below a home, given as any path."""
        return cls(Path(home).expanduser().resolve())

    @property
    def lake(self) -> Lake:
        """The lake below the home."""
        return Lake(self.home)

    def make(self) -> None:
        """Make the folders that the launcher and Airflow write to."""
        for path in (("airflow",), ("logs", "processes", "log"), ("cache",)):
            self.lake.make(*path)

    @property
    def airflow(self) -> Path:
        """Airflow's own home: its database and its records of processes."""
        return self.lake.path("airflow")

    @property
    def config(self) -> Path:
        """Airflow's settings file. It is empty: every setting is in the environment."""
        return self.lake.path("airflow", "airflow.cfg")

    @property
    def record(self) -> Path:
        """Ports and processes of the last start."""
        return self.lake.path("airflow", "launcher.json")

    @property
    def lock(self) -> Path:
        """Held while processes are started or stopped."""
        return self.lake.path("airflow", "launcher.lock")

    @property
    def migrated(self) -> Path:
        """Which version of Airflow and which database the last migration was for."""
        return self.lake.path("airflow", "migrated.json")

    @property
    def passwords(self) -> Path:
        """Passwords of the users of the UI, in the auth manager's own format."""
        return self.lake.path("secrets", "airflow_passwords.json")

    @property
    def task_logs(self) -> Path:
        """Logs of tasks, one folder for each run."""
        return self.lake.path("logs", "airflow")

    @property
    def dag_logs(self) -> Path:
        """Logs of parsing, one folder for each day."""
        return self.lake.path("logs", "parsing")

    def process_log(self, name: str) -> Path:
        """Output of one of the four processes."""
        return self.lake.path("logs", "processes", f"{name}.log")
