"""The number of rows of a batch."""

from __future__ import annotations

import math

from assay.onboarding.evidence._versions import LEAST_VERSIONS, prediction_band
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal, Remark, Stage

ROW_COUNT = "expect_table_row_count_to_be_between"


def at_least_one_row(stage: Stage, **evidence: int) -> Proposal:
    """The expectation that every suite has."""
    why = "A batch without rows can't be judged, so it can't be released."
    return Proposal(ROW_COUNT, {"min_value": 1}, why, evidence, stage, "critical")


def propose_row_count(context: TableContext) -> Found:
    """Propose how many rows a batch has, by how much earlier ones differ."""
    rows = context.evidence.rows
    counts = [v.rows for v in context.versions if v.rows]
    if len(counts) < LEAST_VERSIONS:
        yield at_least_one_row("raw", n=rows)
        return
    low, high = (math.exp(x) for x in prediction_band([math.log(n) for n in counts]))
    low, high = max(1, math.floor(low)), math.ceil(high)
    if not low <= rows <= high:
        yield Remark("the table", f"{rows} rows; {len(counts)} earlier batches predict "
                     f"{low} to {high}")  # fmt: skip
        return
    yield Proposal(
        ROW_COUNT, {"min_value": low, "max_value": high},
        f"{len(counts)} earlier batches have {min(counts)} to {max(counts)} rows; the 99 % "
        "prediction interval of the next one's, by logarithms.",
        {"batches": len(counts), "least": min(counts), "most": max(counts)},
    )  # fmt: skip
