"""What a commit, a release or a rollback would change, computed on one view of the registry.

Each returns the change (None where all is there already) and the result. They have no effect of
their own, so that they can be computed again when another process was first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.errors import RegistryError
from assay.records.versions import BatchVersion, Judgement, Pointer, Rollback, Snapshot
from assay.versioning._dvc import REPOSITORY, render_dvc
from assay.versioning._git import Change, View
from assay.versioning._layout import pointer_file, version_file
from assay.versioning._recalls import refuse_recalled
from assay.versioning._records import load_pointer, load_version, render_pointer
from assay.versioning._snapshots import (
    Stored,
    load_stored_snapshot,
    next_number,
    snapshot_files,
)
from assay.versioning._tombstones import following, refuse_removed, without_removed


@dataclass(frozen=True)
class Release:
    """The request to release one version of one batch, with author and reason."""

    dataset: str
    batch: str
    version: str
    reason: str
    author: str
    at: datetime
    forced: bool
    judgement: Judgement | None = None


def plan_commit(view: View, wanted: BatchVersion) -> tuple[Change | None, BatchVersion]:
    """Record a version, unless the registry has it."""
    refuse_removed(view, wanted.dataset, wanted.batch, wanted.version)
    known = load_version(view, wanted.dataset, wanted.batch, wanted.version)
    if known is not None:
        return None, same_version(known, wanted)
    path = version_file(wanted.dataset, wanted.batch, wanted.version).path
    files = {path: render_dvc(wanted), **(REPOSITORY if view.head is None else {})}
    return Change(files, f"Commit {wanted.dataset} {wanted.batch} {wanted.version}"), wanted


def same_version(known: BatchVersion, wanted: BatchVersion) -> BatchVersion:
    """The known version; its documents may differ (the first stay), its data may not."""
    for name, ours in wanted.objects.items():
        theirs = known.objects.get(name)
        if not ours.file.endswith(".json") and theirs != ours:
            raise RegistryError(
                f"version {wanted.version} of {wanted.dataset} {wanted.batch} is there with other "
                f"bytes in {ours.file}",
                got=ours.md5,
                expected=theirs.md5 if theirs else "no such object",
                do="Whatever changed the bytes belongs in the derivation: a change of the code, "
                "say, in its transform_version.",
            )
    return known


def plan_release(view: View, order: Release) -> tuple[Change | None, Snapshot]:
    """Make the next snapshot out of the one that the pointer names."""
    dataset, batch, version = order.dataset, order.batch, order.version
    judged, _ = plan_judgement(view, dataset, batch, version, order.judgement)
    refuse_removed(view, dataset, batch, version)
    refuse_recalled(view, dataset, {batch: version})
    pointer = load_pointer(view, dataset)
    stored = None if pointer is None else _pointed(view, pointer)
    parent = stored.snapshot if stored else None
    if parent is not None and parent.holds(batch, version, forced=order.forced):
        return judged, parent
    forced = {b for b in (parent.forced if parent else ()) if b != batch}
    snapshot = Snapshot(
        dataset=dataset,
        number=next_number(view, dataset, pointer),
        parent=parent.number if parent else None,
        batches=dict(sorted({**(parent.batches if parent else {}), batch: version}.items())),
        batch=batch,
        forced=tuple(sorted(forced | ({batch} if order.forced else set()))),
        reason=order.reason,
        author=order.author,
        at=order.at,
    )
    message = f"Release {dataset} {batch} as snapshot {snapshot.number}"
    files = snapshot_files(snapshot, stored, pointer)
    return Change({**files, **(judged.files if judged else {})}, message), snapshot


def plan_judgement(
    view: View, dataset: str, batch: str, version: str, judgement: Judgement | None
) -> tuple[Change | None, BatchVersion]:
    """Put the gates' verdicts beside their version."""
    known = load_version(view, dataset, batch, version)
    if known is None:
        raise no_version(dataset, batch, version)
    judged = known if judgement is None else known.with_judgement(judgement)
    if judged == known:
        return None, known
    files = {version_file(dataset, batch, version).path: render_dvc(judged)}
    return Change(files, f"Judge {dataset} {batch} {version}"), judged


def plan_rollback(
    view: View, dataset: str, number: int, *, reason: str, author: str, at: datetime
) -> tuple[Change | None, Pointer]:
    """Point to another snapshot that is there; to one without what was removed from it since."""
    pointer = load_pointer(view, dataset)
    stored = load_stored_snapshot(view, dataset, number)
    if pointer is None or stored is None:
        raise no_snapshot(dataset, number, pointer)
    if pointer.snapshot == number:
        return None, pointer
    now = _pointed(view, pointer).snapshot.batches
    coming = {b: v for b, v in stored.snapshot.batches.items() if now.get(b) != v}
    refuse_recalled(view, dataset, coming)
    move = Rollback(source=pointer.snapshot, target=number, reason=reason, author=author, at=at)
    rollbacks = (*pointer.rollbacks, move)
    target = stored.snapshot
    left, gone = without_removed(view, target)
    if gone:
        about = {"reason": reason, "author": author, "at": at}
        number = next_number(view, dataset, pointer)
        made = following(target, number, left, about, withdrawn=gone)
        message = f"Roll {dataset} back to snapshot {number}, without {len(gone)} removed batches"
        files = snapshot_files(made, stored, pointer, rollbacks=rollbacks)
        latest = {"snapshot": made.number, "latest": made.number, "rollbacks": rollbacks}
        return Change(files, message), pointer.model_copy(update=latest)
    moved = pointer.model_copy(update={"snapshot": number, "rollbacks": rollbacks})
    message = f"Roll {dataset} back from snapshot {move.source} to {number}"
    return Change({pointer_file(dataset): render_pointer(moved)}, message), moved


def no_version(dataset: str, batch: str, version: str) -> RegistryError:
    """The error of a version that was never committed."""
    return RegistryError(
        f"the registry has no such version of {dataset} {batch}",
        got=version,
        do=f"See what there is: assay versions list {dataset}.",
    )


def no_snapshot(dataset: str, number: int | None, pointer: Pointer | None) -> RegistryError:
    """The error of a snapshot that was never released."""
    have = f"1 to {pointer.latest}" if pointer else "a data set with a release"
    return RegistryError(f"{dataset} has no such snapshot", got=number, expected=have)


def _pointed(view: View, pointer: Pointer) -> Stored:
    snapshot = load_stored_snapshot(view, pointer.dataset, pointer.snapshot)
    if snapshot is None:
        raise no_snapshot(pointer.dataset, pointer.snapshot, pointer)
    return snapshot
