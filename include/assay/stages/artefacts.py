"""Artefacts of runs: typed files, written aside and renamed, known by their hashes.

A workspace is keyed by its subject (a data set and a batch, or a model) and by the id of all that
the run derives from. It reads and writes typed artefacts: ``workspace.observed.read(session)``,
``workspace.state.write(text)``. Each is written aside and renamed, and the workspace notes its
hash, by which the stages that read it later know it. A stage's view of the workspace refuses what
the chain doesn't declare for that stage.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar, overload

from assay.lake import Lake, clear_aside, digest, publish, write_text

if TYPE_CHECKING:
    from ibis import Table

    from assay.engine import FileDigest, Session


class UndeclaredArtefactError(TypeError):
    """A stage reads or writes an artefact that the chain doesn't declare for it."""


@dataclass(frozen=True)
class FileArtefact:
    """One file of a run.

    Parameters
    ----------
    workspace : Workspace
        The workspace that it belongs to.
    name : str
        The artefact's name, such as ``observed``.
    zone, file : str
        The zone and the file name below the run's folder in it.
    stored_as : str, optional
        The object's name in a batch version, for an artefact that is committed.
    """

    workspace: Workspace
    name: str
    zone: str
    file: str
    stored_as: str | None = None

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.workspace.folder(self.zone) / self.file

    @property
    def relative(self) -> str:
        """The path below the home, as results show it: short, and the same on each host."""
        return str(self.path.relative_to(self.workspace.lake.home))

    def exists(self) -> bool:
        """Whether it has been written and is still kept."""
        return self.path.is_file()

    def is_as(self, sha256: str) -> bool:
        """Whether it is there with these very bytes."""
        return self.exists() and digest(self.path) == sha256

    def wrote(self, written: FileDigest) -> FileDigest:
        """Note the hash of what was written to :meth:`new`; without it the file is hashed later."""
        self.workspace.written[self.name] = written.sha256
        return written

    def new(self) -> Path:
        """The path to write to; its folder is made.

        Raises
        ------
        UndeclaredArtefactError
            If the stage at work doesn't declare that it writes this.
        """
        self.workspace.note_write(self.name)
        return self.workspace.lake.make(self.zone, *self.workspace.key, self.file)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Give a path aside to write to; what is there at the end comes to the file's place.

        Raises
        ------
        UndeclaredArtefactError
            As :meth:`new`.
        """
        path = self.new()
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            yield aside
            publish(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    def found(self) -> Path:
        """The path to read from.

        Raises
        ------
        UndeclaredArtefactError
            If the stage at work doesn't declare that it reads this.
        """
        self.workspace.check_read(self.name)
        return self.path


class TableArtefact(FileArtefact):
    """A Parquet file."""

    def read(self, session: Session) -> Table:
        """The table, scanned when it is used."""
        return session.read_parquet(self.found())

    def write(
        self, session: Session, table: Table, order_by: Sequence[str], *, presorted: bool = False
    ) -> FileDigest:
        """Write a table in a total order; a committed artefact carries the version's nonce."""
        nonce = self.workspace.nonce(self.stored_as) if self.stored_as else None
        path = self.new()
        return self.wrote(session.write_parquet(table, path, order_by, nonce, presorted=presorted))


class TextArtefact(FileArtefact):
    """A text file: JSON or a page."""

    def read(self) -> str:
        """The whole text."""
        return self.found().read_text(encoding="utf-8")

    def write(self, text: str) -> str:
        """Write the text; return the path below the home."""
        write_text(self.new(), text)
        self.workspace.written[self.name] = hashlib.sha256(text.encode()).hexdigest()
        return self.relative


ArtefactT = TypeVar("ArtefactT", bound=FileArtefact)


class Declared(Generic[ArtefactT]):
    """An artefact as the class of workspaces declares it; a workspace binds it to its folder."""

    def __init__(
        self, kind: type[ArtefactT], zone: str, file: str, stored_as: str | None = None
    ) -> None:
        self.kind, self.zone, self.file, self.stored_as = kind, zone, file, stored_as

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, workspace: None, owner: type) -> Self: ...
    @overload
    def __get__(self, workspace: Workspace, owner: type) -> ArtefactT: ...
    def __get__(self, workspace: Workspace | None, owner: type) -> Self | ArtefactT:
        if workspace is None:
            return self
        return self.kind(workspace, self.name, self.zone, self.file, self.stored_as)


