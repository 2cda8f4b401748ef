"""The mean of a column, by how much the earlier batches' means differ."""

from __future__ import annotations

import math

from assay.onboarding.evidence._column_names import names_code
from assay.onboarding.evidence._versions import LEAST_VERSIONS, prediction_band
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_mean(context: ColumnContext) -> Found:
    """Propose a band for the next batch's mean."""
    column, name = context.column, context.name
    means = [v.means[name] for v in context.of.versions if name in v.means]
    if column.mean is None or len(means) < LEAST_VERSIONS:
        return
    if context.names_batch or context.listed or column.unique or names_code(name):
        return
    low, high = _rounded(*prediction_band(means))
    if not low <= column.mean <= high:
        yield Remark(name, f"its mean {column.mean:.6g} is outside {low:g} to {high:g}, "
                     f"the interval that {len(means)} earlier batches predict")  # fmt: skip
        return
    yield Proposal(
        "expect_column_mean_to_be_between",
        context.kwargs(min_value=low, max_value=high),
        f"The means of {len(means)} earlier batches are between {min(means):.6g} and "
        f"{max(means):.6g}; the 99 % prediction interval of the next one's.",
        {"batches": len(means), "least": min(means), "most": max(means), "mean": column.mean},
        "clean",
    )  # fmt: skip


def _rounded(low: float, high: float) -> tuple[float, float]:
    unit = 10.0 ** (math.floor(math.log10((high - low) or abs(high) or 1.0)) - 2)
    return (
        float(f"{math.floor(low / unit) * unit:.12g}"),
        float(f"{math.ceil(high / unit) * unit:.12g}"),
    )
