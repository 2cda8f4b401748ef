"""Reading the registry: versions, snapshots, pointers, and the bytes of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from assay.errors import RegistryError
from assay.keys import derived_key
from assay.keys.keyed_numbers import keyed_numbers
from assay.lake import beside, replace_folder
from assay.records.histories import Alarm, Witness
from assay.records.indexing import IndexState
from assay.records.keys import AcceptedKey
from assay.records.versions import (
    VERDICTS,
    BatchVersion,
    Derivation,
    Pointer,
    Snapshot,
    StoredObject,
    Tombstone,
)
from assay.versioning._changed_records import ChangedRecords
from assay.versioning._changes import no_snapshot, no_version
from assay.versioning._config import RegistryConfig
from assay.versioning._dvc import ObjectStore
from assay.versioning._files import is_whole, place, refuse_strangers
from assay.versioning._git import GitRemote
from assay.versioning._history import WatchedHistory
from assay.versioning._ids import keyed
from assay.versioning._keys import KeyedWriter, load_accepted_keys, load_keys
from assay.versioning._layout import checked
from assay.versioning._records import (
    load_each,
    load_lineage,
    load_pointer,
    load_version,
)
from assay.versioning._removal import Removal
from assay.versioning._snapshots import load_snapshot, load_snapshots
from assay.versioning._tombstones import (
    live_versions,
    load_tombstones,
    refuse_removed,
    snapshot_without,
    without_removed,
)
from assay.versioning._trash import Trash

LINEAGE: Final = "lineage"


class Reader:
    """What may be asked of a registry; see :class:`Registry`."""

    def __init__(
        self, config: RegistryConfig, witness: Witness | None = None, alarm: Alarm | None = None
    ) -> None:
        self._key = config.key
        self._scratch = config.scratch
        self._git = GitRemote(config.git_remote, config.scratch)
        self._objects = ObjectStore(config.object_remote, config.scratch)
        self._history = WatchedHistory(self._git, witness, alarm)
        self._writer = KeyedWriter(self._git, self._history, keyed(config.key, "fingerprint", []))
        self.trash = Trash(self._objects, config.scratch)
        self.removal = Removal(self._git, self._writer, self._objects, self.trash)

    def version_id(self, dataset: str, batch: str, derivation: Derivation) -> str:
        """The id of the version that this derivation gives, whether or not it exists yet.

        Returns
        -------
        str
            32 hex digits of HMAC-SHA-256 under the registry key: equal for equal derivations of
            one batch, and no derivation can be guessed from it without the key.
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

    def row_order(self, version: str) -> Callable[[Any], Any]:
        """The function that gives a version its order of rows: row number → 64 random bits.

        The orders of two versions say nothing about each other, and without the registry key
        nobody can compute either.
        """
        return keyed_numbers(self._key, "row order", checked("version", version))

    def sealing_key(self, version: str, name: str) -> bytes:
        """The key that seals an object of a version which no reader may open."""
        parts = checked("version", version), checked("object name", name)
        return derived_key(self._key, "assay sealed object", *parts)

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
        """One snapshot; the pointer's, where no number is given.

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
        """All snapshots of a data set by number, each whole: of a long history, ask the catalog."""
        return tuple(load_snapshots(self._git.view(), dataset))

    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets that have a version."""
        return tuple(sorted(self._git.view().folders()))

    def changes(self, state: IndexState) -> ChangedRecords:
        """What an index that has come so far lacks.

        Raises
        ------
        HistoryRewound
            If the history doesn't follow from the last one seen.
        """
        view = self._history.view()
        return ChangedRecords(replace(view, head=state.target or view.head), state)

    def open(self, stored: StoredObject) -> Path:
        """A file of this machine with an object's bytes, verified; it must only be read."""
        return self._fetch(stored, None)

    def lineage(self, dataset: str, batch: str, version: str) -> Derivation:
        """What a version derives from, read from its object ``lineage``."""
        return load_lineage(self.fetch(dataset, batch, version, LINEAGE))

    def lineage_of(self, version: BatchVersion) -> Derivation:
        """What a version derives from, without a look at the registry's records."""
        return load_lineage(self.open(version.objects[LINEAGE]))

    def verdicts(self, dataset: str, batch: str, version: str) -> dict[str, Any]:
        """The verdicts on a version, by gate; empty where none is on record."""
        found = self.find(dataset, batch, version)
        if found is None:
            raise no_version(dataset, batch, version)
        return self.verdicts_of(found)

    def verdicts_of(self, version: BatchVersion) -> dict[str, Any]:
        """The verdicts on a version, without a look at the registry's records."""
        if VERDICTS not in version.objects:
            return {}
        content = json.loads(self.open(version.objects[VERDICTS]).read_bytes())
        return dict(content["verdicts"])

    def keys(self) -> tuple[dict[str, str], tuple[AcceptedKey, ...]]:
        """The fingerprints of the keys that hosts share, by name, and who accepted later ones."""
        view = self._git.view()
        return load_keys(view), load_accepted_keys(view)

    def head(self) -> str | None:
        """The newest commit of the registry; None before its first."""
        return self._git.view().head

    def check_history(self) -> None:
        """Refuse a registry that may not be changed, before a plan is made by what it holds.

        Raises
        ------
        HistoryRewound
            If its history doesn't follow from the last one seen.
        RegistryError
            If this host has another key.
        """
        self._writer.view()

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
            The folder. It is written beside and comes to its place whole: a checkout that fails or
            is killed leaves what was there. An earlier checkout of the data set is replaced.
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
        snapshot, found = self.partitions(dataset, number, partial=partial)
        stored = {batch: version.objects["data"] for batch, version in found.items()}
        wanted = {batch + Path(one.file).suffix: one for batch, one in stored.items()}
        refuse_strangers(to, set(wanted))
        self._bring(wanted, to.resolve())
        return snapshot

    def partitions(
        self, dataset: str, number: int | None, *, partial: bool = False
    ) -> tuple[Snapshot, dict[str, BatchVersion]]:
        """A snapshot with the batches that are left of it, and the version of each, by key.

        Raises
        ------
        VersionExpired
            If a batch of the snapshot was removed, and ``partial`` is false.
        """
        view, snapshot = self._git.view(), self.snapshot(dataset, number)
        left, gone = without_removed(view, snapshot)
        if gone and not partial:
            raise snapshot_without(snapshot, gone)
        found = load_each(view, dataset, dict(sorted(left.items())))
        for batch, version in left.items():
            if batch not in found or "data" not in found[batch].objects:
                raise no_version(dataset, batch, version)
        return snapshot.model_copy(update={"batches": left}), found

    def _bring(self, wanted: Mapping[str, StoredObject], to: Path) -> None:
        """Make a folder hold these objects and nothing else, at once or not at all."""
        with beside(to) as aside:
            right = {n for n, o in wanted.items() if is_whole(to / n, o.md5)}
            if right == set(wanted):
                return
            whole = aside / to.name
            whole.mkdir()
            for name, stored in sorted(wanted.items()):
                if name in right:
                    (whole / name).hardlink_to(to / name)
                else:
                    self._fetch(stored, whole / name)
            replace_folder(whole, to)

    def _fetch(self, stored: StoredObject, to: Path | None) -> Path:
        source = self._objects.get(stored)
        return source if to is None else place(source, stored.md5, to)
