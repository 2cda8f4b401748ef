"""What the compiler doesn't know, on Great Expectations, up to a number of rows."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Any, Final

import ibis

from assay.errors import SuiteError, did_you_mean
from assay.quality._failing_rows import Judged
from assay.quality._finding import SHOWN, Finding, touches
from assay.quality._frame import Frame
from assay.quality._suite import Expectation
from assay.quality.gx import _door

_FIRST: Final = frozenset({"partial_unexpected_list", "partial_unexpected_counts"})


def judged_by_gx(
    frame: Frame, expectations: Sequence[Expectation], cap: int | None, redact: Collection[str]
) -> list[Judged]:
    """Judge on Great Expectations; findings in the order of the expectations.

    Raises
    ------
    SuiteError
        If it doesn't know a type: it would drop the expectation and pass.
    """
    unknown = [e for e in expectations if not _door.knows(e.type)]
    if unknown:
        raise SuiteError(
            "neither Assay nor Great Expectations knows this expectation",
            where=unknown[0].where, got=unknown[0].type,
            do=did_you_mean(unknown[0].type, _door.known_types()) or None,
        )  # fmt: skip
    rows = int(frame.value(frame.table.count()))
    if cap is not None and rows > cap:
        problem = f"only Great Expectations knows it, and {rows} rows are more than {cap}"
        return [Judged(Finding(e, False, "gx", problem=problem)) for e in expectations]
    data = frame.session.arrow(frame.table.order_by(frame.row).select(frame.row, *frame.columns))
    numbers = data.column(frame.row).to_pylist()
    outcomes = _door.run(data.drop_columns([frame.row]).to_pandas(), expectations)
    return [
        _from_gx(frame, e, outcome, numbers, redact)
        for e, outcome in zip(expectations, outcomes, strict=True)
    ]


def _from_gx(
    frame: Frame, e: Expectation, outcome: Any, numbers: list[int], redact: Collection[str]
) -> Judged:
    if outcome.problem is not None:
        problem = outcome.problem
        if touches(e, redact):
            problem = "Great Expectations couldn't judge it"
        return Judged(Finding(e, False, "gx", problem=problem))
    result = dict(outcome.result)
    places = result.pop("unexpected_index_list", None)
    for key in ("unexpected_list", "unexpected_index_query"):
        result.pop(key, None)
    if places is None:
        return Judged(Finding(e, outcome.success, "gx", result))
    failing = [numbers[p] for p in places]
    shown = _shown(frame, len(failing))
    result["partial_unexpected_index_list"] = [failing[i] for i in shown]
    if frame.seed is not None:  # it shows the first failing values, and keeps no others
        result = {k: v for k, v in result.items() if k not in _FIRST}
    flag = ibis.literal(False)
    if failing:
        rows = frame.keep(ibis.memtable({"__row": failing}, schema={"__row": "int64"}))
        flag = frame.table[frame.row].isin(rows["__row"])
    return Judged(Finding(e, outcome.success, "gx", result, row_level=True), flag)


def _shown(frame: Frame, failing: int) -> list[int]:
    """Which of the failing rows a result shows: the first ones, or those that the seed draws."""
    places = range(failing)
    if frame.seed is None:
        return list(places[:SHOWN])
    drawn = random.Random(frame.seed)  # noqa: S311 - its seed is the secret
    return drawn.sample(places, min(SHOWN, failing))