def table_at(zone: str, file: str, stored_as: str | None = None) -> Declared[TableArtefact]:
    """Declare a table of a workspace: its zone, its file, and its name in a version."""
    return Declared(TableArtefact, zone, file, stored_as)


def sealed_at(zone: str, file: str, stored_as: str | None = None) -> Declared[FileArtefact]:
    """Declare a file that no reader opens: its zone, its file, and its name in a version."""
    return Declared(FileArtefact, zone, file, stored_as)


def text_at(zone: str, file: str, stored_as: str | None = None) -> Declared[TextArtefact]:
    """Declare a text of a workspace: its zone, its file, and its name in a version."""
    return Declared(TextArtefact, zone, file, stored_as)


def run_folder(run_id: str) -> str:
    """The name of the folder with the records of a run, whatever its id may be."""
    return f"run-{hashlib.sha256(run_id.encode()).hexdigest()[:32]}"


def _no_nonce(_: str) -> str | None:
    return None


@dataclass(frozen=True)
class Workspace:
    """The artefacts of one run of any subject.

    Parameters
    ----------
    lake : Lake
    key : tuple of str
        The subject, then the id of all that the run derives from; the folders below each zone.
    nonce : callable, optional
        Name of a version's object → the nonce in its file.
    reads, writes : collection of str, optional
        Artefacts that may be read and written; all by default.
    written : dict
        Artefacts that were written through this view → SHA-256, empty until it is known.
    """

    lake: Lake
    key: tuple[str, ...]
    nonce: Callable[[str], str | None] = _no_nonce
    reads: Collection[str] | None = None
    writes: Collection[str] | None = None
    written: dict[str, str] = field(default_factory=dict, compare=False)

    def folder(self, zone: str) -> Path:
        """The run's folder in a zone, whether or not it exists."""
        return self.lake.path(zone, *self.key)

    def restricted(self, reads: Collection[str], writes: Collection[str]) -> Self:
        """The same workspace as a stage sees it, which declares what it reads and writes."""
        return replace(self, reads=frozenset(reads), writes=frozenset(writes), written={})

    def check_read(self, name: str) -> None:
        """Refuse to read what the stage at work doesn't declare, or hasn't written itself."""
        if self.reads is not None and name not in {*self.reads, *self.written}:
            raise UndeclaredArtefactError(f"this stage doesn't declare that it reads {name!r}")

    def note_write(self, name: str) -> None:
        """Remember a write; refuse one that the stage at work doesn't declare."""
        if self.writes is not None and name not in self.writes:
            raise UndeclaredArtefactError(f"this stage doesn't declare that it writes {name!r}")
        self.written[name] = ""

    def table(self, name: str) -> TableArtefact:
        """A table by its name."""
        found = self.artefact(name)
        if not isinstance(found, TableArtefact):
            raise UndeclaredArtefactError(f"the artefact {name!r} is no table")
        return found

    def artefact(self, name: str) -> FileArtefact:
        """An artefact by its name."""
        found = getattr(self, name, None)
        if not isinstance(found, FileArtefact):
            raise UndeclaredArtefactError(f"no workspace has an artefact named {name!r}")
        return found

    def digests(self) -> dict[str, str]:
        """Each artefact that was written through this view → SHA-256 of its bytes."""
        kept = {name: sha for name, sha in self.written.items() if self.artefact(name).exists()}
        return {name: sha or digest(self.artefact(name).path) for name, sha in kept.items()}

    def result(self, stage: str) -> TextArtefact:
        """What a stage has finished with, for a repeated run."""
        return TextArtefact(self._unrestricted(), stage, "work", f"{stage}.json")

    def report(self, stage: str) -> TextArtefact:
        """The page of a stage: every stage may write its own."""
        return TextArtefact(self._unrestricted(), stage, "reports", f"{stage}.html")

    def _unrestricted(self) -> Self:
        return replace(self, reads=None, writes=None, written={})

    def clear_aside(self) -> None:
        """Remove what a killed run wrote aside and never published."""
        for zone in ("work", "quarantine", "reports"):
            clear_aside(self.folder(zone))
