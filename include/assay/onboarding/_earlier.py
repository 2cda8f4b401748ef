"""What earlier versions of a data set say of the next: how much ordinary batches differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ibis import Table

from assay.engine import Session, quoted, round12
from assay.onboarding._survey import Survey, Told, rows_of, silent, viewed

LEAST_VERSIONS: Final = 4
"""With fewer batches their spread is hardly known."""
_CHANCE: Final = 0.01


@dataclass(frozen=True)
class Version:
    """One earlier version: its rows, and of each column nulls, mean, extremes and levels."""

    label: str
    rows: int
    nulls: Mapping[str, int]
    means: Mapping[str, float]
    lows: Mapping[str, float]
    highs: Mapping[str, float]
    levels: Mapping[str, Mapping[Any, int]] = field(repr=False)


def measure_earlier(
    session: Session, versions: Sequence[tuple[str, Any]], survey: Survey, told: Told = silent
) -> list[Version]:
    """Measure earlier versions, one scan each, and one more a column that has levels."""
    found = []
    for i, (label, table) in enumerate(versions):
        told(f"earlier version {i + 1} of {len(versions)}: {label}")
        found.append(_version(session, label, table, survey))
    return found


def _version(session: Session, label: str, table: Table, survey: Survey) -> Version:
    source, types, _ = viewed(session, table)
    same = {n for n, (kind, _) in types.items() if n in survey.columns
            and survey.columns[n].type == kind}  # fmt: skip
    parts = ["count(*) AS rows"]
    numbers = [n for n in types if n in same and survey.columns[n].numeric
               and not survey.columns[n].hidden]  # fmt: skip
    for i, name in enumerate(types):
        parts.append(f"count({quoted(name)}) AS n{i}")
        if name in numbers:
            q = f"{quoted(name)}::DOUBLE"
            parts += [f"avg({q}) AS a{i}", f"min({q}) AS l{i}", f"max({q}) AS h{i}"]
    row = rows_of(session, f"SELECT {', '.join(parts)} FROM {source}")[0]  # noqa: S608
    rows, at = int(row["rows"]), {n: i for i, n in enumerate(types)}
    listed = [n for n in types if n in same and survey.columns[n].levels is not None]
    return Version(
        label, rows,
        nulls={n: rows - int(row[f"n{at[n]}"]) for n in types},
        means=_finite({n: row[f"a{at[n]}"] for n in numbers}),
        lows=_finite({n: row[f"l{at[n]}"] for n in numbers}),
        highs=_finite({n: row[f"h{at[n]}"] for n in numbers}),
        levels={
            n: _levels(session, source, n, padded=survey.columns[n].padded > 0) for n in listed
        },
    )  # fmt: skip


def _finite(values: Mapping[str, float | None]) -> dict[str, float]:
    return {n: round12(v) for n, v in values.items() if v is not None and math.isfinite(v)}


def _levels(session: Session, source: str, name: str, *, padded: bool) -> dict[Any, int]:
    q = quoted(name)
    level = f"trim({q})" if padded else q
    sql = (
        f"SELECT {level} AS level, count(*) AS n FROM {source} WHERE {q} IS NOT NULL GROUP BY ALL "  # noqa: S608
        "ORDER BY n DESC, level LIMIT 1000"
    )
    return {r["level"]: int(r["n"]) for r in rows_of(session, sql)}


def prediction_band(values: Sequence[float]) -> tuple[float, float]:
    """Where the next batch's number lies with probability .99, by how much the earlier ones differ.

    Notes
    -----
    mean ± t(.995, v − 1) · s · √(1 + 1/v) for v batches whose numbers are about normal: a
    prediction interval, wider than a confidence interval of their mean. It knows nothing of trend
    or season.

    References
    ----------
    Hahn, G. J., & Meeker, W. Q. (1991). Statistical Intervals: A Guide for Practitioners, ch. 4.
    Wiley. doi:10.1002/9780470316771

    Examples
    --------
    >>> [round(x, 3) for x in prediction_band([9.0, 10.0, 11.0, 10.0])]
    [4.668, 15.332]
    """
    from scipy.stats import t

    v = len(values)
    mean = math.fsum(values) / v
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (v - 1))
    half = float(t.ppf(1 - _CHANCE / 2, v - 1)) * spread * math.sqrt(1 + 1 / v)
    return mean - half, mean + half
