"""Parts of a registry on their way into the catalog's index of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from assay.records.uses import Use
from assay.records.versions import BatchVersion, Pointer, SnapshotStep, Tombstone, VersionKey


@dataclass(frozen=True)
class IndexState:
    """How far the index has come.

    Parameters
    ----------
    indexed : str or None
        The commit of which everything is indexed; None where nothing is.
    target : str or None
        The commit that is being indexed, if somebody began.
    position : int
        How many of its records are.
    """

    indexed: str | None = None
    target: str | None = None
    position: int = 0


@dataclass(frozen=True)
class IndexPage:
    """The next records of a registry, to be indexed in one transaction.

    Parameters
    ----------
    state : IndexState
        How far the index must have come.
    target : str
        The commit that they are read from.
    end, total : int
        Position behind them, and how many records there are in all.
    """

    state: IndexState
    target: str
    end: int
    total: int
    versions: tuple[BatchVersion, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    steps: tuple[SnapshotStep, ...] = ()
    uses: tuple[Use, ...] = ()
    pointers: tuple[Pointer, ...] = ()

    @property
    def is_last(self) -> bool:
        """Whether the commit is indexed with it."""
        return self.end >= self.total


@dataclass(frozen=True)
class ListedSnapshot:
    """A snapshot in a list: what made it, and how many batches it holds.

    Parameters
    ----------
    batch, version : str or None
        What was released; None where batches left it instead.
    withdrawn : tuple of str
        Those batches.
    """

    dataset: str
    number: int
    parent: int | None
    batch: str | None
    version: str | None
    size: int
    withdrawn: tuple[str, ...]
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Holding:
    """The snapshots that hold a version: from one number to another, None where it goes on."""

    dataset: str
    batch: str
    version: str
    forced: bool
    first: int
    last: int | None


class ReleasedVersion(NamedTuple):
    """A version that was released, with the snapshots that hold it, as light as the next.

    Parameters
    ----------
    spans : tuple of (int, int or None)
        First and last number of each run of snapshots; None where it goes on.
    at : datetime
        When the first of them was made.
    """

    dataset: str
    batch: str
    version: str
    spans: tuple[tuple[int, int | None], ...]
    at: datetime

    def is_in(self, number: int | None) -> bool:
        """Whether a snapshot holds it."""
        if number is None:
            return False
        for first, last in self.spans:  # a loop: asked of every version that there is
            if first <= number and (last is None or number <= last):
                return True
        return False


class CommittedVersion(NamedTuple):
    """A version as a sweep looks at it, light enough for hundreds of thousands.

    Parameters
    ----------
    at : datetime
        When it was committed first.
    removed : bool
        Whether a tombstone has replaced it.
    hashes : dict
        Object name → MD5.
    size : int
        Bytes of all its objects.
    """

    dataset: str
    batch: str
    version: str
    at: datetime
    removed: bool
    hashes: dict[str, str]
    size: int

    @property
    def key(self) -> VersionKey:
        """The version."""
        return self[:3]
