"""Versions of batches, snapshots and pointers of data sets: what the registry holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from assay.records.lineage import LineageEdge
from assay.verdict import Frozen, Verdict

DATASET: Final = r"^[a-z][a-z0-9_]*$"
BATCH: Final = r"^[0-9A-Za-z][0-9A-Za-z_-]*$"
VERSION: Final = r"^[0-9a-f]{32}$"
MD5: Final = r"^[0-9a-f]{32}$"
OBJECT: Final = r"^[a-z][a-z0-9_]*$"

Dataset = Annotated[str, Field(pattern=DATASET)]
Batch = Annotated[str, Field(pattern=BATCH)]
VersionId = Annotated[str, Field(pattern=VERSION)]
ObjectName = Annotated[str, Field(pattern=OBJECT)]
VersionKey = tuple[str, str, str]
"""Data set, batch, version id."""


VERDICTS: Final = "verdicts"
"""The object that holds the gates' verdicts on a version."""


class Derivation(Frozen):
    """All that a batch version derives from; the version's id is a keyed hash of it.

    Two runs with equal derivations have the same version, so whatever may change a byte of the
    version belongs in here, and nothing else: no time, no run id, no host.
    """

    input_sha256: str = Field(description="SHA-256 of the landed input.")
    contract: str = Field(description="Hash of the contract.")
    suites: dict[str, str] = Field(default_factory=dict, description="Suite → hash.")
    policies: dict[str, str] = Field(default_factory=dict, description="Policy → hash.")
    state: str | None = Field(None, description="Hash of the fitted state that was applied.")
    references: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Name of a reference → version ids pinned for it."
    )
    tables: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Reference data set → version ids joined against."
    )
    pseudonym_key: str | None = Field(
        None, description="Version and fingerprint of the pseudonym key."
    )
    erasure_revision: int = Field(0, ge=0, description="How many erasures the input has had.")
    transform_version: str = Field(description="Version of the code that transforms.")

    @property
    def rules(self) -> dict[str, str]:
        """``contract``, ``suite raw``, ``policy drift`` … → hash of what judged the version."""
        found = {"contract": self.contract}
        found |= {f"suite {which}": sha for which, sha in self.suites.items()}
        return found | {f"policy {noun}": sha for noun, sha in self.policies.items()}


class StoredObject(Frozen):
    """One file of a version, as DVC names it: by the MD5 of its bytes."""

    file: str = Field(description="File name within the version, such as `data.parquet`.")
    md5: str = Field(pattern=MD5)
    size: int = Field(ge=0)


