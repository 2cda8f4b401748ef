"""The score whose change of mean is the effect that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import Table

from assay.drift.columns._column_types import (
    as_levels,
    in_levels,
    in_order,
    level_form,
    order_of,
    without_nan,
)
from assay.drift.columns._column_values import Sides, blocks_of
from assay.drift.columns._ordered_counts import OrderedCounts, count_ordered
from assay.drift.effects import EFFECTS
from assay.drift.tests._chi_square import LEAST_EXPECTED, expected
from assay.policy.drift import Slice
from assay.reasons import ReasonCode

Array = np.ndarray[Any, Any]
_MARKS: Final = 32
_FINE: Final = 4096
_TAIL: Final = (1, 4, 16)
_KEPT: Final = 1000
"""Most levels with a cell of their own; rarer ones share one."""
MISSING: Final = ""
_BEFORE_LEVEL: Final = "="
"""Text before every level, so that no level is the text for missing."""


@dataclass(frozen=True)
class Score:
    """Rows with their cells, and each cell's score.

    Both sides have a column ``cell``; rows that took no part are left out. ``values`` has the score
    of each cell, ``rest`` that of all others. ``words`` say what the score is, and ``measure`` what
    a difference of its means is: ``share`` where it is 1 or 0.
    """

    reference: Table
    current: Table
    values: dict[Any, float]
    rest: float
    words: str
    measure: str

    @property
    def cells(self) -> Array:
        """The score of each cell, that of all others last."""
        return np.array([*self.values.values(), self.rest])

    def gaining(self, table: Table, centre: float) -> ir.BooleanValue:
        """Whether a row's score is above a centre: rows that move the mean the way it went."""
        cells = [cell for cell, value in self.values.items() if value > centre]
        others = [cell for cell, value in self.values.items() if value <= centre]
        return table.cell.notin(others) if self.rest > centre else table.cell.isin(cells)


def keyed(column: ir.Column) -> ir.Column:
    """Turn a column of text into keys in which missing differs from every level."""
    return ibis.coalesce(ibis.literal(_BEFORE_LEVEL) + column, ibis.literal(MISSING))


def key_of(level: str | None) -> str:
    """The key of a level: the text that :func:`keyed` gives it."""
    return MISSING if level is None else _BEFORE_LEVEL + level


def level_of(key: str) -> str | None:
    """The level behind a key, None for missing."""
    return None if key == MISSING else key.removeprefix(_BEFORE_LEVEL)


def score_of(
    sides: Sides,
    part: Slice | None,
    column: str,
    code: str,
    effect: str,
    *,
    ordered: bool,
    named: bool,
) -> Score | None:
    """The score of one reason, None where nothing can be split.

    ``ordered`` says whether the column is judged by its order, not by its levels, and ``named``
    whether a value of it may be in ``words``.

    Notes
    -----
    Every effect but Wasserstein's is Σ w·(p′ − p) over cells, with w taken from the two tables as
    a whole: ±1 on one side of the point of the Kolmogorov-Smirnov distance; ln(p′/p) for PSI; a
    cell's term over p′ − p for Jensen-Shannon's divergence; the same for χ² over rows.
    Wasserstein's distance is the integral of |F′ − F|, a sum over the intervals between pooled
    quantiles with the sign that F′ − F has there.
    """
    if code == ReasonCode.MISSING_SHARE_CHANGED:
        return _missing(sides, part, column)
    if code == ReasonCode.UNSEEN_CATEGORY:
        return _unseen(sides, part, column)
    if ordered:
        return _of_order(sides, part, column, effect, named)
    return _of_levels(sides, part, column, effect)


def _celled(
    sides: Sides, part: Slice | None, cells: Callable[[Table], ir.Column]
) -> tuple[Table, Table]:
    """Rows of both sides with their cell, as a function of the table gives it."""
    reference, current = (side.sliced(part) for side in sides)
    return reference.mutate(cell=cells(reference)), current.mutate(cell=cells(current))


def _missing(sides: Sides, part: Slice | None, column: str) -> Score:
    tables = _celled(sides, part, lambda t: without_nan(t[column]).isnull().cast("int8"))

    def totals(table: Table) -> dict[str, ir.Value]:
        return {"rows": table.count(), "n": without_nan(table[column]).count()}

    before, now = (side.totals(f"missing {column}", totals, part) for side in sides)
    more = (now["rows"] - now["n"]) * before["rows"] >= (before["rows"] - before["n"]) * now["rows"]
    words = f"rows {'without' if more else 'with'} a value of {column}"
    return Score(*tables, {1: 1.0, 0: 0.0} if more else {1: 0.0, 0: 1.0}, 0.0, words, "share")


