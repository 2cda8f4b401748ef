"""The distribution of each column in a few exact numbers, by one scan."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, Final

import ibis

from assay.engine import Session, round12
from assay.verdict import Frozen

_QUANTILES: Final = [0.0, 0.25, 0.5, 0.75, 1.0]


class ColumnSummary(Frozen):
    """One column of one table; NaN counts as null.

    Parameters
    ----------
    null_share : float, optional
        None for a table without rows.
    distinct : int
        Different values.
    mean : float, optional
        Of numbers; of booleans the share of true. None for other types, for classified columns,
        without values, and where it isn't finite.
    quantiles : tuple of float, optional
        Least, quartiles (interpolated) and greatest; None where ``mean`` is, and for booleans.
    """

    rows: int
    nulls: int
    null_share: float | None
    distinct: int
    mean: float | None = None
    quantiles: tuple[float | None, ...] | None = None


def measure_columns(
    session: Session, table: ibis.Table, classified: Collection[str]
) -> dict[str, ColumnSummary]:
    """Summarise every column of a table; classified ones by counts alone."""
    if not table.columns:
        return {}
    wanted: dict[str, Any] = {"rows": table.count()}
    for i, name in enumerate(table.columns):
        column: Any = table[name]
        if column.type().is_floating():
            column = ibis.ifelse(column.isnan(), None, column)
        wanted[f"nulls{i}"] = column.isnull().sum()
        wanted[f"distinct{i}"] = column.nunique()
        if name in classified:
            continue
        if column.type().is_numeric() or column.type().is_boolean():
            wanted[f"mean{i}"] = column.cast("float64").mean()
        if column.type().is_numeric():
            wanted[f"quantiles{i}"] = column.cast("float64").quantile(_QUANTILES)
    found = session.one(table.aggregate(**wanted))
    return {name: _summary(found, i) for i, name in enumerate(table.columns)}


def _summary(found: dict[str, Any], i: int) -> ColumnSummary:
    rows, nulls = int(found["rows"]), int(found[f"nulls{i}"] or 0)
    quantiles = found.get(f"quantiles{i}")
    return ColumnSummary(
        rows=rows,
        nulls=nulls,
        null_share=round12(nulls / rows) if rows else None,
        distinct=int(found[f"distinct{i}"]),
        mean=_finite(found.get(f"mean{i}")),
        quantiles=tuple(_finite(q) for q in quantiles) if quantiles else None,
    )


def _finite(value: float | None) -> float | None:
    return round12(value) if value is not None and math.isfinite(value) else None
