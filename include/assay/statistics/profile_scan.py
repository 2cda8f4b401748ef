"""One scan of many columns for their profiles: exact sums, and the values that are requested.

A fixed *sample* of the rows shows where a column's values lie and which of them to keep. The counts
show whether the sample was right. Where it was wrong, the column has no profile, so no figure ever
depends on the sample.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from ibis import Table

from assay.engine.functions import count_if
from assay.statistics.exact import BITS, one_row, total
from assay.statistics.profile import LEAST, MOST, Frame, Piece, Profile, merged
from assay.statistics.values import finite


@dataclass(frozen=True)
class ProfileRequest:
    """What a scan is to find of a column: its sums, and the values in some spans.

    ``heavy`` are values that occur too often to be kept; they are counted.
    """

    frame: Frame
    moments: bool = False
    spans: tuple[tuple[float, float], ...] = ()
    heavy: tuple[float, ...] = ()

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The spans as intervals of whole numbers, symmetric where that adds few values."""
        return _symmetric(merged(self.frame, self.spans))

    @property
    def counted(self) -> list[float]:
        """The values within the spans that are counted."""
        places = [(v, self.frame.place(v)) for v in self.heavy]
        return [v for v, p in places if any(a <= p <= b for a, b in self.intervals)]


def profile_sample(sample: Table, columns: Sequence[str]) -> dict[str, Profile]:
    """The profiles of the columns of a small sample, without those that show nothing."""
    named = {f"x{i}": sample[c].cast("float64") for i, c in enumerate(columns)}
    rows = sample.select(**{n: ibis.coalesce(x, math.nan) for n, x in named.items()}).to_pyarrow()
    found = {c: Profile.whole_of(rows[f"x{i}"].to_numpy()) for i, c in enumerate(columns)}
    return {name: profile for name, profile in found.items() if profile is not None}


def scan_profiles(table: Table, wanted: Mapping[str, ProfileRequest]) -> dict[str, Profile]:
    """Find the profiles of many columns in one scan, without those where the sample was wrong.

    Cells that are NaN, infinite or out of the frame's reach are counted in a second scan.
    """
    if not wanted:
        return {}
    parts: dict[str, Any] = {"rows": table.count()}
    for i, (name, asked) in enumerate(wanted.items()):
        parts |= _parts(i, table[name], asked)
    row = _row(table.aggregate(**parts).to_pyarrow())
    odd = [n for i, n in enumerate(wanted) if row[f"n{i}"] != row[f"all{i}"]]
    others = _count_special(table, odd)
    found = {}
    for i, (name, asked) in enumerate(wanted.items()):
        n, cells = int(row[f"n{i}"]), int(row[f"all{i}"])
        numbers, below, above, nan = others.get(name, (n, 0, 0, 0))
        if numbers != n:
            continue
        sums = (int(row[f"s{i}"] or 0), int(row[f"q{i}"] or 0)) if asked.moments else None
        missing = int(row["rows"]) - cells + nan
        found[name] = Profile(asked.frame, _pieces(i, row, n, asked), sums, missing, below, above)
    return found


def _parts(i: int, column: Any, asked: ProfileRequest) -> dict[str, Any]:
    """The aggregates of one column."""
    value = column.cast("float64")
    # Powers of two change no bit of a factor, so that one factor does for two.
    beside, unit = value - asked.frame.centre, 2.0 ** (BITS - asked.frame.exponent)
    whole = (beside * unit).try_cast("int64")
    parts = {f"all{i}": column.count(), f"n{i}": whole.count()}
    if asked.moments:
        square = (beside * beside * (unit * 2.0**-asked.frame.exponent)).try_cast("int64")
        parts |= {f"n{i}": square.count(), f"s{i}": total(whole), f"q{i}": total(square)}
    if not asked.intervals:
        return parts
    light = [value != v for v in asked.counted]
    kept = functools.reduce(operator.and_, light, _inside(whole, asked.intervals))
    parts[f"v{i}"] = value.collect(where=kept)
    parts |= {f"h{i}_{j}": count_if(value == v) for j, v in enumerate(asked.counted)}
    for k, (first, last) in enumerate(asked.intervals):
        if first > LEAST and last < MOST:
            parts[f"b{i}_{k}"] = count_if(whole < first)
    return parts


