"""The first rows that fail, of all checks at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis.common.exceptions as ibis_errors
from ibis.common.annotations import SignatureValidationError

from assay.engine import EngineError, functions
from assay.quality._finding import SHOWN, Finding, touches, with_rows
from assay.quality._frame import Frame

Names = Collection[str]
FAULTS = (
    ibis_errors.IbisError, EngineError, TypeError, ValueError, KeyError, AttributeError,
    OverflowError, IndexError, RecursionError, SignatureValidationError,
)  # fmt: skip
_BEGINNING: Final = 500_000
"""Row numbers among which failing rows are looked for before the rest is read."""


@dataclass(frozen=True)
class Judged:
    """A finding, and which rows fail."""

    finding: Finding
    flag: Any | None = None
    shown: tuple[str, ...] = ()


def with_failing(frame: Frame, judged: Sequence[Judged], redact: Collection[str]) -> list[Judged]:
    """The findings with their first failing rows; values that are redacted aren't read.

    Notes
    -----
    The beginning of the table is searched first, which is enough where many rows fail. Only what
    fails more rarely is searched for in one pass over the whole table. Where the frame has a seed,
    the rows are drawn by it from the whole table, so that they say nothing of the rows' order.
    """
    counts = {
        i: int(j.finding.result.get("unexpected_count") or 0)
        for i, j in enumerate(judged)
        if j.flag is not None
    }
    wanted = {i: judged[i].flag for i, n in counts.items() if n}
    beginning = frame.table[frame.row] < _BEGINNING if frame.seed is None else None
    numbers = _first(frame, wanted, beginning)
    rare = {
        i: f
        for i, f in wanted.items()
        if beginning is not None and len(numbers[i]) < min(SHOWN, counts[i])
    }
    numbers |= _first(frame, rare, None)
    values = _values(frame, judged, numbers, redact)
    return [
        replace(j, finding=_with_rows(frame, j, numbers.get(i, []), values, redact))
        if i in counts else j
        for i, j in enumerate(judged)
    ]  # fmt: skip


def _first(frame: Frame, flags: Mapping[int, Any], within: Any | None) -> dict[int, list[int]]:
    """The least numbers of the rows that each flag is true for, or those that the seed draws."""
    if not flags:
        return {}
    table = frame.table if within is None else frame.table.filter(within)
    number = frame.table[frame.row]
    least = {
        f"r{i}": functions.least_integers(number, SHOWN, where=f)
        if frame.seed is None
        else functions.integers_by_least(
            number, functions.seeded_hash(number, frame.seed), SHOWN, where=f
        )
        for i, f in flags.items()
    }
    found = frame.rows(table.aggregate(**least))[0]
    return {i: found[f"r{i}"] or [] for i in flags}


def _values(
    frame: Frame, judged: Sequence[Judged], numbers: Mapping[int, list[int]], redact: Names
) -> dict[int, dict[str, Any]]:
    """What the columns that may be shown hold in those rows, by row number."""
    open_ones = (judged[i] for i in numbers)
    shown = {c for j in open_ones if not touches(j.finding.expectation, redact) for c in j.shown}
    rows = sorted({n for i, found in numbers.items() if judged[i].shown for n in found})
    if not shown or not rows:
        return {}
    table = frame.table.filter(frame.table[frame.row].isin(rows))
    return {r[frame.row]: r for r in frame.rows(table.select(frame.row, *sorted(shown)))}


def _with_rows(
    frame: Frame, judged: Judged, numbers: list[int], values: Mapping[int, Any], redact: Names
) -> Finding:
    finding, e = judged.finding, judged.finding.expectation
    if touches(e, redact) or (not judged.shown and e.columns):
        return replace(finding, result={**finding.result, "partial_unexpected_index_list": numbers})
    rows = [{frame.row: n, **values.get(n, {})} for n in numbers]
    return replace(finding, result=with_rows(e, finding.result, rows, frame.row))
