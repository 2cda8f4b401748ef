"""The registry: versions, snapshots and pointers of every data set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from assay.errors import RegistryError
from assay.versioning._changes import (
    Release,
    no_snapshot,
    no_version,
    plan_commit,
    plan_release,
    plan_rollback,
    same_version,
)
from assay.versioning._checkout import checked_out
from assay.versioning._config import RegistryConfig
from assay.versioning._dvc import ObjectStore
from assay.versioning._files import load_stored, place, with_nonce, write_document
from assay.versioning._git import GitRemote
from assay.versioning._ids import keyed
from assay.versioning._layout import checked
from assay.versioning._models import (
    BatchVersion,
    Derivation,
    Pointer,
    Snapshot,
    StoredObject,
    Tombstone,
)
from assay.versioning._records import (
    dump_dataset,
    load_lineage,
    load_pointer,
    load_snapshot,
    load_snapshots,
    load_version,
)
from assay.versioning._removal import Removal
from assay.versioning._scratch import private_folder
from assay.versioning._tombstones import (
    live_versions,
    load_tombstones,
    refuse_removed,
)

_LINEAGE: Final = "lineage"


class Registry:
    """Batch versions in DVC, and Git's word on which of them are released.

    Every method may be called by any number of processes at once, on any machines, and may be
    killed at any line: called again it finds what is done and does the rest.

    Parameters
    ----------
    config : RegistryConfig
        Remotes and key; see :func:`embedded` for the ones below a home.
    """

    def __init__(self, config: RegistryConfig) -> None:
        self._key = config.key
        self._scratch = config.scratch
        self._git = GitRemote(config.git_remote, config.scratch)
        self._objects = ObjectStore(config.object_remote, config.scratch)
        self.removal = Removal(self._git, self._objects)

    def version_id(self, dataset: str, batch: str, derivation: Derivation) -> str:
        """The id of the version that this derivation gives, whether or not it exists yet.

        Returns
        -------
        str
            32 hex digits of HMAC-SHA-256 under the registry key: equal for equal derivations of
            one batch, and telling nothing of them to whoever lacks the key.
        """
        about = {"dataset": checked("dataset", dataset), "batch": checked("batch", batch)}
        return keyed(self._key, "version", {**about, **derivation.model_dump(mode="json")})

    def nonce(self, version: str, name: str) -> str:
        """128 bits in hex that the file of an object must carry before it may be committed.

        It depends on the version and the object's name alone, so that a file can be written in one
        pass and a repeated run writes the same bytes.
        """
        about = [checked("version", version), checked("object name", name)]
        return keyed(self._key, "nonce", about)

    def commit(
        self,
        dataset: str,
        batch: str,
        derivation: Derivation,
        objects: Mapping[str, Path],
        *,
        at: datetime,
        counts: Mapping[str, int] | None = None,
    ) -> BatchVersion:
        """Make a candidate version: upload its objects, then record it.

        A version that the registry has is returned as it is and nothing is written.

        Parameters
        ----------
        derivation : Derivation
            What it derives from: gives the version its id, and goes into the object ``lineage``
            (never into Git, where a hash of a small input would confirm guesses of it).
        objects : mapping of str to Path
            Name → file: ``data``, ``observed``, ``state``, ``report`` … Each file holds the
            :meth:`nonce` of its name; a ``.json`` file that lacks it gets it in a copy.
        at : datetime
            When, with a zone.
        counts : mapping of str to int, optional
            Rows by disposition; they stand in Git.

        Raises
        ------
        RegistryError
            If a file lacks its nonce, or if the version exists with other bytes in a file that
            isn't JSON: then something that changes the bytes is missing from the derivation.
        RegistryUnavailable
            If a remote doesn't answer; calling again continues.
        """
        if _LINEAGE in objects:
            raise RegistryError("the object 'lineage' is written by commit itself")
        version = self.version_id(dataset, batch, derivation)
        lineage = {"dataset": dataset, "batch": batch, **derivation.model_dump(mode="json")}
        with private_folder(self._scratch / "commits") as folder:
            files = {n: with_nonce(p, self.nonce(version, n), folder) for n, p in objects.items()}
            files[_LINEAGE] = write_document(
                lineage, self.nonce(version, _LINEAGE), folder / "lineage.json"
            )
            wanted = BatchVersion(
                dataset=dataset,
                batch=batch,
                version=version,
                objects={n: load_stored(f, n, self.nonce(version, n)) for n, f in files.items()},
                counts=dict(counts or {}),
                at=at,
            )
            view = self._git.view()
            refuse_removed(view, dataset, batch, version)
            known = load_version(view, dataset, batch, version)
            if known is not None:
                return same_version(known, wanted)
            for name, file in files.items():
                self._objects.add(file, wanted.objects[name])
        return self._git.write(lambda view: plan_commit(view, wanted), at)

    def release(
        self,
        dataset: str,
        batch: str,
        version: str,
        *,
        reason: str,
        author: str,
        at: datetime,
        forced: bool = False,
    ) -> Snapshot:
        """Make the next snapshot: the pointer's, with this version for this batch.

        Releases that run at once merge, in whatever order they arrive; one whose version the
        pointer's snapshot holds already makes none and returns that snapshot.

        Parameters
        ----------
        reason, author : str
            On record for ever; no personal data but the author's user id.
        forced : bool
            Whether a person releases it against a verdict.

        Raises
        ------
        RegistryError
            If the version was never committed.
        """
        order = Release(
            dataset=checked("dataset", dataset),
            batch=checked("batch", batch),
            version=checked("version", version),
            reason=_on_record("reason", reason),
            author=_on_record("author", author),
            at=at,
            forced=forced,
        )
        return self._git.write(lambda view: plan_release(view, order), at)

    def rollback(
        self, dataset: str, number: int, *, reason: str, author: str, at: datetime
    ) -> Pointer:
        """Point to a snapshot that is there, on record; the snapshots themselves stay.

        Rolling back to where the pointer stands changes nothing. The next release builds on the
        snapshot that the pointer names, under the next free number.

        Raises
        ------
        RegistryError
            If there is no such snapshot.
        """
        reason, author = _on_record("reason", reason), _on_record("author", author)
        return self._git.write(
            lambda view: plan_rollback(view, dataset, number, reason=reason, author=author, at=at),
            at,
        )

    def find(self, dataset: str, batch: str, version: str) -> BatchVersion | None:
        """A version, None where the registry lacks it.

        Raises
        ------
        VersionExpired
            If it was removed.
        """
        view = self._git.view()
        refuse_removed(view, dataset, batch, version)
        return load_version(view, dataset, batch, version)

    def versions(self, dataset: str, batch: str | None = None) -> tuple[BatchVersion, ...]:
        """All versions of a data set, or of one batch, by batch and time of commit.

        Removed ones aren't among them; see :meth:`tombstones`.
        """
        return live_versions(self._git.view(), dataset, batch)

    def tombstones(self, dataset: str) -> tuple[Tombstone, ...]:
        """The tombstones of a data set: of what was removed, and of what was brought back since."""
        return load_tombstones(self._git.view(), dataset)

    def pointer(self, dataset: str) -> Pointer | None:
        """Which snapshot readers get, and the rollbacks so far; None before the first release."""
        return load_pointer(self._git.view(), dataset)

    def snapshot(self, dataset: str, number: int | None = None) -> Snapshot:
        """One snapshot; the one that the pointer names, where no number is given.

        Raises
        ------
        RegistryError
            If there is none.
        """
        view = self._git.view()
        pointer = load_pointer(view, dataset)
        wanted = number if number is not None else (pointer.snapshot if pointer else 0)
        found = load_snapshot(view, dataset, wanted)
        if found is None:
            raise no_snapshot(dataset, number, pointer)
        return found

    def snapshots(self, dataset: str) -> tuple[Snapshot, ...]:
        """All snapshots of a data set, by number."""
        return load_snapshots(self._git.view(), dataset)

    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets that have a version."""
        return tuple(sorted(self._git.view().folders()))

    def dump(self) -> dict[str, dict[str, Any]]:
        """All live records at one head: what an index of the registry is rebuilt from.

        Returns
        -------
        dict
            Data set → ``versions`` (batch, version, created, meta), ``snapshots`` (number, parent,
            batches, forced, reason, author, at) and ``pointer`` (a snapshot's number, or None).
        """
        view = self._git.view()
        names = sorted(view.folders())
        return {n: dump_dataset(view, n, live_versions(view, n)) for n in names}

    def lineage(self, dataset: str, batch: str, version: str) -> Derivation:
        """What a version derives from, read from its object ``lineage``."""
        return load_lineage(self.fetch(dataset, batch, version, _LINEAGE))

    def fetch(
        self, dataset: str, batch: str, version: str, name: str = "data", to: Path | None = None
    ) -> Path:
        """A file of this machine with an object's bytes, verified against their hash.

        Parameters
        ----------
        to : Path, optional
            Where to put a copy, at once or not at all. Without it the path is the registry's own
            (its name is a hash, without suffix) and must only be read.

        Raises
        ------
        RegistryError
            If there is no such version or object, or its bytes are damaged.
        """
        found = self.find(dataset, batch, version)
        if found is None:
            raise no_version(dataset, batch, version)
        stored = found.objects.get(name)
        if stored is None:
            raise RegistryError(
                f"version {version} of {dataset} {batch} has no such object",
                got=name,
                expected="one of: " + ", ".join(found.objects),
            )
        return self._fetch(stored, to)

    def checkout(
        self, dataset: str, number: int | None, to: Path, *, partial: bool = False
    ) -> Snapshot:
        """Bring all partitions of one snapshot into a folder: ``<batch>.parquet`` each.

        Parameters
        ----------
        number : int or None
            The snapshot; None for the pointer's.
        to : Path
            The folder. Files in it that are right already stay; repeating a checkout that was
            killed completes it.
        partial : bool
            Whether a snapshot of which batches were removed since may come without them.

        Returns
        -------
        Snapshot
            With the batches that were brought.

        Raises
        ------
        VersionExpired
            If a batch of the snapshot was removed, and ``partial`` is false.
        RegistryError
            If the folder holds what isn't of this snapshot: a reader would get rows of two.
        """
        view = self._git.view()
        return checked_out(view, self._objects, self.snapshot(dataset, number), to, partial=partial)

    def _fetch(self, stored: StoredObject, to: Path | None) -> Path:
        source = self._objects.get(stored)
        return source if to is None else place(source, stored.md5, to)


def _on_record(name: str, text: str) -> str:
    if not text.strip():
        raise RegistryError(f"a release or rollback needs its {name}", got=text)
    return text
