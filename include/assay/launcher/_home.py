"""Where things lie: the project's folders, and the launcher's files below a home."""

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

    ``ASSAY_PROJECT`` names it; otherwise it is found from where this package lies (an editable
    install, or ``include`` on the path).

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
            "this is no Assay project",
            where=str(root),
            expected="a folder with " + ", ".join(f"{mark}/" for mark in _MARKS),
            got=f"no {', '.join(missing)}",
            do="Set ASSAY_PROJECT to the project's folder.",
        )
    return root


@dataclass(frozen=True)
class Places:
    """The launcher's files below one home.

    Parameters
    ----------
    home : Path
        Absolute; made on first use.
    """

    home: Path

    @classmethod
    def below(cls, home: Path | str) -> Places:
        """The places below a home, given as any path."""
        return cls(Path(home).expanduser().resolve())

    @property
    def airflow(self) -> Path:
        """Airflow's own home: its database and its records of processes."""
        return Lake(self.home).path("airflow")

    @property
    def config(self) -> Path:
        """Airflow's settings file, empty: every setting stands in the environment."""
        return Lake(self.home).path("airflow", "airflow.cfg")

    @property
    def record(self) -> Path:
        """Ports and processes of the last start."""
        return Lake(self.home).path("airflow", "launcher.json")

    @property
    def lock(self) -> Path:
        """Held while processes are started or stopped."""
        return Lake(self.home).path("airflow", "launcher.lock")

    @property
    def migrated(self) -> Path:
        """What the database was last migrated to."""
        return Lake(self.home).path("airflow", "migrated.json")

    @property
    def keys(self) -> Path:
        """Fernet key and signing secrets."""
        return Lake(self.home).path("secrets", "airflow.json")

    @property
    def passwords(self) -> Path:
        """Passwords of the users of the UI, in the auth manager's own format."""
        return Lake(self.home).path("secrets", "airflow_passwords.json")

    @property
    def task_logs(self) -> Path:
        """Logs of tasks, a folder a run."""
        return Lake(self.home).path("logs", "airflow")

    @property
    def dag_logs(self) -> Path:
        """Logs of parsing, a folder a day."""
        return Lake(self.home).path("logs", "parsing")

    def process_log(self, name: str) -> Path:
        """Output of one of the four processes."""
        return Lake(self.home).path("logs", "processes", f"{name}.log")
