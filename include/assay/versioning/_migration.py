"""From the layout in which each snapshot was a whole map, to the one that doesn't grow so.

The history isn't rewritten: one commit moves the records to where they are now looked for, and
turns the snapshots into steps. It is pushed only if it reads like the commit before it.
"""

from __future__ import annotations

from typing import Final

from assay.errors import RegistryError
from assay.versioning._git import Change, View
from assay.versioning._layout import (
    Entry,
    entry_of,
    pointer_file,
    snapshot_file,
    tombstone_file,
    version_file,
)
from assay.versioning._records import load_pointer, render_pointer
from assay.versioning._snapshots import (
    Stored,
    load_snapshot,
    load_snapshots,
    map_faults,
    step_files,
)

_FILE: Final = ".assay/layout"
LAYOUT: Final = {_FILE: b"2\n"}
"""The file by which a registry says that it has this layout."""
_PLACES: Final = {"versions": version_file, "tombstones": tombstone_file}


def has_earlier_layout(view: View) -> bool:
    """Whether a registry must be carried over before something is written to it."""
    return view.head is not None and view.read(_FILE) is None


def plan_migration(view: View) -> tuple[Change | None, bool]:
    """Carry a registry over to this layout; None and False where it has it."""
    if not has_earlier_layout(view):
        return None, False
    files, moved, removed = dict(LAYOUT), dict[str, str](), list[str]()
    for path in view.paths():
        entry = entry_of(path)
        if entry is not None and entry.kind in _PLACES:
            place = _PLACES[entry.kind](entry.dataset, *entry.name.split("/"))
            moved |= {path: place.path} if path == place.earlier else {}
        elif entry is not None and entry.kind == "snapshots":
            place = snapshot_file(entry.dataset, int(entry.name))
            removed += [path] if path == place.earlier else []
    for dataset in view.folders():
        files |= _steps(view, dataset)
        if (pointer := load_pointer(view, dataset)) is not None:
            files[pointer_file(dataset)] = render_pointer(pointer)
    message = f"Carry {len(moved)} records and {len(removed)} snapshots over to layout 2"
    return Change(files, message, moved, removed, lambda now: verify_migration(view, now)), True


def _steps(view: View, dataset: str) -> dict[str, bytes]:
    files, depths = dict[str, bytes](), dict[int, int]()
    before: Stored | None = None
    for snapshot in load_snapshots(view, dataset):
        parent = before
        if snapshot.parent != (before.snapshot.number if before else None):
            found = load_snapshot(view, dataset, snapshot.parent) if snapshot.parent else None
            parent = Stored(found, depths[found.number]) if found else None
        made, before = step_files(snapshot, parent)
        depths[snapshot.number] = before.depth
        files |= made
    return files


def verify_migration(before: View, after: View) -> None:
    """Refuse a commit that reads otherwise than the one before it.

    Raises
    ------
    RegistryError
        If a version, a tombstone, a snapshot or a pointer differs.
    """
    was, now = _contents(before), _contents(after)
    differing = [f"{e.dataset} {e.name}" for e in {**was, **now} if was.get(e) != now.get(e)]
    for dataset in before.folders():
        pairs = zip(load_snapshots(before, dataset), load_snapshots(after, dataset), strict=True)
        differing += [f"{dataset} {a.number}" for a, b in pairs if a != b]
        differing += [f"the map of {dataset} {number}" for number in map_faults(after, dataset)]
        if load_pointer(before, dataset) != load_pointer(after, dataset):
            differing.append(f"the pointer of {dataset}")
    if differing:
        raise RegistryError(
            "the registry can't be carried over to the present layout: records would differ",
            got=differing[:5],
            do="Nothing was changed. Run: assay versions verify.",
        )


def _contents(view: View) -> dict[Entry, str]:
    """Each version and tombstone with the name of its content."""
    entries = ((entry_of(path), name) for path, name in view.paths().items())
    return {e: name for e, name in entries if e is not None and e.kind in _PLACES}
