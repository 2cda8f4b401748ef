"""The format of the dates that a text column holds."""

from __future__ import annotations

from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_date_format(context: ColumnContext) -> Found:
    """Propose the only format that reads every text; else remark why there is none."""
    if context.column.type != "string":
        return
    formats, n = context.date_formats, context.present
    if context.padded_numbers:
        yield Remark(context.name, "numbers with spaces around them, so that they are text here; "
                     "with a number type in the contract they are read as numbers")  # fmt: skip
    elif len(formats) > 1:
        yield Remark(context.name, f"dates that each of {' and '.join(formats)} can read")
    elif formats:
        yield Proposal(
            "expect_column_values_to_match_strftime_format",
            context.kwargs(strftime_format=formats[0]),
            f"All {n} values are read by this format.", {"n": n, "covered": n}, context.stage,
        )  # fmt: skip