def _symmetric(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Make two ends and a middle symmetric: ``~m`` to ``m``, and from ``d`` and ``~d`` outward.

    Other intervals stay as they are, and so do these where many more values would be kept.
    """
    if len(intervals) != 3 or intervals[0][0] != LEAST or intervals[2][1] != MOST:
        return intervals
    (_, left), (low, high), (right, _) = intervals
    middle, end = max(high, ~low), min(right, ~left)
    end -= (middle + end) % 2
    if not 0 <= middle < end or 4 * middle > 3 * (high - low) or 10 * end < 9 * max(right, ~left):
        return intervals
    return _mirrored(middle, end)


def _mirrored(middle: int, end: int) -> list[tuple[int, int]]:
    return [(LEAST, ~end), (~middle, middle), (end, MOST)]


def _inside(whole: Any, intervals: list[tuple[int, int]]) -> Any:
    """Whether whole numbers are in one of the intervals; one comparison if they are symmetric."""
    middle, end = intervals[len(intervals) // 2][1], intervals[-1][0]
    if intervals == _mirrored(middle, end) and (middle + end) % 2 == 0:
        # As an absolute value, without its overflow.
        size = whole ^ (whole >> 63)
        return (size - (middle + end) // 2).abs() >= (end - middle) // 2
    return functools.reduce(operator.or_, (_between(whole, *one) for one in intervals))


def _between(whole: Any, first: int, last: int) -> Any:
    if first == LEAST:
        return whole <= last
    return whole >= first if last == MOST else whole.between(first, last)


def _row(found: Any) -> dict[str, Any]:
    """The only row of an aggregate, lists of numbers as arrays."""
    row: dict[str, Any] = {}
    for name, column in zip(found.column_names, found.columns, strict=True):
        cell = column[0]
        row[name] = cell.values if hasattr(cell, "values") else cell.as_py()
    return row


def _count_special(table: Table, names: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """Count finite values, minus and plus infinities, and NaN of some columns."""
    if not names:
        return {}
    parts: dict[str, Any] = {}
    for i, name in enumerate(names):
        value = table[name].cast("float64")
        parts |= {f"n{i}": finite(value).count(), f"b{i}": (value == -math.inf).sum()}
        parts |= {f"a{i}": (value == math.inf).sum(), f"all{i}": value.count()}
    row = one_row(table.aggregate(**parts))
    found = {}
    for i, name in enumerate(names):
        n, below, above = (int(row[f"{key}{i}"] or 0) for key in "nba")
        found[name] = n, below, above, int(row[f"all{i}"]) - n - below - above
    return found


def _pieces(i: int, row: Mapping[str, Any], n: int, asked: ProfileRequest) -> tuple[Piece, ...]:
    """The pieces of a column: in turn only counted, and known value by value."""
    kept = row.get(f"v{i}")
    values = np.empty(0) if kept is None else kept.to_numpy(zero_copy_only=False)
    places = asked.frame.whole(values)
    often = [(v, asked.frame.place(v), row[f"h{i}_{j}"]) for j, v in enumerate(asked.counted)]
    pieces: list[Piece] = []
    seen, at = 0, LEAST
    for k, (first, last) in enumerate(asked.intervals):
        inner = values[(places >= first) & (places <= last)]
        heavy = {v: int(count or 0) for v, p, count in often if first <= p <= last}
        known = Piece(first, len(inner), inner, heavy)
        if first > at:
            before = n - known.total if last == MOST else int(row[f"b{i}_{k}"] or 0)
            pieces.append(Piece(at, before - seen))
            seen = before
        pieces.append(known)
        seen, at = seen + known.total, last + 1
    return (*pieces, Piece(at, n - seen)) if at <= MOST else tuple(pieces)
