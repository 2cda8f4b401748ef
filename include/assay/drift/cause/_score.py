"""The score whose change of mean is the effect that failed."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Final

import ibis
import numpy as np

from assay.drift._chi_square import LEAST_EXPECTED, expected
from assay.drift._columns import as_levels, sortable, without_nan

Array = np.ndarray[Any, Any]
_MARKS: Final = 32
_FINE: Final = 4096
_TAIL: Final = (1, 4, 16)
_KEPT: Final = 1000
"""Most levels that are told apart; rarer ones count together."""
_MEASURES: Final = {
    "psi": "psi",
    "wasserstein": "wasserstein",
    "cramers_v": "phi_squared",
    "jensen_shannon": "jensen_shannon_divergence",
}
MISSING: Final = ""
_BEFORE_LEVEL: Final = "="
"""Text before every level, so that no level is the text for missing."""


@dataclass(frozen=True)
class Score:
    """Rows with their cells, and each cell's score.

    Parameters
    ----------
    reference, current : ibis.Table
        Both sides with a column ``cell``; rows that took no part are left out.
    values : dict
        Cell → score; ``rest`` is the score of all other cells.
    words : str
        What the score is.
    measure : str
        What a difference of its means is; ``share`` where it is 1 or 0.
    """

    reference: Any
    current: Any
    values: dict[Any, float]
    rest: float
    words: str
    measure: str

    def gaining(self, table: Any, centre: float) -> Any:
        """Whether a row's score is above a centre: rows that move the mean the way it went."""
        cells = [cell for cell, value in self.values.items() if value > centre]
        others = [cell for cell, value in self.values.items() if value <= centre]
        return table.cell.notin(others) if self.rest > centre else table.cell.isin(cells)


def keyed(column: Any) -> Any:
    """A column of text as text that tells missing from every level."""
    return ibis.coalesce(ibis.literal(_BEFORE_LEVEL) + column, ibis.literal(MISSING))


def level_of(key: str) -> str | None:
    """The level behind a key, None for missing."""
    return None if key == MISSING else key.removeprefix(_BEFORE_LEVEL)


def score_of(
    reference: Any, current: Any, column: str, code: str, effect: str, *, ordered: bool, named: bool
) -> Score | None:
    """The score of one reason, None where nothing can be split.

    Parameters
    ----------
    reference, current : ibis.Table
    column : str
    code : str
        ``drift_detected``, ``unseen_category`` or ``missing_share_changed``.
    effect : str
        The effect that the policy limits.
    ordered : bool
        Whether the column is judged by its order, not by its levels.
    named : bool
        Whether a value of the column may stand in ``words``.

    Notes
    -----
    Every effect but Wasserstein's is Σ w·(p′ − p) over cells, with w taken from the two tables as
    a whole: ±1 on one side of the point of the Kolmogorov-Smirnov distance; ln(p′/p) for PSI; a
    cell's term over p′ − p for Jensen-Shannon's divergence; the same for χ² over rows.
    Wasserstein's distance is the integral of |F′ − F|, a sum over the intervals between pooled
    quantiles with the sign that F′ − F has there.
    """
    if code == "missing_share_changed":
        return _missing(reference, current, column)
    if code == "unseen_category":
        return _unseen(reference, current, column)
    if ordered:
        return _of_order(reference, current, column, effect, named)
    return _of_levels(reference, current, column, effect)


def _sides(reference: Any, current: Any, cells: tuple[Any, Any]) -> tuple[Any, Any]:
    return reference.mutate(cell=cells[0]), current.mutate(cell=cells[1])


def _missing(reference: Any, current: Any, column: str) -> Score:
    cells = [without_nan(t[column]).isnull().cast("int8") for t in (reference, current)]
    sides = _sides(reference, current, (cells[0], cells[1]))
    before, now = (float(t.cell.mean().execute()) for t in sides)
    more = now >= before
    words = f"rows {'without' if more else 'with'} a value of {column}"
    return Score(*sides, {1: 1.0, 0: 0.0} if more else {1: 0.0, 0: 1.0}, 0.0, words, "share")


