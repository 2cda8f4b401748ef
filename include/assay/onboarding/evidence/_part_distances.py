"""The distances between batches, or the parts of one sample, that first drift limits come from."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from ibis import Table

from assay.engine import BATCH, ROW, Session
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
    """Columns that can drift: not keys, not identifiers, not dates, not constant, not free text."""
    return [
        c
        for c in profile.columns
        if c.name not in profile.keys
        and c.guess != "identifier"
        and c.type not in {"date", "timestamp"}
        and c.distinct > 1
        and (c.type != "string" or is_category(c))
    ]


def measure_distances(session: Session, table: Table, profile: Profile) -> Distances:
    """The largest distance of any batch from the others, by column; of one batch, of its parts.

    Kolmogorov–Smirnov's D for ordered columns, the Jensen–Shannon distance (base 2) for levels
    with missing as a level. Empty for a sample of fewer than 40 rows.

    Notes
    -----
    Rows of a file are seldom in random order: four consecutive parts of a file that is sorted by
    an amount have nothing in common, whatever other days are like. So the file is cut into 32
    blocks of consecutive rows, which are dealt in turn to four parts. A column whose consecutive
    parts differ much more than these goes with the order of the rows.
    """
    columns = comparable(profile)[:MOST_COMPARED]
    if profile.rows < _LEAST_ROWS or not columns:
        return Distances()
    batch = [BATCH] if BATCH in table.columns else []
    first = table.select(ROW, *batch, *(c.name for c in columns)).order_by(ROW).limit(_MOST_ROWS)
    frame = session.arrow(first).to_pandas()
    if batch and frame[BATCH].nunique() > 1:
        part = frame[BATCH].to_numpy()
        return Distances({c.name: _largest(frame, c, part) for c in columns},
                         batches=frame[BATCH].nunique())  # fmt: skip
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
    values = frame[column.name]
    measure = _jensen_shannon if is_category(column) else _kolmogorov_smirnov
    return max(measure(values[part == i], values[part != i]) for i in np.unique(part))


# scipy has both distances, but importing it takes as long as drafting a small data set.
def _kolmogorov_smirnov(one: pd.Series, other: pd.Series) -> float:
    a, b = (np.sort(v.dropna().to_numpy(dtype=float)) for v in (one, other))
    if not len(a) or not len(b):
        return 0.0
    at = np.concatenate([a, b])
    gap = np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)
    return float(np.abs(gap).max())


def _jensen_shannon(one: pd.Series, other: pd.Series) -> float:
    counts = [v.value_counts(dropna=False, normalize=True) for v in (one, other)]
    p, q = pd.concat(counts, axis=1).fillna(0.0).to_numpy(dtype=float).T
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.nansum(v * np.log2(v / middle)) for v in (p, q)]
    return float(np.sqrt(max(0.0, sum(terms) / 2)))
