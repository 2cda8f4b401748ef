"""The end of versions: they leave the snapshot, then a tombstone replaces them, then they go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path

from assay.records.versions import BatchVersion, Snapshot, Stay, StoredObject, Tombstone
from assay.versioning._dvc import ObjectStore
from assay.versioning._files import md5_of
from assay.versioning._git import GitRemote
from assay.versioning._keys import KeyedWriter
from assay.versioning._records import load_version, load_versions
from assay.versioning._tombstones import (
    plan_removal,
    plan_return,
    plan_withdrawal,
    removed_versions,
)


class Removal:
    """Takes versions out of the registry, and brings them back from an archive.

    The order is the one in which nobody reads what isn't there: first the pointer moves to a
    snapshot without the batch, then the tombstone is written, then the objects go. Killed between
    two of these, the next sweep does the rest, since each looks at the registry and not at what an
    earlier one meant to do. A host with another key than the registry's is refused before each.
    """

    def __init__(self, git: GitRemote, writer: KeyedWriter, objects: ObjectStore) -> None:
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
        self, dataset: str, batch: str, version: str, *, why: str, archived: bool, at: datetime
    ) -> Tombstone:
        """Write a version's tombstone; from here on nobody is given its objects.

        Parameters
        ----------
        why : str
            The period that ended, and since when it counted; on record for ever.
        archived : bool
            Whether its objects lie in the archive, so that it can be brought back.

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
        return self._writer.write(lambda view: plan_removal(view, stone), at)

    def unneeded(self, before: datetime) -> frozenset[str]:
        """The objects that no live version refers to, by their MD5.

        Those of a removed version are among them whenever they were written; those that no version
        ever named (an upload that was killed) only if they were written before a moment, since a
        commit that runs now uploads first.
        """
        view = self._writer.view()
        needed: set[str] = set()
        removed: set[str] = set()
        for dataset in view.folders():
            gone = removed_versions(view, dataset)
            for version in load_versions(view, dataset):
                hashes = {o.md5 for o in version.objects.values()}
                (removed if version.version in gone else needed).update(hashes)
        unneeded = self._objects.names() - needed
        return frozenset(m for m in unneeded if m in removed or self._older(m, before))

    def _older(self, md5: str, before: datetime) -> bool:
        at = self._objects.written(md5)
        return at is not None and at < before

    def discard(self, hashes: Collection[str], before: datetime) -> list[str]:
        """Remove those of these objects that still no live version refers to."""
        going = [md5 for md5 in sorted(self.unneeded(before)) if md5 in set(hashes)]
        for md5 in going:
            self._objects.remove(md5)
        return going

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


def _holds(path: Path | None, stored: StoredObject) -> bool:
    return path is not None and path.is_file() and md5_of(path) == stored.md5
