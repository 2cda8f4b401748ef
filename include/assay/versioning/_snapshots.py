"""Snapshots in the registry: each is its parent and what changed, and every 64th is whole.

A map of all batches in each snapshot would make the registry grow with the square of its history.
So a snapshot is read by a walk over its parents, at most 63 of them, to one that is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from pydantic import Field

from assay.errors import RegistryError
from assay.records.versions import Batch, Pointer, Snapshot, SnapshotStep, VersionId
from assay.verdict import Frozen
from assay.versioning._accepted import highest_given
from assay.versioning._git import View
from assay.versioning._layout import (
    entry_of,
    map_file,
    maps_folder,
    pointer_file,
    snapshot_file,
    snapshots_folder,
)
from assay.versioning._records import parse_record, render_pointer, render_record

_DEEPEST: Final = 63
"""Steps from a whole snapshot to the last that is read by way of it."""


class _Step(SnapshotStep):
    """A step as a file: how many steps its nearest whole ancestor is away, 0 if it is whole."""

    depth: int = Field(ge=0, le=_DEEPEST)


class _Whole(Frozen):
    """All of a snapshot's batches."""

    batches: dict[Batch, VersionId]
    forced: tuple[Batch, ...]


class Stored(NamedTuple):
    """A snapshot, and how many steps its nearest whole ancestor is away."""

    snapshot: Snapshot
    depth: int


def load_snapshot(view: View, dataset: str, number: int) -> Snapshot | None:
    """One snapshot, None where there is none of that number."""
    found = load_stored_snapshot(view, dataset, number)
    return found.snapshot if found else None


def load_stored_snapshot(view: View, dataset: str, number: int) -> Stored | None:
    """One snapshot with its depth, None where there is none of that number."""
    place = snapshot_file(dataset, number)
    content = view.read(*place)
    if content is None:
        return None
    record = _parsed(place.path, content)
    if isinstance(record, Snapshot):
        return Stored(record, _DEEPEST)
    *steps, start = [record, *_ancestors(view, record)]
    whole = parse_record(_Whole, map_file(dataset, start.number), _map(view, start))
    batches, forced = dict(whole.batches), set(whole.forced)
    for step in reversed(steps):
        step.apply(batches, forced)
    return Stored(_plain(record).snapshot(batches, forced), record.depth)


def _ancestors(view: View, step: _Step) -> Iterator[_Step]:
    """The steps before one, to the whole snapshot that they start from."""
    known: dict[int, bytes | None] = {}
    while step.depth:
        number = step.parent or 0
        if number not in known:  # most are numbered in a row: one call reads them all
            numbers = range(max(1, number - step.depth + 1), number + 1)
            places = [snapshot_file(step.dataset, n).path for n in numbers]
            known |= dict(zip(numbers, view.read_each(places), strict=True))
        path = snapshot_file(step.dataset, number).path
        found = _parsed(path, known[number] or b"")
        if not isinstance(found, _Step):  # pragma: no cover - the layouts are never mixed
            raise RegistryError("a snapshot isn't in the layout of its successor", where=path)
        step = found
        yield step


def _map(view: View, step: SnapshotStep) -> bytes:
    return view.read(map_file(step.dataset, step.number)) or b""


def load_steps(
    view: View, dataset: str, numbers: Iterable[int] | None = None
) -> Iterator[SnapshotStep]:
    """Snapshots by number, each as what it changed; of these numbers only, where given."""
    before: Snapshot | None = None
    for record in _records(view, dataset, numbers):
        if isinstance(record, _Step):
            yield _plain(record)
            continue
        if before is None or before.number != record.parent:
            before = load_snapshot(view, dataset, record.parent) if record.parent else None
        yield SnapshotStep.of(record, before)
        before = record


def parse_step(path: str, content: bytes) -> SnapshotStep | None:
    """A snapshot's file as a step; None for one of the earlier layout, which is whole."""
    record = _parsed(path, content)
    return _plain(record) if isinstance(record, _Step) else None


