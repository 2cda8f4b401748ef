"""Segments with more errors than the rest: levels of a column, and of a pair of columns.

The search takes the segment of the clearest excess, sets its rows aside, and looks again among the
rest: so a segment isn't named once more by each segment that it lies in. Every round corrects for
all segments that were looked at (Holm).

References
----------
Chung Y, Kraska T, Polyzotis N, Tae KH, Whang SE (2019), Slice Finder: automated data slicing for
model validation, https://doi.org/10.1109/ICDE.2019.00139.
Fisher RA (1922), On the interpretation of χ² from contingency tables,
https://doi.org/10.2307/2340521.
Miettinen O, Nurminen M (1985), Comparative analysis of two rates,
https://doi.org/10.1002/sim.4780040211.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa

from assay.errors import InputError
from assay.feedback._rows import MISSING, Array, floats, missing, refuse_missing, texts
from assay.feedback._segment_rows import filter_of, rows_where
from assay.statistics.corrections import holm
from assay.statistics.intervals import miettinen_nurminen
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.units import units

BINS: Final = 4
"""Ranges of a number, of about as many rows each."""
_MOST_LEVELS: Final = 50


@dataclass(frozen=True)
class Segment:
    """Rows that have more errors than the rows outside.

    Parameters
    ----------
    where : tuple of (str, str)
        Column and level, of one column or two.
    rows, errors : int
    share_of_rows, share_of_errors : float
        Of all rows that were searched.
    ratio : Estimate
        Error rate inside over error rate outside. p and the interval are corrected for all segments
        that were looked at.
    """

    where: tuple[tuple[str, str], ...]
    rows: int
    errors: int
    share_of_rows: float
    share_of_errors: float
    ratio: Estimate

    @property
    def name(self) -> str:
        """Which rows these are: ``origin=EWR & hour≥18``."""
        return " & ".join(_condition(column, level) for column, level in self.where)

    def within(self, rows: pa.Table) -> Array:
        """Mask (n,) of its rows in any table that has its columns."""
        return rows_where(self.where, rows)

    def filter(self, rows: pa.Table) -> str:
        """Its rows in the small grammar of expressions; ``rows`` say of which types they are."""
        return filter_of(self.where, rows)


def find_segments(
    rows: pa.Table,
    wrong: Array,
    columns: tuple[str, ...],
    *,
    alpha: float,
    least_number: int,
    groups: Array | None = None,
    most: int = 10,
) -> tuple[Segment, ...]:
    """Find the segments in which the model errs most.

    Parameters
    ----------
    rows : pyarrow.Table
        What the model saw, and what else describes a row.
    wrong : array (n,) of bool
        Whether the prediction is wrong.
    columns : tuple of str
        Columns that are searched, and each pair of them. A column of numbers is cut into quarters.
        Don't name a classified one: levels are shown.
    alpha : float
        Chance of naming any segment in rows whose errors are evenly spread.
    least_number : int
        Least rows of a segment.
    groups : array (n,) of int, optional
        Rows of a group depend on each other; counts are then divided by how much more the errors
        vary between groups than they would between rows.
    most : int
        The search ends after so many.

    Returns
    -------
    tuple of Segment
        In the order of how clear they are; of each, the figures over all rows.

    Raises
    ------
    InputError
        If a column is missing, or ``wrong`` doesn't fit the rows.
    """
    refuse_missing(rows, columns)
    errors = np.asarray(wrong, dtype=bool)
    if errors.shape != (rows.num_rows,):
        raise InputError("the errors don't fit the rows", got=errors.shape,
                         expected=f"shape ({rows.num_rows},)")  # fmt: skip
    coded = {name: _coded(rows[name]) for name in columns}
    scale = _dependence(errors, groups)
    left = np.ones(len(errors), dtype=bool)
    found: list[Segment] = []
    for _ in range(most):
        best = _clearest(coded, errors, left, least_number, scale)
        if best is None or best[2] > alpha:
            break
        where, inside, adjusted, tests = best
        segment = _segment(where, inside, errors, alpha / tests, adjusted, scale)
        left &= ~inside
        if segment.ratio.low is not None and segment.ratio.low <= 1:
            continue  # its excess is among the rows left alone, and not against all others
        found.append(segment)
    return tuple(found)


@dataclass(frozen=True)
class _Coded:
    """A column as numbers of levels, with their names."""

    codes: Array
    names: tuple[str, ...]


def _coded(column: pa.ChunkedArray) -> _Coded:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        values = floats(column)
        distinct = np.unique(values[~np.isnan(values)])
        if len(distinct) > BINS:
            return _ranges(values)
    levels = texts(column)
    absent = missing(levels)
    names, codes = np.unique(np.where(absent, MISSING, levels).astype(str), return_inverse=True)
    if len(names) > _MOST_LEVELS:
        frequent = np.argsort(-np.bincount(codes), kind="stable")[:_MOST_LEVELS]
        kept = np.full(len(names), -1)
        kept[frequent] = np.arange(len(frequent))
        codes, names = kept[codes], names[frequent]
    return _Coded(codes, tuple(map(str, names)))


def _ranges(values: Array) -> _Coded:
    """Quarters of numbers, the missing ones apart."""
    known = ~np.isnan(values)
    cuts = np.unique(np.quantile(values[known], np.arange(1, BINS) / BINS, method="lower"))
    codes = np.where(known, np.searchsorted(cuts, values), len(cuts) + 1)
    ends = [f"{cut:g}" for cut in cuts]
    names = [f"≤{ends[0]}", *(f"{a}–{b}" for a, b in pairwise(ends))]
    return _Coded(codes, (*names, f">{ends[-1]}", MISSING))


def _condition(column: str, level: str) -> str:
    return f"{column}{level}" if level[:1] in {"≤", ">"} else f"{column}={level}"


def _dependence(errors: Array, groups: Array | None) -> float:
    """How much more the error rate varies between groups than between rows; at least 1."""
    if groups is None or not len(errors):
        return 1.0
    rate = float(errors.mean())
    between = units(groups, len(errors)).variance((errors - rate) / len(errors))
    alone = rate * (1 - rate) / len(errors)
    return max(1.0, between / alone) if alone > 0 else 1.0


def _fisher(counts: Array, total: int, wrong: int, scale: float) -> Array:
    """Fisher's exact p that a segment of so many rows has at least so many errors by chance.

    A normal approximation names clean segments too often: those of few errors are skewed, and the
    correction looks far into their tails.
    """
    from scipy.stats import hypergeom

    whole, all_wrong = round(total / scale), round(wrong / scale)
    inside = np.minimum(np.round(counts[:, 1] / scale), whole)
    return np.asarray(hypergeom.sf(np.floor(counts[:, 0] / scale) - 1, whole, all_wrong, inside))


Candidate = tuple[tuple[tuple[str, int], ...], int, int]
"""Columns with codes of levels, rows and errors."""


def _clearest(
    coded: Mapping[str, _Coded], errors: Array, left: Array, least: int, scale: float
) -> tuple[tuple[tuple[str, str], ...], Array, float, int] | None:
    """The segment of the clearest excess among the rows left, its adjusted p, and how many."""
    total, wrong = int(left.sum()), int((errors & left).sum())
    candidates = list(_candidates(coded, errors, left, least))
    if not candidates:
        return None
    counts = np.array([(errors_in, n_in) for _, n_in, errors_in in candidates], dtype=float)
    p_values = _fisher(counts, total, wrong, scale)
    excess = counts[:, 0] - counts[:, 1] * wrong / total
    best = int(np.lexsort((-excess, p_values))[0])
    where = candidates[best][0]
    inside = left.copy()
    for column, code in where:
        inside &= coded[column].codes == code
    named = tuple((column, coded[column].names[code]) for column, code in where)
    return named, inside, holm([float(p) for p in p_values])[best], len(candidates)


def _candidates(
    coded: Mapping[str, _Coded], errors: Array, left: Array, least: int
) -> Iterator[Candidate]:
    """Each level and pair of levels with enough rows, inside and outside."""
    total = int(left.sum())
    chosen = [(name,) for name in coded] + list(combinations(coded, 2))
    for names in chosen:
        sizes = [len(coded[name].names) for name in names]
        codes, known = np.zeros(len(left), dtype=np.int64), left.copy()
        for name, size in zip(names, sizes, strict=True):
            codes = codes * size + coded[name].codes
            known &= coded[name].codes >= 0
        cells = int(np.prod(sizes))
        rows = np.bincount(codes[known], minlength=cells)
        wrong = np.bincount(codes[known & errors], minlength=cells)
        for cell in np.flatnonzero((rows >= least) & (total - rows >= least)):
            places = np.unravel_index(cell, sizes)
            where = tuple((name, int(i)) for name, i in zip(names, places, strict=True))
            yield where, int(rows[cell]), int(wrong[cell])


def _scaled(count: float, rows: float, scale: float) -> tuple[Any, Any]:
    return (count, rows) if scale == 1 else (count / scale, rows / scale)


def _segment(
    where: tuple[tuple[str, str], ...],
    inside: Array,
    errors: Array,
    alpha: float,
    adjusted: float,
    scale: float,
) -> Segment:
    """A segment's figures, against all rows outside of it."""
    rows, wrong = int(inside.sum()), int((errors & inside).sum())
    total, all_wrong = len(errors), int(errors.sum())
    ratio = rate_ratio(wrong, rows, all_wrong - wrong, total - rows, alpha, adjusted, scale)
    share = wrong / all_wrong if all_wrong else 0.0
    return Segment(where, rows, wrong, rows / total, share, ratio)


def rate_ratio(
    wrong_in: int, rows_in: int, wrong_out: int, rows_out: int, alpha: float, p: float | None,
    scale: float = 1.0,
) -> Estimate:  # fmt: skip
    """Error rate inside over error rate outside, by the score test of Miettinen and Nurminen.

    Where no row outside is wrong it has a lower end alone.
    """
    n = rows_in + rows_out
    sides = *_scaled(wrong_in, rows_in, scale), *_scaled(wrong_out, rows_out, scale)
    low, high = miettinen_nurminen(*sides, alpha)
    if not wrong_out:
        return Estimate(value=None, low=low, n=n, how="no row outside is wrong", p=p)
    value = (wrong_in / rows_in) / (wrong_out / rows_out)
    return Estimate(
        value=value, low=min(low, value), high=max(high, value), n=n, how="Miettinen–Nurminen", p=p
    )