def _unseen(reference: Any, current: Any, column: str) -> Score:
    first, second = as_levels(reference[column], current[column])
    known = first.name("v").as_table().distinct()
    known = known.filter(known.v.notnull())
    cells = [(c.notnull() & c.notin(known.v)).cast("int8") for c in (first, second)]
    sides = _sides(reference, current, (ibis.literal(0, "int8"), cells[1]))
    return Score(*sides, {1: 1.0}, 0.0, f"rows whose {column} the reference doesn't have", "share")


def _of_levels(reference: Any, current: Any, column: str, effect: str) -> Score:
    first, second = as_levels(reference[column], current[column])
    sides = _sides(reference, current, (keyed(first), keyed(second)))
    keys, counts = cell_counts(*sides)
    rare = expected(counts).min(axis=0) < LEAST_EXPECTED
    rank = np.argsort(np.argsort(-counts.sum(axis=0), kind="stable"))
    alone = ~rare & (rank < _KEPT)
    table = np.hstack([counts[:, alone], counts[:, ~alone].sum(axis=1, keepdims=True)])
    scores = _weights(table, effect)
    values = {k: float(s) for k, s in zip(np.array(keys)[alone], scores, strict=False)}
    return Score(*sides, values, float(scores[-1]), f"levels of {column}", _MEASURES[effect])


