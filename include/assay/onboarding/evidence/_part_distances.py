"""The distances between the parts of one sample, from which first limits on drift are derived."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from ibis import Table

from assay.engine import ROW, Session
from assay.onboarding.evidence._sample import ColumnProfile, Profile

PARTS: Final = 4
_LEAST_ROWS: Final = 40
_MOST_ROWS: Final = 200_000
_MOST_CATEGORIES: Final = 20


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


def measure_distances(session: Session, table: Table, profile: Profile) -> dict[str, float]:
    """The largest distance of any of four consecutive parts of the sample from the rest.

    Kolmogorov–Smirnov's D for ordered columns, the Jensen–Shannon distance (base 2) for levels
    with missing as a level. Empty for a sample of fewer than 40 rows.
    """
    columns = comparable(profile)
    if profile.rows < _LEAST_ROWS or not columns:
        return {}
    first = table.select(ROW, *(c.name for c in columns)).order_by(ROW).limit(_MOST_ROWS)
    frame = session.arrow(first).to_pandas()
    part = np.arange(len(frame)) * PARTS // len(frame)
    found = {}
    for column in columns:
        values = frame[column.name]
        measure = _jensen_shannon if is_category(column) else _kolmogorov_smirnov
        found[column.name] = max(
            measure(values[part == i], values[part != i]) for i in range(PARTS)
        )
    return found


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
