"""What a commit of the registry has that an earlier one hadn't, in parts that are indexed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

from assay.records.indexing import IndexPage, IndexState
from assay.records.uses import Use
from assay.records.versions import BatchVersion, Pointer, SnapshotStep, Tombstone
from assay.versioning._git import View
from assay.versioning._layout import Entry, entry_of
from assay.versioning._records import load_pointer, parse_record, parse_version
from assay.versioning._snapshots import load_steps, parse_step

_RANKS: Final = {"versions": 0, "tombstones": 1, "snapshots": 2, "uses": 3, "file": 4}
_POINTER: Final = "pointer.json"


class ChangedRecords:
    """The records of a view that aren't in the commit that an index was made from.

    They are in an order that depends on the two commits alone, so that a position in it is enough
    to go on from: versions, tombstones, snapshots by number, uses, pointers.
    """

    def __init__(self, view: View, state: IndexState) -> None:
        self._view = view
        self._state = state
        changed, gone = view.changed_contents(state.indexed)
        removed = {entry: name for path, name in gone.items() if (entry := entry_of(path))}
        self._items = sorted(
            (_RANKS[entry.kind], entry.dataset, _order(entry), path, name)
            for path, name in changed.items()
            if (entry := entry_of(path)) and _is_news(entry, name, removed)
        )

    @property
    def since(self) -> str | None:
        """The commit that was indexed before."""
        return self._state.indexed

    @property
    def target(self) -> str | None:
        """The commit that they are of."""
        return self._view.head

    def page(self, start: int, most: int) -> IndexPage:
        """The next records from a position, at most so many."""
        items = self._items[start : start + most]
        versions: list[BatchVersion] = []
        stones: list[Tombstone] = []
        steps: list[SnapshotStep] = []
        uses: list[Use] = []
        numbers = defaultdict[str, list[int]](list)
        pointers: list[Pointer | None] = []
        contents = self._view.contents(name for *_, name in items)
        for (rank, dataset, order, path, _), content in zip(items, contents, strict=True):
            if rank == _RANKS["versions"]:
                versions.append(parse_version(path, content))
            elif rank == _RANKS["tombstones"]:
                stones.append(parse_record(Tombstone, path, content))
            elif rank == _RANKS["uses"]:
                uses.append(parse_record(Use, path, content))
            elif rank == _RANKS["snapshots"]:
                step = parse_step(path, content)
                if step is None:
                    numbers[dataset].append(int(order))
                else:
                    steps.append(step)
            else:
                pointers.append(load_pointer(self._view, dataset))
        for dataset, some in numbers.items():  # of the earlier layout
            steps += load_steps(self._view, dataset, some)
        return IndexPage(
            state=replace(self._state, position=start),
            target=self._view.head or "",
            end=start + len(items),
            total=len(self._items),
            versions=tuple(versions),
            tombstones=tuple(stones),
            steps=tuple(steps),
            uses=tuple(uses),
            pointers=tuple(p for p in pointers if p is not None),
        )


def _is_news(entry: Entry, name: str, removed: dict[Entry, str]) -> bool:
    """Whether a record is indexed, and wasn't only moved by a change of the layout."""
    if entry.kind == "snapshots":
        return entry not in removed
    is_record = entry.kind in _RANKS and (entry.kind != "file" or entry.name == _POINTER)
    return is_record and removed.get(entry) != name


def _order(entry: Entry) -> str:
    return f"{int(entry.name):012}" if entry.kind == "snapshots" else entry.name
