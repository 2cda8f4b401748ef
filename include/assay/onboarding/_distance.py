"""How far the parts of one sample lie apart: what a first limit on drift is derived from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from assay.onboarding._profile import ColumnProfile, Profile, ordered

PARTS: Final = 4
_LEAST_ROWS: Final = 40
_MOST_ROWS: Final = 200_000
_MOST_CATEGORIES: Final = 20


def is_category(column: ColumnProfile) -> bool:
    """Whether a column is compared by its levels rather than by its order."""
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


def measure_distances(table: Any, profile: Profile) -> dict[str, float]:
    """The largest distance of any of four consecutive parts of the sample from the rest.

    Kolmogorov–Smirnov's D for ordered columns, the Jensen–Shannon distance (base 2) for levels
    with missing as a level. Empty for a sample of fewer than 40 rows.
    """
    columns = comparable(profile)
    if profile.rows < _LEAST_ROWS or not columns:
        return {}
    frame = ordered(table, [c.name for c in columns], _MOST_ROWS)
    part = np.arange(len(frame)) * PARTS // len(frame)
    found = {}
    for column in columns:
        values = frame[column.name]
        measure = _jensen_shannon if is_category(column) else _ks
        found[column.name] = max(
            measure(values[part == i], values[part != i]) for i in range(PARTS)
        )
    return found


def _ks(one: Any, other: Any) -> float:
    a, b = (np.sort(v.dropna().to_numpy(dtype=float)) for v in (one, other))
    if not len(a) or not len(b):
        return 0.0
    at = np.concatenate([a, b])
    gap = np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)
    return float(np.abs(gap).max())


def _jensen_shannon(one: Any, other: Any) -> float:
    counts = pd.concat(
        [v.value_counts(dropna=False, normalize=True) for v in (one, other)], axis=1
    ).fillna(0.0)
    p, q = counts.to_numpy(dtype=float).T
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.nansum(v * np.log2(v / middle)) for v in (p, q)]
    return float(np.sqrt(max(0.0, sum(terms) / 2)))
