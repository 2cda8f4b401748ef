"""Versions that were removed: withdrawn from readers, then replaced by a tombstone.

The record of a version stays in Git as it is (pointers, hashes and counts), and so do the snapshots
that name it; the tombstone beside it says that its objects are gone, since when and why. Each
function here computes a change on one view and has no effect of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from assay.errors import RegistryError, VersionExpired
from assay.records.versions import BatchVersion, Snapshot, Stay, Tombstone
from assay.versioning._git import Change, View
from assay.versioning._layout import tombstone_file, tombstones_folders
from assay.versioning._records import (
    load_pointer,
    load_record,
    load_records,
    load_version,
    load_versions,
    render_record,
)
from assay.versioning._snapshots import (
    load_snapshot,
    load_stored_snapshot,
    next_number,
    snapshot_files,
)


def load_tombstone(view: View, dataset: str, batch: str, version: str) -> Tombstone | None:
    """A version's tombstone, None where it has none."""
    return load_record(Tombstone, view, tombstone_file(dataset, batch, version))


def load_tombstones(view: View, dataset: str, batch: str | None = None) -> tuple[Tombstone, ...]:
    """All tombstones of a data set, or of one batch, by batch and version."""
    found = load_records(Tombstone, view, *tombstones_folders(dataset, batch))
    return tuple(sorted(found, key=lambda t: (t.batch, t.version)))


def live_versions(view: View, dataset: str, batch: str | None = None) -> tuple[BatchVersion, ...]:
    """All versions that aren't removed, by batch and time of commit."""
    gone = removed_versions(view, dataset, batch)
    return tuple(v for v in load_versions(view, dataset, batch) if v.version not in gone)


def removed_versions(view: View, dataset: str, batch: str | None = None) -> Mapping[str, Tombstone]:
    """Version id → tombstone of what is removed now, of a data set or of one batch."""
    return {t.version: t for t in load_tombstones(view, dataset, batch) if t.removed}


def refuse_removed(view: View, dataset: str, batch: str, version: str) -> None:
    """Raise VersionExpired where a version is removed."""
    stone = load_tombstone(view, dataset, batch, version)
    if stone is not None and stone.removed:
        raise expired(stone)


def expired(stone: Tombstone) -> VersionExpired:
    """The error of a version that was removed."""
    restore = f"assay retention restore {stone.dataset} {stone.batch} brings it back"
    trash = f"If its objects are still in the trash (assay versions trash list), {restore}."
    return VersionExpired(
        f"version {stone.version} was removed on {stone.at:%Y-%m-%d}: {stone.why}",
        where=f"{stone.dataset} {stone.batch}",
        do=f"It is in the archive: {restore}." if stone.archived else trash,
    )


def snapshot_without(snapshot: Snapshot, gone: Sequence[str]) -> VersionExpired:
    """The error of a snapshot of which batches were removed."""
    named = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if gone[5:] else "")
    return VersionExpired(
        f"{len(gone)} batches of this snapshot were removed when their period ended: {named}",
        where=f"{snapshot.dataset} snapshot {snapshot.number}",
        do="Take what is left of it (--partial), or the released snapshot.",
    )


def without_removed(view: View, snapshot: Snapshot) -> tuple[dict[str, str], tuple[str, ...]]:
    """A snapshot's batches that can be read, and the names of those that were removed."""
    gone = removed_versions(view, snapshot.dataset)
    left = {b: v for b, v in snapshot.batches.items() if v not in gone}
    return left, tuple(b for b in snapshot.batches if b not in left)


def plan_withdrawal(
    view: View,
    dataset: str,
    batches: Mapping[str, str],
    *,
    reason: str,
    author: str,
    at: datetime,
) -> tuple[Change | None, Snapshot | None]:
    """Make the next snapshot: the pointer's, without these versions of these batches."""
    pointer = load_pointer(view, dataset)
    stored = load_stored_snapshot(view, dataset, pointer.snapshot) if pointer else None
    if pointer is None or stored is None:
        return None, None
    parent = stored.snapshot
    going = {b for b, v in batches.items() if parent.batches.get(b) == v}
    if not going:
        return None, parent
    left = {b: v for b, v in parent.batches.items() if b not in going}
    about = {"reason": reason, "author": author, "at": at}
    number = next_number(view, dataset, pointer)
    snapshot = following(parent, number, left, about, withdrawn=going)
    message = f"Withdraw {len(going)} batches of {dataset} in snapshot {snapshot.number}"
    return Change(snapshot_files(snapshot, stored, pointer), message), snapshot


def following(
    parent: Snapshot,
    number: int,
    batches: Mapping[str, str],
    about: Mapping[str, Any],
    *,
    withdrawn: Iterable[str],
) -> Snapshot:
    """The next snapshot, made by no batch's release."""
    return Snapshot(
        dataset=parent.dataset,
        number=number,
        parent=parent.number,
        batches=dict(batches),
        forced=tuple(b for b in parent.forced if b in batches),
        withdrawn=tuple(sorted(withdrawn)),
        **about,
    )


def plan_removal(view: View, stone: Tombstone) -> tuple[Change | None, Tombstone]:
    """Record that a version is removed, unless it is already."""
    dataset, batch, version = stone.dataset, stone.batch, stone.version
    if load_version(view, dataset, batch, version) is None:
        raise RegistryError(f"there is no such version of {dataset} {batch}", got=version)
    known = load_tombstone(view, dataset, batch, version)
    if known is not None and known.removed:
        return None, known
    pointer = load_pointer(view, dataset)
    snapshot = load_snapshot(view, dataset, pointer.snapshot) if pointer else None
    if snapshot is not None and snapshot.batches.get(batch) == version:
        raise RegistryError(
            "readers still get this version",
            where=f"{dataset} {batch}",
            got=version,
            do="Withdraw it from the snapshot first.",
        )
    files = {tombstone_file(dataset, batch, version).path: render_record(stone)}
    return Change(files, f"Remove {dataset} {batch} {version}"), stone


def plan_return(
    view: View, dataset: str, batch: str, version: str, stay: Stay
) -> tuple[Change | None, Tombstone]:
    """Record that a removed version is back, until a date."""
    known = load_tombstone(view, dataset, batch, version)
    if known is None:
        raise RegistryError(
            "this version was never removed", where=f"{dataset} {batch}", got=version
        )
    back = known.model_copy(update={"stay": stay})
    if known.stay is not None and known.stay.until == stay.until:
        return None, known
    files = {tombstone_file(dataset, batch, version).path: render_record(back)}
    return Change(files, f"Bring {dataset} {batch} {version} back until {stay.until}"), back
