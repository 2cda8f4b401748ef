"""The registry's history held against the last state that the catalog has seen.

Git's own hashes say that no commit was altered, and nothing of which commit ought to be the newest:
a branch that was rewound, replaced or deleted is whole, and its objects are then "unneeded". The
last head seen and what it held are kept outside the registry, by a witness; a head that doesn't
descend from it, or lacks records that were there, stops every writer and every sweep.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from assay.errors import HistoryRewound
from assay.reasons import ReasonCode
from assay.records.histories import Alarm, Holdings, SeenHistory, Witness
from assay.records.versions import Acceptance
from assay.versioning._git import GitRemote, View
from assay.versioning._layout import Entry, entry_of
from assay.versioning._process import without_credentials

_NAMED: Final = 5
_FOR_EVER: Final = {"snapshots", "maps", "uses"}


class WatchedHistory:
    """Views of the registry that follow from the last one seen.

    Parameters
    ----------
    witness : Witness, optional
        Without one every history is taken as it comes.
    alarm : callable, optional
        Reports a rewound history before the error is raised.
    """

    def __init__(
        self, git: GitRemote, witness: Witness | None = None, alarm: Alarm | None = None
    ) -> None:
        self._git = git
        self._witness = witness
        self._alarm = alarm

    def view(self) -> View:
        """The newest head of the remote, which is remembered from now on.

        Raises
        ------
        HistoryRewound
            If it doesn't follow from the last one seen.
        """
        if self._witness is None:
            return self._git.view()
        # In this order: a head that another host has pushed since is a descendant of this one.
        last = self._witness.last()
        view = self._git.view()
        self._follow(view, last)
        return view

    def pushed(self, base: View, now: View) -> None:
        """Remember a head that this process has just put on top of another.

        Where another host has gone on from there already, there is nothing left to remember.
        """
        if self._witness is not None and (last := self._witness.last()).head == base.head:
            self._follow(now, last)

    def _follow(self, view: View, last: SeenHistory) -> None:
        if view.head is not None and view.head == last.head:
            return
        now, lost = following(view, last)
        if lost:
            error = self._rewound(view, last, lost)
            if self._alarm is not None:
                self._alarm(error)
            raise error
        if self._witness is not None and view.head is not None:
            self._witness.saw(last.head, now)

    @cached_property
    def identity(self) -> str | None:
        """Who remembers the history; None where nobody does."""
        return None if self._witness is None else self._witness.identity()

    def state(self) -> tuple[SeenHistory, HistoryRewound | None]:
        """What was seen last, and what is wrong now; nothing is remembered or reported."""
        if self._witness is None:
            return SeenHistory(), None
        last, view = self._witness.last(), self._git.view()
        lost = following(view, last)[1]
        return last, self._rewound(view, last, lost) if lost else None

    def accept(self, acceptance: Acceptance) -> None:
        """Take the newest head for the true one from now on."""
        if self._witness is not None:
            view = self._git.view()
            given = {n: Holdings(0, number) for n, number in acceptance.highest.items()}
            self._witness.accepted(
                acceptance, SeenHistory(view.head, _added(given, _entries(view.paths())))
            )

    def _rewound(self, view: View, last: SeenHistory, lost: str) -> HistoryRewound:
        return HistoryRewound(
            f"the registry's history was rewound: {lost}; nothing is written or removed",
            where=without_credentials(self._git.remote),
            got=view.head or "no commit",
            expected=f"{last.head or 'what the catalog knows'}, or a commit that follows it",
            do=f"Restore the branch main as {ReasonCode.HISTORY_REWOUND.runbook} says; "
            "`assay catalog rebuild --accept-history` goes on without what is lost, on record.",
        )


def following(view: View, last: SeenHistory) -> tuple[SeenHistory, str | None]:
    """What is known with a view's records as well, and what was lost since, if anything."""
    if view.head is None:
        return last, None if last.empty else "its branch main is missing or empty"
    if last.head is None:
        given = {name: Holdings(0, held.highest) for name, held in last.holdings.items()}
        held = _added({}, _entries(view.paths()))
        lost = next(_shortages(held, last.holdings), None)
        return SeenHistory(view.head, _added(given, _entries(view.paths()))), lost
    if view.head == last.head:
        return last, None
    if not view.descends_from(last.head):
        return last, "its newest commit doesn't follow from the last one seen"
    added, lost = _changed(view.changes_since(last.head))
    return SeenHistory(view.head, _added(last.holdings, added)), lost


def _changed(changes: Iterable[tuple[str, str]]) -> tuple[list[Entry], str | None]:
    """The records that a commit adds, and which it removes or alters though they are for ever."""
    by_status: dict[str, Counter[Entry]] = {status: Counter() for status in "ADM"}
    for status, path in changes:
        by_status[status].update(_entries([path]))
    added, removed = by_status["A"] - by_status["D"], by_status["D"] - by_status["A"]
    missing = sorted([*removed, *(e for e in by_status["M"] if e.kind in _FOR_EVER)])
    if not missing:
        return list(added), None
    named = ", ".join("/".join(entry) for entry in missing[:_NAMED])
    return list(added), f"{len(missing)} records were removed or altered: {named}"


def _entries(paths: Iterable[str]) -> Iterator[Entry]:
    yield from (entry for path in paths if (entry := entry_of(path)))


def _added(holdings: Mapping[str, Holdings], entries: Iterable[Entry]) -> dict[str, Holdings]:
    """What data sets hold with these records as well."""
    versions, highest = Counter[str](), defaultdict[str, int](int)
    for entry in entries:
        if entry.kind == "versions":
            versions[entry.dataset] += 1
        elif entry.kind == "snapshots":
            highest[entry.dataset] = max(highest[entry.dataset], int(entry.name))
    none = Holdings()
    return {
        name: Holdings(
            holdings.get(name, none).versions + versions[name],
            max(holdings.get(name, none).highest, highest[name]),
        )
        for name in {*holdings, *versions, *highest}
    }


def _shortages(now: Mapping[str, Holdings], before: Mapping[str, Holdings]) -> Iterator[str]:
    """What data sets have less of than they had."""
    for name, known in sorted(before.items()):
        held = now.get(name, Holdings())
        if held.versions < known.versions:
            yield f"{name} has {held.versions} versions and the catalog knows {known.versions}"
        if held.highest < known.highest:
            yield f"{name} has snapshots to {held.highest} and the catalog knows {known.highest}"