def _unseen(sides: Sides, part: Slice | None, column: str) -> Score:
    reference, current = (side.sliced(part) for side in sides)
    first, second = as_levels(reference[column], current[column])
    known = first.name("v").as_table().distinct()
    known = known.filter(known.v.notnull())
    cell = (second.notnull() & second.notin(known.v)).cast("int8")
    tables = reference.mutate(cell=ibis.literal(0, "int8")), current.mutate(cell=cell)
    return Score(*tables, {1: 1.0}, 0.0, f"rows whose {column} the reference doesn't have", "share")


def _of_levels(sides: Sides, part: Slice | None, column: str, effect: str) -> Score:
    form = level_form(*(side.table[column] for side in sides))
    tables = _celled(sides, part, lambda t: keyed(in_levels(t[column], form)))
    before, now = (side.levels({column: form}, part)[column] for side in sides)
    names = sorted({*before, *now}, key=lambda name: (name is not None, name or ""))
    counts = np.array([[side.get(name, 0) for name in names] for side in (before, now)])
    rare = expected(counts).min(axis=0) < LEAST_EXPECTED
    rank = np.argsort(np.argsort(-counts.sum(axis=0), kind="stable"))
    alone = ~rare & (rank < _KEPT)
    table = np.hstack([counts[:, alone], counts[:, ~alone].sum(axis=1, keepdims=True)])
    scores = EFFECTS[effect].weights(table)
    keys = [key_of(name) for name, by_itself in zip(names, alone, strict=True) if by_itself]
    values = {k: float(s) for k, s in zip(keys, scores, strict=False)}
    return Score(*tables, values, float(scores[-1]), f"levels of {column}", EFFECTS[effect].measure)


def _of_order(
    sides: Sides, part: Slice | None, column: str, effect: str, named: bool
) -> Score | None:
    plain = [side.table[column] for side in sides]
    form = order_of(plain[0], plain[1])
    if form is None:
        return None
    (n, m), blocks = blocks_of(sides, column, form, part)
    seen = count_ordered(blocks, n, m, grid=_pooled_ranks)
    tables = [t.filter(t.cell.notnull()) for t in _celled(
        sides, part, lambda t: in_order(t[column], form))]  # fmt: skip
    if effect == "ks_statistic":
        return _beyond(tables, seen, plain[0], column, named)
    by_decile = effect != "wasserstein"
    table, edges = seen.cells(seen.deciles if by_decile else seen.grid)
    cut = [_cut(one, edges.tolist()) for one in tables]
    weights = EFFECTS[effect].weights
    scores = weights(table) if by_decile else _kantorovich(table, edges, seen.iqr)
    values = {i: float(s) for i, s in enumerate(scores)}
    return Score(cut[0], cut[1], values, 0.0, f"values of {column}", EFFECTS[effect].measure)


def _pooled_ranks(rows: int) -> Array:
    """Ranks of the pooled quantiles between which Wasserstein's distance is summed up."""
    inner = {round(k * _FINE / _MARKS) for k in range(1, _MARKS)}
    marks = sorted({*inner, *_TAIL, *(_FINE - t for t in _TAIL), _FINE})
    return np.array([-(-rank * rows // _FINE) for rank in marks])


def _kantorovich(table: Array, edges: Array, unit: float) -> Array:
    """Score of each cell between marks: the area under sign(F′ − F) from its mark on."""
    ends = (table / table.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]
    widths = np.append(np.diff(edges.astype(float)), 0.0)
    area = widths * np.sign(ends[1] - ends[0]) / (unit or 1.0)
    return np.append(area[::-1].cumsum()[::-1], 0.0)


def _cut(side: Table, edges: list[float]) -> Table:
    """Each row's cell: how many marks lie below its value."""
    if len(edges) > 1:
        cell = side.cell.bucket(edges, closed="right", include_under=True, include_over=True)
    else:
        cell = (side.cell > edges[0]).cast("int8") if edges else ibis.literal(0, "int8")
    return side.mutate(cell=cell)


def _beyond(
    sides: list[Table], seen: OrderedCounts, column: ir.Column, name: str, named: bool
) -> Score:
    """One for rows on the side of the distance's point that gained rows."""
    point, gained_above = seen.point, seen.gained_above
    cut = [side.mutate(cell=(side.cell > point).cast("int8")) for side in sides]
    where = "above" if gained_above else "up to"
    at = _readable(point, column) if named else "the point of the largest distance"
    values = {1: 1.0, 0: 0.0} if gained_above else {1: 0.0, 0: 1.0}
    return Score(cut[0], cut[1], values, 0.0, f"rows with {name} {where} {at}", "share")


def _readable(point: float, column: ir.Column) -> str:
    if column.type().is_timestamp() or column.type().is_date():
        import datetime as dt

        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(point))
        return moment.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    return f"{point:.6g}"
