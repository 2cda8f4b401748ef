"""The end of versions: they leave the snapshot, a tombstone replaces them, their objects go aside.

Objects are set aside only where the registry doesn't need them and nobody else does; they are
deleted when the time has come that their record names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assay.records.trash import TrashedObject
from assay.records.versions import (
    BatchVersion,
    Snapshot,
    Stay,
    StoredObject,
    Tombstone,
    VersionKey,
)
from assay.versioning._dvc import ObjectStore
from assay.versioning._files import md5_of
from assay.versioning._git import GitRemote
from assay.versioning._kept_objects import kept_objects
from assay.versioning._keys import Fence, KeyedWriter
from assay.versioning._records import load_version, load_versions
from assay.versioning._tombstones import (
    plan_removal,
    plan_return,
    plan_withdrawal,
    removed_versions,
)
from assay.versioning._trash import Trash, kept_whole

Hashes = tuple[bool, Collection[str]]
"""Whether a version is removed, and the hashes of its objects."""


@dataclass(frozen=True)
class Disposal:
    """How objects are set aside.

    Parameters
    ----------
    plan : str
        Hash of the plan that says so.
    at : datetime
        Now.
    until : callable
        Data set (None for an object of none) → until when; None if nobody says how long: it stays.
    spared : callable
        Hashes and versions that somebody else needs; asked when the registry has been read.
    """

    plan: str
    at: datetime
    until: Callable[[str | None], datetime | None]
    spared: Callable[[], tuple[Collection[str], Collection[VersionKey]]] = lambda: ((), ())


class Removal:
    """Takes versions out of the registry, and brings them back from an archive.

    The order is the one in which nobody reads what isn't there: first the pointer moves to a
    snapshot without the batch, then the tombstone is written, then the objects go. Killed between
    two of these, the next sweep does the rest, since each looks at the registry and not at what an
    earlier one meant to do. A host with another key than the registry's is refused before each.
    """

    def __init__(
        self, git: GitRemote, writer: KeyedWriter, objects: ObjectStore, trash: Trash
    ) -> None:
        self._trash = trash
        self._git = git
        self._writer = writer
        self._objects = objects

    def withdraw(
        self,
        dataset: str,
        batches: Mapping[str, str],
        *,
        reason: str,
        author: str,
        at: datetime,
    ) -> Snapshot | None:
        """Let batches leave the released data; None where nothing was ever released.

        Parameters
        ----------
        batches : mapping
            Batch → version. A batch that has another version by now stays.
        """
        return self._writer.write(
            lambda view: plan_withdrawal(
                view, dataset, batches, reason=reason, author=author, at=at
            ),
            at,
        )

    def bury(
        self,
        dataset: str,
        batch: str,
        version: str,
        *,
        why: str,
        archived: bool,
        at: datetime,
        fence: Fence | None = None,
    ) -> Tombstone:
        """Write a version's tombstone; from here on nobody is given its objects.

        Parameters
        ----------
        why : str
            The period that ended, and since when it counted; on record for ever.
        archived : bool
            Whether its objects lie in the archive, so that it can be brought back.
        fence : callable, optional
            Raises where the version may not be removed, since a run reads it, say; it is asked
            after the head was read that the tombstone is put on.

        Raises
        ------
        RegistryError
            If readers still get the version.
        """
        stone = Tombstone(
            dataset=dataset,
            batch=batch,
            version=version,
            kind="expired",
            why=why,
            at=at,
            archived=archived,
        )
        return self._writer.write(lambda view: plan_removal(view, stone), at, fence)

    def unneeded(self, before: datetime, indexed: Iterable[Hashes] | None = None) -> frozenset[str]:
        """The objects that no live version refers to, by their MD5.

        Those of a removed version are among them whenever they were written; those that no version
        ever named (an upload that was killed) only if they were written before a moment, since a
        commit that runs now uploads first.

        Parameters
        ----------
        indexed : iterable, optional
            Of each version whether it is removed, and its objects' hashes, as an index has them:
            enough for a plan. The registry's own records by default, which takes long.
        """
        if indexed is None:
            return frozenset(self._unneeded(before))
        needed, removed = {*kept_objects(self._writer.view())}, set[str]()
        for is_removed, hashes in indexed:
            (removed if is_removed else needed).update(hashes)
        return frozenset(self._left(needed, removed, before))

    def needed(self) -> frozenset[str]:
        """The objects that live versions and uses refer to."""
        return self._named()[0]

    def _named(self) -> tuple[frozenset[str], dict[str, tuple[Tombstone, str]]]:
        """The objects of live versions and of uses; those of removed ones with their tombstone."""
        view = self._writer.view()
        needed = {*kept_objects(view)}
        removed: dict[str, tuple[Tombstone, str]] = {}
        for dataset in view.folders():
            gone = removed_versions(view, dataset)
            for version in load_versions(view, dataset):
                if (stone := gone.get(version.version)) is None:
                    needed |= {o.md5 for o in version.objects.values()}
                else:
                    removed |= {o.md5: (stone, n) for n, o in version.objects.items()}
        return frozenset(needed), removed

    def _unneeded(self, before: datetime) -> dict[str, tuple[Tombstone, str] | None]:
        """Hash → tombstone of the version that it was of, and its name there."""
        needed, removed = self._named()
        return {m: removed.get(m) for m in self._left(needed, removed, before)}

    def _left(
        self, needed: Collection[str], removed: Collection[str], before: datetime
    ) -> list[str]:
        """The objects that aren't needed, of removed versions or written before a moment."""
        there = sorted(self._objects.names() - {*needed})
        return [m for m in there if m in removed or self._older(m, before)]

    def _older(self, md5: str, before: datetime) -> bool:
        at = self._objects.written(md5)
        return at is not None and at < before

    def set_aside(self, hashes: Collection[str], before: datetime, order: Disposal) -> list[str]:
        """Move those of these objects to the trash that still nobody needs."""
        unneeded = {m: owner for m, owner in self._unneeded(before).items() if m in hashes}
        objects, versions = order.spared()
        gone = []
        for md5, owner in unneeded.items():
            entry = _entry(md5, owner, order)
            if entry is None or md5 in objects or entry.key in versions:
                continue
            self._trash.put(entry)
            gone.append(md5)
        return gone

    def raise_from_trash(self, version: BatchVersion) -> dict[str, Path] | None:
        """Put a removed version's objects back from the trash; its files here, verified.

        Returns
        -------
        dict or None
            None where one of them is neither in its place nor in the trash: nothing is moved then.
        """
        wanted = {stored.md5 for stored in version.objects.values()}
        aside = {entry.md5 for entry in self._trash.find()} & wanted
        if wanted - aside - self._objects.names():
            return None
        self._trash.restore(aside)
        for stored in version.objects.values():
            kept_whole(self._objects, stored)
        return {name: self._objects.get(stored) for name, stored in version.objects.items()}

    def record(self, dataset: str, batch: str, version: str) -> BatchVersion | None:
        """A version's record, removed or not."""
        return load_version(self._git.view(), dataset, batch, version)

    def is_whole(self, version: BatchVersion, files: Mapping[str, Path]) -> bool:
        """Whether files, by object name, hold all of a version's bytes."""
        return all(_holds(files.get(name), stored) for name, stored in version.objects.items())

    def bring_back(
        self,
        version: BatchVersion,
        files: Mapping[str, Path],
        *,
        until: date,
        reason: str,
        author: str,
        at: datetime,
    ) -> Tombstone:
        """Upload a removed version's files again, then say that it is back, until a date.

        Raises
        ------
        RegistryError
            If a file is missing or holds other bytes: nothing is uploaded then.
        """
        self._writer.view()
        for name, stored in version.objects.items():
            if not _holds(files.get(name), stored):
                raise self._objects.damaged(stored, files.get(name))
        for name, stored in version.objects.items():
            self._objects.add(files[name], stored)
        stay = Stay(until=until, reason=reason, author=author, at=at)
        dataset, batch = version.dataset, version.batch
        return self._writer.write(
            lambda view: plan_return(view, dataset, batch, version.version, stay), at
        )


def _entry(md5: str, owner: tuple[Tombstone, str] | None, order: Disposal) -> TrashedObject | None:
    """The record of an object that goes aside; None if nobody says until when."""
    stone, name = owner or (None, None)
    until = order.until(stone.dataset if stone else None)
    if until is None:
        return None
    about = stone.model_dump(include={"dataset", "batch", "version", "why"}) if stone else {}
    why = {"why": "no version of the registry names it"}
    return TrashedObject(
        md5=md5, object=name, plan=order.plan, at=order.at, until=until, **{**why, **about}
    )


def _holds(path: Path | None, stored: StoredObject) -> bool:
    return path is not None and path.is_file() and md5_of(path) == stored.md5
