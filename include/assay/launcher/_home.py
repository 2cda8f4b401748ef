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
            "this folder is no Assay project", where=str(root), got=f"no {', '.join(missing)}",
            expected="a folder with " + ", ".join(f"{mark}/" for mark in _MARKS),
            do="Set ASSAY_PROJECT to the project's folder.",
        )  # fmt: skip
    return root


@dataclass(frozen=True)
class Places:
    """The launcher's files below one home, which is absolute; naming one makes nothing."""

    home: Path
    lake: Lake
    airflow: Path  # Airflow's own home: its database and its records of processes
    config: Path  # Airflow's settings file, which is empty: each setting is in the environment
    record: Path  # ports and processes of the last start
    lock: Path  # held while processes are started or stopped
    migrated: Path  # the version of Airflow and the database that the last migration was for
    passwords: Path  # of the users of the UI, in the auth manager's own format
    logs: Path  # folder of the output of the four processes

    @classmethod
    def below(cls, home: Path | str) -> Places:
        """The places below a home, given as any path."""
        lake = Lake(Path(home).expanduser().resolve())
        airflow = lake.path("airflow")
        return cls(
            home=lake.home,
            lake=lake,
            airflow=airflow,
            config=airflow / "airflow.cfg",
            record=airflow / "launcher.json",
            lock=airflow / "launcher.lock",
            migrated=airflow / "migrated.json",
            passwords=lake.path("secrets", "airflow_passwords.json"),
            logs=lake.path("logs", "processes"),
        )

    def make(self) -> None:
        """Make the folders that the launcher and Airflow write to."""
        for path in (("airflow",), ("logs", "processes", "log"), ("cache",)):
            self.lake.make(*path)

    def process_log(self, name: str) -> Path:
        """Output of one of the four processes."""
        return self.logs / f"{name}.log"