def load_snapshots(view: View, dataset: str) -> Iterator[Snapshot]:
    """All snapshots of a data set by number, each whole: for few only."""
    for step, batches, forced in _composed(view, dataset):
        yield step.snapshot(batches, forced)


def map_faults(view: View, dataset: str) -> Iterator[int]:
    """The whole snapshots whose map is missing, or isn't what the steps to it give."""
    found = view.read_all(maps_folder(dataset))
    maps = {int(entry.name): c for path, c in found.items() if (entry := entry_of(path))}
    whole = {r.number for r in _records(view, dataset) if isinstance(r, _Step) and not r.depth}
    yield from sorted(whole - {*maps})
    for step, batches, forced in _composed(view, dataset):
        if step.number in maps:
            path = map_file(dataset, step.number)
            kept = parse_record(_Whole, path, maps[step.number])
            if kept.batches != batches or {*kept.forced} != forced:
                yield step.number


def _composed(view: View, dataset: str) -> Iterator[tuple[SnapshotStep, dict[str, str], set[str]]]:
    """Each step by number, with the batches after it and those of them that were forced."""
    number, batches, forced = None, dict[str, str](), set[str]()
    for step in load_steps(view, dataset):
        if step.parent != number:
            parent = load_snapshot(view, dataset, step.parent) if step.parent else None
            batches = dict(parent.batches) if parent else {}
            forced = set(parent.forced) if parent else set()
        step.apply(batches, forced)
        number = step.number
        yield step, batches, forced


def _records(
    view: View, dataset: str, numbers: Iterable[int] | None = None
) -> list[Snapshot | _Step]:
    """The files of snapshots, by number."""
    if numbers is None:
        found = view.read_all(snapshots_folder(dataset))
    else:
        paths = [path for n in numbers for path in snapshot_file(dataset, n)]
        contents = zip(paths, view.read_each(paths), strict=True)
        found = {path: content for path, content in contents if content is not None}
    return sorted((_parsed(p, c) for p, c in found.items()), key=lambda r: r.number)


def next_number(view: View, dataset: str, pointer: Pointer | None) -> int:
    """The number of the next snapshot, above every one that was ever given."""
    return max(pointer.latest if pointer else 0, highest_given(view, dataset)) + 1


def snapshot_files(
    snapshot: Snapshot, parent: Stored | None, pointer: Pointer | None, **changes: Any
) -> dict[str, bytes]:
    """The files of a new snapshot and of the pointer to it."""
    moved = Pointer(
        dataset=snapshot.dataset,
        snapshot=snapshot.number,
        latest=snapshot.number,
        rollbacks=changes.get("rollbacks", pointer.rollbacks if pointer else ()),
    )
    files = step_files(snapshot, parent)[0]
    return {**files, pointer_file(snapshot.dataset): render_pointer(moved)}


def step_files(snapshot: Snapshot, parent: Stored | None) -> tuple[dict[str, bytes], Stored]:
    """The files of a snapshot, and the snapshot as its own children's parent."""
    depth = parent.depth + 1 if parent and parent.depth < _DEEPEST else 0
    step = SnapshotStep.of(snapshot, parent.snapshot if parent else None)
    record = _Step(**step.model_dump(), depth=depth)
    files = {snapshot_file(snapshot.dataset, snapshot.number).path: render_record(record)}
    if not depth:
        whole = _Whole(batches=snapshot.batches, forced=snapshot.forced)
        files[map_file(snapshot.dataset, snapshot.number)] = render_record(whole)
    return files, Stored(snapshot, depth)


def _parsed(path: str, content: bytes) -> Snapshot | _Step:
    """A snapshot's file in either layout: only the earlier one has a map in it."""
    if b'"batches":' in content:
        return parse_record(Snapshot, path, content)
    return parse_record(_Step, path, content)


def _plain(step: _Step) -> SnapshotStep:
    return SnapshotStep.model_construct(**{k: v for k, v in dict(step).items() if k != "depth"})
