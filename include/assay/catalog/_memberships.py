"""Which snapshots hold which version, as spans of numbers.

A version that stays in a thousand snapshots is one row. One indexed query gives what a snapshot
holds, and one which snapshots hold a version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from assay.catalog._registry_schema import Membership, SnapshotRow
from assay.records.versions import SnapshotStep

Held = dict[str, tuple[str, bool]]
"""Batch → version, and whether it was forced."""


def held_at(
    session: Session, dataset: str, number: int, batches: Collection[str] | None = None
) -> Held:
    """What a snapshot holds, of some batches only if given."""
    columns = (Membership.batch, Membership.version, Membership.forced)
    wanted = select(*columns).where(Membership.dataset == dataset, spans(number))
    if batches is not None:
        wanted = wanted.where(Membership.batch.in_(batches))
    return {b: (v, forced) for b, v, forced in session.execute(wanted).tuples()}


def newest_at(session: Session, dataset: str, number: int) -> tuple[str, str] | None:
    """The newest batch that a snapshot holds, with its version; canonical keys sort by time."""
    wanted = select(Membership.batch, Membership.version).where(
        Membership.dataset == dataset, spans(number)
    )
    return session.execute(wanted.order_by(Membership.batch.desc()).limit(1)).tuples().first()


def spans(number: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that a row's span has a number."""
    return and_(
        Membership.first <= number, or_(Membership.last.is_(None), Membership.last >= number)
    )


def add_steps(session: Session, dataset: str, steps: Sequence[SnapshotStep]) -> None:
    """Add snapshots, which are ordered by number; those that are there already are left out.

    Spans follow the numbers and not the parents: a snapshot that was made after a rollback closes
    the spans of what its predecessor held and opens those of what its parent did.
    """
    newest = session.scalar(
        select(func.max(SnapshotRow.number)).where(SnapshotRow.dataset == dataset)
    )
    fresh = [s for s in steps if s.number > (newest or 0)]
    if not fresh:
        return
    spans_now = _Spans(session, dataset, fresh)
    rows = []
    for step in fresh:
        if step.parent != newest:
            spans_now.flush()
            spans_now.turn_to(step.parent, step.number)
        spans_now.follow(step)
        newest = step.number
        rows.append(_row(step))
    spans_now.flush()
    session.execute(insert(SnapshotRow), rows)


def _row(step: SnapshotStep) -> dict[str, Any]:
    columns = ("dataset", "number", "parent", "batch", "size", "reason", "author", "at")
    row = {name: getattr(step, name) for name in columns}
    version = step.changed.get(step.batch) if step.batch else None
    return {**row, "version": version, "withdrawn": list(step.withdrawn)}


class _Spans:
    """The open spans of some batches, and what is to be written of them."""

    def __init__(self, session: Session, dataset: str, steps: Sequence[SnapshotStep]) -> None:
        self._session = session
        self._dataset = dataset
        self._known: dict[str, tuple[int, str, bool]] = {}
        self._closed: list[dict[str, Any]] = []
        self._opened: dict[tuple[str, int], dict[str, Any]] = {}
        affected = {b for s in steps for b in (*s.changed, *s.withdrawn)}
        self._load(affected if len(affected) < _FEW else None)

    def _load(self, batches: set[str] | None) -> None:
        """Know the open spans, of these batches only if given."""
        columns = (Membership.batch, Membership.first, Membership.version, Membership.forced)
        wanted = select(*columns).where(
            Membership.dataset == self._dataset, Membership.last.is_(None)
        )
        if batches is not None:
            wanted = wanted.where(Membership.batch.in_(batches))
        self._known = {b: (f, v, forced) for b, f, v, forced in self._session.execute(wanted)}

    def follow(self, step: SnapshotStep) -> None:
        """Close and open what a step changes."""
        for batch in step.withdrawn:
            self._close(batch, step.number)
        for batch, version in step.changed.items():
            self._close(batch, step.number)
            self._open(batch, step.number, version, batch in step.forced)

    def turn_to(self, parent: int | None, number: int) -> None:
        """Begin the snapshot of this number with what its parent held, not its predecessor."""
        self._load(None)
        target: Mapping[str, tuple[str, bool]] = (
            held_at(self._session, self._dataset, parent) if parent else {}
        )
        for batch, (_, version, forced) in list(self._known.items()):
            if target.get(batch) != (version, forced):
                self._close(batch, number)
        for batch, (version, forced) in target.items():
            if batch not in self._known:
                self._open(batch, number, version, forced)

    def _close(self, batch: str, number: int) -> None:
        known = self._known.pop(batch, None)
        if known is None:
            return
        first = known[0]
        made = self._opened.get((batch, first))
        if first == number:  # opened by this very snapshot, and changed by it again
            self._opened.pop((batch, first), None)
        elif made is not None:
            made["last"] = number - 1
        else:
            self._closed.append({"b_batch": batch, "b_first": first, "b_last": number - 1})

    def _open(self, batch: str, number: int, version: str, forced: bool) -> None:
        self._known[batch] = (number, version, forced)
        self._opened[batch, number] = {
            "dataset": self._dataset, "batch": batch, "first": number, "last": None,
            "version": version, "forced": forced,
        }  # fmt: skip

    def flush(self) -> None:
        """Write what was closed and opened."""
        if self._closed:
            table = Membership.__table__
            closing = (
                update(Membership)
                .where(table.c.dataset == self._dataset, table.c.batch == bindparam("b_batch"))
                .where(table.c.first == bindparam("b_first"))
                .values(last=bindparam("b_last"))
            )
            self._session.connection().execute(closing, self._closed)
        if self._opened:
            self._session.execute(insert(Membership), list(self._opened.values()))
        self._closed, self._opened = [], {}


_FEW = 500
"""Batches that are named in one query; beyond, all open spans are read."""
