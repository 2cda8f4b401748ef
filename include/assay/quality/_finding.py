"""Findings, and the one place where values of classified columns are left out of results."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from assay.quality._registry import entry_of
from assay.quality._suite import Expectation
from assay.verdict import NOT_JUDGED, Outcome

SHOWN: Final = 20
_ROWS: Final = "partial_unexpected_index_list"
_COUNTS: Final = frozenset({
    "element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent",
    "unexpected_percent_total", "unexpected_percent_nonmissing", _ROWS,
})  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """The result of one expectation.

    Read ``state`` first: what became of it, in which nothing to judge is no PASS. ``verdict`` is
    what it does to the batch: PASS, or by its severity FAIL, WARN or PASS if unmet, INCONCLUSIVE
    where it couldn't be judged (then ``problem`` says why). ``quarantines`` is true for an unmet
    critical expectation of rows, whose failing rows are set aside.
    """

    expectation: Expectation
    success: bool
    engine: str
    result: Mapping[str, Any] = field(default_factory=dict)
    row_level: bool = False
    problem: str | None = None

    @property
    def verdict(self) -> Outcome:
        """The outcome of this expectation alone."""
        if self.problem is not None:
            return Outcome.INCONCLUSIVE
        if self.success:
            return Outcome.PASS
        unmet = {"critical": Outcome.FAIL, "warning": Outcome.WARN}
        return unmet.get(self.expectation.severity, Outcome.PASS)

    @property
    def not_judged(self) -> str | None:
        """Why nothing was judged; None where something was.

        An expectation of values that finds no value is met, as Great Expectations has it, and
        says nothing of the batch.
        """
        if self.problem is not None:
            return self.problem
        total, missing = (self.result.get(k) for k in ("element_count", "missing_count"))
        if total is None or int(total) > int(missing or 0):
            return None
        return "every value is missing" if int(total) else "there is no row"

    @property
    def state(self) -> str:
        """Its verdict's word, ``UNMET`` for mere information, or ``NOT JUDGED``."""
        if self.not_judged is not None:
            return NOT_JUDGED
        return self.verdict.value if self.success or self.verdict is not Outcome.PASS else "UNMET"

    @property
    def quarantines(self) -> bool:
        """Whether its failing rows go to quarantine."""
        return self.row_level and self.verdict is Outcome.FAIL

    def document(self, redact: Collection[str], *, rows: bool = True) -> dict[str, Any]:
        """Great Expectations' result of it, with ``engine`` and ``verdict`` beside.

        Values of the columns to redact, and whatever could show one, are left out here; without
        ``rows`` the row numbers too.
        """
        e = self.expectation
        secret = touches(e, redact)
        result = redacted(e.type, self.result) if secret else dict(self.result)
        if not rows:
            result.pop(_ROWS, None)
        config: dict[str, Any] = {"type": e.type, "kwargs": e.arguments, "meta": dict(e.meta)}
        more = {"severity": e.severity, "notes": e.notes, "id": e.id}
        config |= {k: v for k, v in more.items() if v is not None}
        raised = self.problem is not None
        return {
            "success": self.success,
            "expectation_config": plain(config),
            "result": plain(result),
            "meta": plain(dict(e.meta)),
            "exception_info": {
                "raised_exception": raised,
                "exception_message": self.problem,
                "exception_traceback": "" if raised else None,
            },
            "engine": self.engine,
            "verdict": self.verdict.value,
            "state": self.state,
            "not_judged": self.not_judged,
        }


def touches(e: Expectation, columns: Collection[str]) -> bool:
    """Whether an expectation reads one of the columns, or could, as a query can."""
    if not columns:
        return False
    if entry_of(e.type).reads_all:
        return True
    if e.columns_read & set(columns):
        return True
    return not e.columns_read and not e.type.startswith("expect_table_")


def redacted(kind: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without values: counts, shares and row numbers only.

    Examples
    --------
    >>> redacted("expect_column_max_to_be_between", {"observed_value": 81})
    {'redacted': True}
    """
    observed = entry_of(kind).observed
    if observed == "columns":
        return dict(result)
    kept = _COUNTS | {"observed_value"} if observed == "count" else _COUNTS
    return {k: v for k, v in result.items() if k in kept} | {"redacted": True}


def countable(
    e: Expectation, result: Mapping[str, Any], redact: Collection[str]
) -> Mapping[str, Any]:
    """The result without a number that a query computes, where it may spell a redacted value."""
    if result.get("rows_of") == "query" and touches(e, redact):
        return {"rows_of": "query", "redacted": True}
    return result


def with_rows(
    e: Expectation, result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], row: str
) -> dict[str, Any]:
    """The result with the first failing values and row numbers, in Great Expectations' keys."""
    values: list[Any]
    if "column_list" in e.kwargs:
        values = [{c: r[c] for c in e.columns} for r in rows]
    elif len(e.columns) == 2:
        values = [tuple(r[c] for c in e.columns) for r in rows]
    else:
        values = [r.get(c) for r in rows for c in e.columns]
    counts = Counter(
        tuple(v.values()) if isinstance(v, dict) else tuple(v) if isinstance(v, list) else v
        for v in map(plain, values)
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return dict(result) | {
        "partial_unexpected_list": values,
        "partial_unexpected_counts": [
            {"value": list(v) if isinstance(v, tuple) else v, "count": n} for v, n in ordered
        ],
        _ROWS: [r[row] for r in rows],
    }


def plain(value: Any) -> Any:  # noqa: PLR0911 - a line a type
    """A value as JSON has it: moments as ISO text, decimals as numbers, NaN as null.

    Examples
    --------
    >>> plain({"a": (Decimal("2"), dt.date(2013, 2, 4), float("nan"))})
    {'a': [2, '2013-02-04', None]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat() if value == value else None  # NaT  # noqa: PLR0124
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if hasattr(value, "item"):  # a number of numpy's
        return plain(value.item())
    return value.hex() if isinstance(value, bytes) else str(value)
