"""The distances between batches, or the parts of one sample, that first drift limits come from."""

from __future__ import annotations

import math
from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis import Table

from assay.engine import BATCH, ROW, Session
from assay.onboarding.evidence._predicted_distance import (
    SAMPLED_ORDER,
    BatchDistance,
    predicted_distance,
    sampled_levels,
)
from assay.onboarding.evidence._sample import ColumnProfile, Distances, Profile

PARTS: Final = 4
BLOCKS: Final = 32
_LEAST_ROWS: Final = 40
_MOST_ROWS: Final = 200_000
_MOST_CATEGORIES: Final = 20
_STANDS_OUT: Final = 2.0
MOST_COMPARED: Final = 200
"""Columns that a drafted policy compares: of thousands of tests none finds a shift."""


def is_category(column: ColumnProfile) -> bool:
    """Whether a column is compared by its levels and not by its order."""
    return column.type == "boolean" or column.distinct <= _MOST_CATEGORIES


def comparable(profile: Profile) -> list[ColumnProfile]:
    """Columns that can drift: no keys, identifiers, dates, constants, free texts, nor the batch."""
    return [
        c
        for c in profile.columns
        if c.name not in profile.keys
        and c.guess != "identifier"
        and c.type not in {"date", "timestamp"}
        and c.distinct > 1
        and c.name not in profile.restated
        and (c.type != "string" or is_category(c))
    ]


def measure_distances(session: Session, table: Table, profile: Profile, batches: int) -> Distances:
    """The largest distance of any batch from the others, by column; of one batch, of its parts.

    Kolmogorov–Smirnov's D for ordered columns, the Jensen–Shannon distance (base 2) for levels
    with missing as a level. Of several batches, also the distance that the next one is predicted
    to keep below. Empty for a sample of fewer than 40 rows.

    Notes
    -----
    Rows of a file are seldom in random order: four consecutive parts of a file that is sorted by
    an amount have nothing in common, whatever other days are like. So the file is cut into 32
    blocks of consecutive rows, which are dealt in turn to four parts. A column whose consecutive
    parts differ much more than these goes with the order of the rows.

    Of more than 200 000 rows every second, third … is compared, of several batches about as many
    rows of each.
    """
    columns = comparable(profile)[:MOST_COMPARED]
    if profile.rows < _LEAST_ROWS or not columns:
        return Distances(batches=batches)
    frame = _some_rows(session, table, columns, batches)
    if batches == 1:
        return _between_parts(frame, columns)
    part = frame[BATCH].to_numpy()
    found = {c.name: _from_the_rest(frame, c, part) for c in columns}
    return Distances(
        {name: max(d.value for d in each) for name, each in found.items()},
        batches=batches,
        predicted={name: predicted_distance(each) for name, each in found.items()},
    )


def _some_rows(
    session: Session, table: Table, columns: list[ColumnProfile], batches: int
) -> pd.DataFrame:
    """The rows in their order; of very many, those at equal steps within each batch."""
    batch = [BATCH] if batches > 1 else []
    if batch:
        counted = session.rows(table.group_by(BATCH).aggregate(n=table.count()).order_by(BATCH))
        rows = {row[BATCH]: int(row["n"]) for row in counted}
    else:
        rows = {0: int(session.value(table.count()))}
    if sum(rows.values()) > _MOST_ROWS:
        steps = {b: math.ceil(n * batches / _MOST_ROWS) for b, n in rows.items()}
        step = ibis.cases(*((table[BATCH] == b, k) for b, k in steps.items()), else_=1) if batch \
            else ibis.literal(steps[0])  # fmt: skip
        table = table.filter(table[ROW] % step == 0)
    some = table.select(ROW, *batch, *(c.name for c in columns)).order_by(*batch, ROW)
    return session.arrow(some).to_pandas()


def _between_parts(frame: pd.DataFrame, columns: list[ColumnProfile]) -> Distances:
    """The distances between the parts of one batch, and the columns that go with its order."""
    place = np.arange(len(frame))
    dealt = place * BLOCKS // len(frame) % PARTS
    found = {c.name: _largest(frame, c, dealt) for c in columns}
    least = _by_chance(len(frame))
    follow = {
        c.name for c in columns
        if _largest(frame, c, place * PARTS // len(frame)) > max(
            _STANDS_OUT * found[c.name], _STANDS_OUT * least)
    }  # fmt: skip
    is_sorted = {c.name for c in columns if c.name in follow and _is_sorted(frame[c.name])}
    named = [c.name for c in columns]
    return Distances(
        found,
        sorted_by=tuple(n for n in named if n in is_sorted),
        ordered=tuple(n for n in named if n in follow - is_sorted),
    )


def _by_chance(rows: int) -> float:
    """What D of a random part from the rest exceeds in one of a hundred cases."""
    part = rows / PARTS
    return 1.63 * float(np.sqrt(1 / part + 1 / (rows - part)))


def _is_sorted(values: pd.Series) -> bool:
    there = values.dropna()
    return bool(there.is_monotonic_increasing or there.is_monotonic_decreasing)


def _largest(frame: pd.DataFrame, column: ColumnProfile, part: np.ndarray) -> float:
    """The largest distance of any part from the rest."""
    return max(d.value for d in _from_the_rest(frame, column, part))


def _from_the_rest(
    frame: pd.DataFrame, column: ColumnProfile, part: np.ndarray
) -> list[BatchDistance]:
    """The distance of each part from the rest, with what sampling alone adds to its square."""
    values, levels, parts = frame[column.name], is_category(column), np.unique(part)
    if not levels:
        ordered = values.dropna().to_numpy(dtype=float)
        order = np.argsort(ordered)
        part, ordered = part[values.notna().to_numpy()][order], ordered[order]
    of_one = sampled_levels(values.nunique(dropna=False)) if levels else SAMPLED_ORDER
    found = []
    for i in parts:
        inside = part == i
        n = int(inside.sum())
        m = len(inside) - n
        by_chance = of_one * (1 / n + 1 / m) if n and m else 0.0
        distance = (_jensen_shannon(values[inside], values[~inside]) if levels
                    else _kolmogorov_smirnov(ordered, inside))  # fmt: skip
        found.append(BatchDistance(distance, by_chance))
    return found


# scipy has both distances, but importing it takes as long as drafting a small data set.
def _kolmogorov_smirnov(ordered: np.ndarray, inside: np.ndarray) -> float:
    """D between some of the values, which are in ascending order, and the others."""
    n = int(inside.sum())
    m = len(inside) - n
    if not n or not m:
        return 0.0
    last_of_ties = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    below = np.cumsum(inside)[last_of_ties]
    gap = below / n - (last_of_ties + 1 - below) / m
    return float(np.abs(gap).max())


def _jensen_shannon(one: pd.Series, other: pd.Series) -> float:
    counts = [v.value_counts(dropna=False, normalize=True) for v in (one, other)]
    p, q = pd.concat(counts, axis=1).fillna(0.0).to_numpy(dtype=float).T
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.nansum(v * np.log2(v / middle)) for v in (p, q)]
    return float(np.sqrt(max(0.0, sum(terms) / 2)))
