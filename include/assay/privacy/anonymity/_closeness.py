"""t-closeness: how far the values of a class lie from those of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import Table

from assay.engine import Session, round12
from assay.privacy.anonymity._classes import PEOPLE


def is_ordered(table: Table, column: str) -> bool:
    """Whether the values of a column have an order of their own: numbers, dates, timestamps."""
    kind = table.schema()[column]
    return bool((kind.is_numeric() and not kind.is_boolean()) or kind.is_temporal())


def equal_distance(session: Session, cells: Table, by: Sequence[str], column: str) -> float:
    """The greatest distance of a class where all values are equally far apart.

    Notes
    -----
    Half the sum of absolute differences of shares. Values that a class doesn't have add their
    share among all, so that they need no rows of their own.
    """
    placed = _with_levels(session, cells, column)
    whole: Any = placed[PEOPLE].sum().over(ibis.window(group_by=list(by)))
    placed = placed.mutate(__share=placed[PEOPLE] / whole)
    gap = (placed["__share"] - placed.q).abs()
    of_class = placed.group_by(list(by)).aggregate(distance=(gap.sum() + 1 - placed.q.sum()) / 2)
    return _greatest(session, of_class)


def ordered_distance(session: Session, cells: Table, by: Sequence[str], column: str) -> float:
    """The greatest earth mover's distance of a class, with values at equal steps of their order.

    Notes
    -----
    The mean of ``|P_i - Q_i|`` over the steps between values, where P and Q are the cumulated
    shares of the class and of all. Between two values that a class has, P is constant and Q rises:
    it crosses P once, and both sides are differences of sums of Q that are kept for each value. So
    no row is needed for a value that a class doesn't have. Missing is the last value.

    References
    ----------
    N. Li, T. Li, S. Venkatasubramanian: t-closeness. ICDE 2007, doi:10.1109/ICDE.2007.367856.
    """
    placed = _with_levels(session, cells, column)
    levels = session.set_aside(
        placed.select("place", cumulated="cumulated", whole="sums").distinct()
    )
    last: Any = session.one(levels.aggregate(m=levels.place.max(), sums=levels.whole.max()))
    if last["m"] < 2:
        return 0.0
    steps = session.view(_steps(placed, by, last))
    crossings = session.view(levels.select(at="place", p="cumulated", until="whole"))
    crossing = steps.asof_join(crossings, on="p")
    of_class = (
        crossing.mutate(area=_area(crossing))
        .group_by(list(by))
        .aggregate(distance=(ibis._.area + ibis._.begin).sum() / (last["m"] - 1))
    )
    return _greatest(session, of_class)


def _steps(placed: Table, by: Sequence[str], last: dict[str, Any]) -> Table:
    """For each value of a class: P from it on, and where the next value is."""
    within = ibis.window(group_by=list(by), order_by="place")
    cumulated: Any = (
        placed[PEOPLE]
        .sum()
        .over(ibis.window(group_by=list(by), order_by="place", preceding=None, following=0))
    )
    whole: Any = placed[PEOPLE].sum().over(ibis.window(group_by=list(by)))
    first = ibis.row_number().over(within) == 0
    return placed.select(
        *by,
        "place", "before",
        p=cumulated / whole,
        next_place=placed.place.lead(default=last["m"] + 1).over(within),
        until_next=placed.before.lead(default=last["sums"]).over(within),
        begin=ibis.ifelse(first, placed.before, 0.0),
    )  # fmt: skip


def _area(t: Table) -> Any:
    """The sum of ``|P - Q_i|`` from a value to before the next."""
    a, b = t.place, t.next_place
    none, every = t["at"].isnull() | (t["at"] < a), t["at"] >= b
    c = ibis.cases((none, a - 1), (every, b - 1), else_=t["at"])
    until = ibis.cases((none, t.before), (every, t.until_next), else_=t["until"])
    below = t.p * (c - a + 1) - (until - t.before)
    above = (t.until_next - until) - t.p * (b - 1 - c)
    return below + above


def _with_levels(session: Session, cells: Table, column: str) -> Table:
    """The cells, each with its value's share among all, and sums over the values up to it."""
    n: Any = cells[PEOPLE]
    levels = cells.group_by(column).aggregate(n=n.sum())
    order = ibis.window(order_by=ibis.asc(column, nulls_first=False), preceding=None, following=0)
    whole: Any = levels.n.sum().over(ibis.window())
    levels = levels.mutate(
        q=levels.n / whole,
        cumulated=levels.n.sum().over(order) / whole,
        place=ibis.row_number().over(order) + 1,
    )
    sums: Any = levels.cumulated.sum().over(ibis.window(order_by="place", preceding=None,
                                                        following=0))  # fmt: skip
    levels = levels.mutate(sums=sums, before=sums - levels.cumulated)
    kept = session.set_aside(levels.rename({"__value": column}).drop("n"))
    return cells.join(kept, cells[column].identical_to(kept["__value"]))


def _greatest(session: Session, of_class: Table) -> float:
    return max(round12(session.value(of_class.distance.max())), 0.0)