def _weights(table: Array, effect: str) -> Array:
    """Score of each cell of a 2×k table, so that Σ score·(p′ − p) is the effect."""
    table = np.asarray(table, dtype=float)
    before, now = table / table.sum(axis=1, keepdims=True)
    gap = now - before
    if effect == "psi":
        smooth = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
        return np.asarray(np.log(smooth[1] / smooth[0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        if effect == "jensen_shannon":
            half = (before + now) / 2
            terms = [np.where(p > 0, p * np.log2(p / half), 0.0) for p in (before, now)]
            found = (terms[0] + terms[1]) / 2 / gap
        else:
            sizes = table.sum(axis=1) / table.sum()
            found = gap / (table.sum(axis=0) / table.sum()) * sizes.prod()
    return np.where(np.abs(gap) > 1e-12, found, 0.0)


def _of_order(reference: Any, current: Any, column: str, effect: str, named: bool) -> Score | None:
    pair = sortable(reference[column], current[column])
    if pair is None:
        return None
    sides = [
        t.mutate(cell=v).filter(v.notnull())
        for t, v in zip((reference, current), pair, strict=True)
    ]
    ladder = _Ladder(*sides)
    if effect == "ks_statistic":
        return _beyond(sides, ladder, reference[column], column, named)
    by_decile = effect != "wasserstein"
    edges = ladder.deciles() if by_decile else ladder.marks()
    cut = [_celled(side, edges) for side in sides]
    keys, counts = cell_counts(*cut)
    table = np.zeros((2, len(edges) + 1))
    table[:, keys] = counts
    scores = _weights(table, effect) if by_decile else _kantorovich(table, edges, ladder.iqr())
    values = {i: float(s) for i, s in enumerate(scores)}
    return Score(cut[0], cut[1], values, 0.0, f"values of {column}", _MEASURES[effect])


def _kantorovich(table: Array, edges: list[float], unit: float) -> Array:
    """Score of each cell between marks: the area under sign(F′ − F) from its mark on."""
    ends = (table / table.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, :-1]
    widths = np.append(np.diff(np.array(edges, dtype=float)), 0.0)
    area = widths * np.sign(ends[1] - ends[0]) / (unit or 1.0)
    return np.append(area[::-1].cumsum()[::-1], 0.0)


def _celled(side: Any, edges: list[float]) -> Any:
    """Each row's cell: how many marks lie below its value."""
    if not edges:
        return side.mutate(cell=ibis.literal(0, "int8"))
    if len(edges) == 1:
        return side.mutate(cell=(side.cell > edges[0]).cast("int8"))
    cell = side.cell.bucket(edges, closed="right", include_under=True, include_over=True)
    return side.mutate(cell=cell)


def _beyond(sides: list[Any], ladder: _Ladder, column: Any, name: str, named: bool) -> Score:
    """One for rows on the side of the distance's point that gained rows."""
    point, gained_above = ladder.point()
    cut = [side.mutate(cell=(side.cell > point).cast("int8")) for side in sides]
    where = "above" if gained_above else "up to"
    at = _readable(point, column) if named else "the point of the largest distance"
    values = {1: 1.0, 0: 0.0} if gained_above else {1: 0.0, 0: 1.0}
    return Score(cut[0], cut[1], values, 0.0, f"rows with {name} {where} {at}", "share")


def _readable(point: float, column: Any) -> str:
    if column.type().is_timestamp() or column.type().is_date():
        import datetime as dt

        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(point))
        return moment.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    return f"{point:.6g}"


class _Ladder:
    """Both cumulative counts at every distinct value, in the engine."""

    def __init__(self, reference: Any, current: Any) -> None:
        parts = [
            side.select(v=side.cell, now=ibis.literal(now, "int8"))
            for now, side in enumerate((reference, current))
        ]
        rows = ibis.union(*parts)
        counts = rows.group_by("v").agg(
            r=rows.count(where=rows.now == 0), c=rows.count(where=rows.now == 1)
        )
        order = ibis.cumulative_window(order_by=counts.v)
        steps = counts.select(
            "v",
            R=counts.r.sum().over(order).cast("int64"),
            C=counts.c.sum().over(order).cast("int64"),
        )
        self.steps = steps.cache()
        sizes = self.steps.aggregate(n=self.steps.R.max(), m=self.steps.C.max())
        found = sizes.to_pyarrow().to_pylist()[0]
        self.n, self.m = int(found["n"]), int(found["m"])

    def point(self) -> tuple[float, bool]:
        """Where |F′ − F| is largest (the least such value), and whether rows above it gained."""
        s = self.steps
        # Integers, so that equal distances are equal.
        top = s.mutate(gap=s.C * self.n - s.R * self.m)
        top = top.order_by(ibis.desc(top.gap.abs()), top.v).limit(1)
        found = top.to_pyarrow().to_pylist()[0]
        return found["v"], found["gap"] < 0

    def marks(self) -> list[float]:
        """Distinct pooled quantiles, closer in the tails, and the largest value."""
        found = self._quantiles(_FINE, pooled=True)
        inner = {round(k * _FINE / _MARKS) for k in range(1, _MARKS)}
        ranks = sorted({*inner, *_TAIL, *(_FINE - t for t in _TAIL), _FINE})
        return sorted({found[bisect_left([b for b, _ in found], rank)][1] for rank in ranks})

    def deciles(self) -> list[float]:
        """Distinct deciles of the reference, by its inverse distribution function."""
        found = self._quantiles(10, pooled=False)
        return sorted({found[bisect_left([b for b, _ in found], k)][1] for k in range(1, 10)})

    def iqr(self) -> float:
        """Interquartile range of the reference."""
        found = self._quantiles(4, pooled=False)
        low, high = (found[bisect_left([b for b, _ in found], k)][1] for k in (1, 3))
        return float(high - low)

    def _quantiles(self, parts: int, *, pooled: bool) -> list[tuple[int, float]]:
        """The least value at which each k of so many parts of the rows is reached."""
        s = self.steps
        reached, rows = (s.R + s.C, self.n + self.m) if pooled else (s.R, self.n)
        steps = s.mutate(part=(reached * parts // rows))
        found = steps.group_by("part").agg(v=steps.v.min()).order_by("part").to_pyarrow()
        return list(zip(found["part"].to_pylist(), found["v"].to_pylist(), strict=True))


def cell_counts(reference: Any, current: Any) -> tuple[list[Any], Array]:
    """Cells of both sides in order, and their rows, (2, K)."""
    parts = [
        side.select("cell", now=ibis.literal(now, "int8"))
        for now, side in enumerate((reference, current))
    ]
    rows = ibis.union(*parts)
    found = (
        rows.group_by("cell")
        .agg(r=rows.count(where=rows.now == 0), c=rows.count(where=rows.now == 1))
        .order_by("cell")
        .to_pyarrow()
    )
    counts = np.vstack([found["r"].to_numpy(), found["c"].to_numpy()]).astype(np.int64)
    return found["cell"].to_pylist(), counts