class BatchVersion(Frozen):
    """One immutable version of one batch: pointers to its objects, and counts.

    Parameters
    ----------
    objects : dict
        Object name (``data``, ``observed``, ``state``, ``lineage`` …) → where its bytes are.
    counts : dict
        Rows by disposition, as its committer gave them.
    at : datetime
        When it was committed first.
    judged : dict
        Gate → when it gave the verdict that the object ``verdicts`` holds. Of all that a version
        is, only this and that object may change: a gate may judge again.
    """

    dataset: Dataset
    batch: Batch
    version: VersionId
    objects: dict[ObjectName, StoredObject]
    counts: dict[ObjectName, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    at: datetime
    judged: dict[ObjectName, datetime] = Field(default_factory=dict)

    def with_judgement(self, judgement: Judgement) -> BatchVersion:
        """The version with another judgement; itself where the verdicts are the same."""
        if self.objects.get(VERDICTS) == judgement.stored:
            return self
        objects = {**self.objects, VERDICTS: judgement.stored}
        return self.model_copy(update={"objects": objects, "judged": dict(judgement.judged)})

    @property
    def key(self) -> VersionKey:
        """The version."""
        return self.dataset, self.batch, self.version

    @property
    def hashes(self) -> dict[str, str]:
        """Object name → MD5."""
        return {name: stored.md5 for name, stored in self.objects.items()}

    @property
    def size(self) -> int:
        """Bytes of all its objects."""
        return sum(stored.size for stored in self.objects.values())


def digest_of(versions: Mapping[str, BatchVersion]) -> str:
    """SHA-256 over each batch, its version and the hash of its bytes, in order.

    Two are equal exactly if the released rows are the same bytes.

    Parameters
    ----------
    versions : mapping
        Batch → version, in the order of the keys.
    """
    parts = [[b, v.version, v.objects["data"].md5] for b, v in versions.items()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Judgement(Frozen):
    """Where the verdicts on a version are, and when each gate gave its own."""

    stored: StoredObject
    judged: dict[ObjectName, datetime]


class Snapshot(Frozen):
    """One numbered release of a data set: the version of each batch, for ever.

    Parameters
    ----------
    number : int
        Counts from 1 within the data set, and is never given twice. A gap is what an accepted loss
        of history left.
    parent : int, optional
        The snapshot that the pointer named when this one was made: usually ``number - 1``, an
        earlier one after a rollback, None for the first.
    batches : dict
        Batch → version id.
    batch : str, optional
        The batch whose release made this snapshot; None where batches left it instead.
    forced : tuple of str
        Batches whose version a person released against a verdict.
    withdrawn : tuple of str
        Batches that this snapshot no longer holds and its parent did, because their period ended.
    """

    dataset: Dataset
    number: int = Field(ge=1)
    parent: int | None = Field(ge=1)
    batches: dict[Batch, VersionId]
    batch: Batch | None = None
    forced: tuple[Batch, ...] = ()
    withdrawn: tuple[Batch, ...] = ()
    reason: str
    author: str
    at: datetime

    def holds(self, batch: str, version: str, *, forced: bool = False) -> bool:
        """Whether a release of this version would change nothing.

        A version that was forced and is now released on its verdicts does change something: it is
        no longer forced. The reverse doesn't.
        """
        same = self.batches.get(batch) == version
        return same and (forced or batch not in self.forced)


class SnapshotStep(Frozen):
    """A snapshot as it differs from its parent.

    Parameters
    ----------
    changed : dict
        Batch → version id, of each batch that the parent had otherwise or not at all.
    forced : tuple of str
        Those of the changed batches whose version a person released against a verdict.
    withdrawn : tuple of str
        Batches that the parent held and this snapshot doesn't.
    size : int
        How many batches it holds.
    """

    dataset: Dataset
    number: int = Field(ge=1)
    parent: int | None = Field(ge=1)
    changed: dict[Batch, VersionId] = Field(default_factory=dict)
    batch: Batch | None = None
    forced: tuple[Batch, ...] = ()
    withdrawn: tuple[Batch, ...] = ()
    size: int = Field(ge=0)
    reason: str
    author: str
    at: datetime

    @classmethod
    def of(cls, snapshot: Snapshot, parent: Snapshot | None) -> SnapshotStep:
        """The step from a snapshot's parent to it."""
        before = parent.batches if parent else {}
        was, now = {*(parent.forced if parent else ())}, {*snapshot.forced}
        changed = {
            b: v
            for b, v in snapshot.batches.items()
            if before.get(b) != v or (b in was) != (b in now)
        }
        return cls(
            **snapshot.model_dump(exclude={"batches", "forced", "withdrawn"}),
            changed=changed,
            forced=tuple(b for b in snapshot.forced if b in changed),
            withdrawn=tuple(sorted({*before} - {*snapshot.batches})),
            size=len(snapshot.batches),
        )

    def apply(self, batches: dict[str, str], forced: set[str]) -> None:
        """Turn the parent's batches, and those of them that were forced, into this snapshot's."""
        for batch in self.withdrawn:
            batches.pop(batch, None)
        batches.update(self.changed)
        forced.difference_update(self.withdrawn, self.changed)
        forced.update(self.forced)

    def snapshot(self, batches: Mapping[str, str], forced: Iterable[str]) -> Snapshot:
        """The snapshot, whose batches these are."""
        about = self.model_dump(exclude={"changed", "forced", "size"})
        return Snapshot(
            **about, batches=dict(sorted(batches.items())), forced=tuple(sorted(forced))
        )


class Stay(Frozen):
    """That a removed version was brought back, until when, by whom and why."""

    until: date
    reason: str
    author: str
    at: datetime


class Tombstone(Frozen):
    """The record that replaces a removed version.

    Read ``removed`` first: a version that was brought back keeps its tombstone, with its ``stay``.

    Parameters
    ----------
    kind : str
        ``expired``: its period ended.
    why : str
        The period that ended, and since when it counted.
    archived : bool
        Whether its objects were copied to the archive first, so that it can be brought back.
    """

    dataset: Dataset
    batch: Batch
    version: VersionId
    kind: Literal["expired"]
    why: str
    at: datetime
    archived: bool = False
    stay: Stay | None = None

    @property
    def removed(self) -> bool:
        """Whether the version's objects are gone, or about to go."""
        return self.stay is None


class Rollback(Frozen):
    """A move of the pointer to a snapshot that was there already, with who did it and why."""

    source: int
    target: int
    reason: str
    author: str
    at: datetime


class Pointer(Frozen):
    """Which snapshot a reader of the data set gets.

    Parameters
    ----------
    snapshot : int
        The number of that snapshot.
    latest : int
        The highest number given so far; above ``snapshot`` after a rollback.
    rollbacks : tuple of Rollback
        Every rollback there was, the earliest first.
    """

    dataset: Dataset
    snapshot: int = Field(ge=1)
    latest: int = Field(ge=1)
    rollbacks: tuple[Rollback, ...] = ()


class Acceptance(Frozen):
    """That a person accepted a history which doesn't follow from the last one that was seen.

    Or that a catalog was accepted which isn't the one that had seen it.

    Parameters
    ----------
    source, target : str or None
        The last head that was seen, and the one that was accepted in its place.
    highest : dict
        Data set → the highest snapshot number that was given before; the next is above it.
    catalog : str, optional
        The catalog whose hosts write to the registry from then on.
    """

    source: str | None
    target: str | None
    highest: dict[Dataset, int]
    catalog: str | None = None
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True)
class VersionDetails:
    """What a version was made from, each gate's verdict and its time, and the derived columns."""

    lineage: tuple[LineageEdge, ...] = ()
    verdicts: tuple[tuple[Verdict, datetime], ...] = ()
    derived: Mapping[str, Any] = field(default_factory=dict)
