"""Zones, paths in them, and publishing by rename."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from assay.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Zone:
    """A place with one set of readers and one maximum age."""

    name: str
    restricted: bool
    description: str


ZONES: tuple[Zone, ...] = (
    Zone("inbox", False, "files that upstreams drop; Assay only reads them"),
    Zone("landing", True, "originals and their rows, as they arrived"),
    Zone("quarantine", True, "landed rows that failed, with their reasons"),
    Zone("audit", True, "protected attributes that protect removes, sealed, for the fairness gate"),
    Zone("work", True, "protected tables between the stages of a run"),
    Zone("labelling", True, "rounds of labelling: who is asked what, and what they answered"),
    Zone("spill", True, "what the engine writes when memory is short"),
    Zone("reports", False, "verdicts, reports and Data Docs"),
    Zone("archive", True, "removed versions, to be brought back from"),
    Zone("access_log", True, "who read what: chained lines and their signed head"),
    Zone("retention", False, "plans of sweeps, and what they removed"),
    Zone("messages", False, "messages rendered where no connection is configured"),
    Zone("registry", True, "versions, snapshots and pointers: Git and DVC"),
    Zone("catalog", True, "the index and history database"),
    Zone("secrets", True, "keys that the embedded default made"),
    Zone("airflow", True, "Airflow's own database and settings"),
    Zone("mlflow", True, "MLflow's own database, and the files of its runs"),
    Zone("label_studio", True, "Label Studio's own database: what annotators are shown"),
    Zone("lineage", False, "events of OpenLineage, one file a day; the last thirty days"),
    Zone("logs", False, "logs of the processes and of the tasks"),
    Zone("cache", True, "copies of registry objects, counts of references; safe to delete"),
)
_BY_NAME = {zone.name: zone for zone in ZONES}


@dataclass(frozen=True)
class Lake:
    """The folders below one home.

    Parameters
    ----------
    home : Path
        ``ASSAY_HOME``; ``.assay`` below the project by default.
    """

    home: Path

    def path(self, zone: str, *parts: str) -> Path:
        """Name a path in a zone; nothing is made.

        Raises
        ------
        InputError
            If there is no such zone, a part would lead out of it, or the zone is a link.
        """
        if zone not in _BY_NAME:
            raise InputError(
                "no such zone",
                got=zone,
                expected="one of: " + ", ".join(_BY_NAME),
                do=did_you_mean(zone, _BY_NAME) or None,
            )
        _check_link(self.home / zone)
        for part in parts:
            if part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part:
                raise InputError("a path part would lead out of its zone", where=zone, got=part)
        return self.home.joinpath(zone, *parts)

    def make(self, zone: str, *parts: str) -> Path:
        """Name a path to write to, and make the folders above it with the zone's rights.

        The path itself isn't made, except the zone's own folder if no part is given.

        Raises
        ------
        InputError
            As :meth:`path`.
        """
        path = self.path(zone, *parts)
        mode = 0o700 if _BY_NAME[zone].restricted else 0o755
        folder = self.home
        for part in (zone, *parts[:-1]):
            folder /= part
            _check_link(folder)
            if not folder.is_dir():
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                folder.chmod(mode)
        return path

    @property
    def catalog_url(self) -> str:
        """SQLAlchemy URL of the embedded catalog."""
        return f"sqlite:///{self.path('catalog', 'catalog.db')}"

    def zone_of(self, path: Path) -> Zone | None:
        """The zone in which a path lies, None if it lies in none."""
        try:
            relative = path.resolve().relative_to(self.home.resolve())
        except ValueError:
            return None
        return _BY_NAME.get(relative.parts[0]) if relative.parts else None


def _check_link(folder: Path) -> None:
    """Refuse a folder that is a link: what is written, swept or given rights there is another's."""
    if folder.is_symlink():
        raise InputError(
            "a folder of the lake is a link", where=str(folder), expected="a folder",
            do="Remove the link. The home itself may be one, or a mount.",
        )  # fmt: skip


def publish(aside: Path, path: Path) -> None:
    """Move a file or folder that was written aside to its place, durably, in one step.

    A file replaces an earlier file. A folder replaces none: if another run has published the same
    folder first, this one stays aside, and the caller removes it.
    """
    if aside.is_file():
        _sync(aside)
    aside.replace(path)
    _sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file aside (UTF-8), and rename it to its place."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    aside.write_text(text, encoding="utf-8")
    publish(aside, path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_aside(folder: Path, *, folders: bool = False) -> None:
    """Remove the files that killed processes wrote aside in a folder and never published.

    Call it only with the lease of the batch, so that no other process writes there.

    Parameters
    ----------
    folders : bool
        Remove hidden folders too, not only files.
    """
    for path in folder.glob(".*"):
        if path.is_file():
            path.unlink(missing_ok=True)
        elif folders:
            shutil.rmtree(path, ignore_errors=True)


def digest(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
