"""Where a run's artefacts are: the only module that knows the names of their files.

A workspace is keyed by its subject (a data set and a batch, or a model) and by the id of all that
the run derives from. It reads and writes typed artefacts: ``workspace.observed.read(session)``,
``workspace.state.write(text)``. Each is written aside and renamed, and the workspace notes its
hash, by which the stages that read it later know it. A stage's view of the workspace refuses what
the chain doesn't declare for that stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar, overload

from assay.errors import InputError
from assay.lake import Lake, clear_aside, digest, write_text

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


class _Declared(Generic[ArtefactT]):
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


def _table(zone: str, file: str, stored_as: str | None = None) -> _Declared[TableArtefact]:
    return _Declared(TableArtefact, zone, file, stored_as)


def _sealed(zone: str, file: str, stored_as: str | None = None) -> _Declared[FileArtefact]:
    return _Declared(FileArtefact, zone, file, stored_as)


def _text(zone: str, file: str, stored_as: str | None = None) -> _Declared[TextArtefact]:
    return _Declared(TextArtefact, zone, file, stored_as)


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


@dataclass(frozen=True)
class BatchWorkspace(Workspace):
    """The artefacts of a run of a batch; its key is data set, batch and version id.

    Parameters
    ----------
    input_sha : str, optional
        SHA-256 of the landed input, which names the folder of the landed rows.
    period : str, optional
        The period whose key seals the audit partition.
    reference : str, optional
        The one drift reference that the run is held against, where a person chose one.
    """

    input_sha: str | None = None
    period: str | None = None
    reference: str | None = None

    # Tables between the stages: their rows have landing numbers and mostly landing order.
    marks_raw = _table("work", "marks_raw.parquet")
    observed = _table("work", "observed.parquet")
    cleaned = _table("work", "cleaned.parquet")
    dropped = _table("work", "marks_clean_dropped.parquet")
    change_log = _table("work", "change_log.parquet")
    marks_clean = _table("work", "marks_clean.parquet")
    row_numbers = _table("work", "row_numbers.parquet")
    # Objects of the version: their rows have its own numbers and order.
    sealed_row_numbers = _sealed("work", "rows.sealed", stored_as="rows")
    committed_observed = _table("work", "committed_observed.parquet", stored_as="observed")
    committed_changes = _table("work", "committed_changes.parquet", stored_as="changes")
    candidate = _table("work", "candidate.parquet", stored_as="data")
    scaled = _table("work", "scaled.parquet", stored_as="scaled")
    # What cleaning was fitted to.
    state = _text("work", "state.json", stored_as="state")
    scaler = _text("work", "scaler.json", stored_as="scaler")
    # Restricted: clear values of classified columns or landing row numbers are in them.
    quarantined_raw = _table("quarantine", "raw.parquet")
    quarantined_clean = _table("quarantine", "clean.parquet")
    changed_values = _table("quarantine", "changes.parquet")
    failing_raw = _text("quarantine", "validate_raw.json")
    failing_clean = _text("quarantine", "validate_clean.json")
    # What people and other tools read.
    overview = _text("reports", "report.html")
    validation_raw = _text("reports", "validate_raw.json")
    validation_clean = _text("reports", "validate_clean.json")
    cleaning = _text("reports", "cleaning.json", stored_as="cleaning")

    @property
    def landed(self) -> TableArtefact:
        """The landed rows, which belong to the input and not to the version.

        Raises
        ------
        InputError
            If the input hasn't landed.
        """
        if self.input_sha is None:
            raise InputError("the run's input hasn't landed", where=" ".join(self.key[:2]))
        by_input = replace(self, key=(*self.key[:2], self.input_sha))
        return TableArtefact(by_input, "landed", "landing", "rows.parquet")

    @property
    def audit(self) -> FileArtefact:
        """Protected attributes that ``protect`` removes, sealed with the key of a period."""
        return FileArtefact(self, "audit", "audit", f"{self.period}.sealed")

    @property
    def drift_rows(self) -> FileArtefact:
        """Numbers of the rows behind the shifts."""
        of = f"_{self.reference}" if self.reference else ""
        return FileArtefact(self, "drift_rows", "reports", f"drift_rows{of}.parquet")

    def stored(self) -> dict[str, Path]:
        """Object of a version → path of the artefact that it is made from.

        A stage sees those that it may read.
        """
        declared = (d for d in vars(BatchWorkspace).values() if isinstance(d, _Declared))
        seen = None if self.reads is None else {*self.reads, *self.written}
        return {
            d.stored_as: self.artefact(d.name).path
            for d in declared
            if d.stored_as and (seen is None or d.name in seen)
        }
