"""The format of the dates that a text column holds."""

from __future__ import annotations

from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal, Remark


def propose_date_format(context: ColumnContext) -> Found:
    """Propose the only format that reads every text; else say why there is none."""
    if context.column.type != "string":
        return
    formats, n = context.date_formats, context.present
    if context.padded_numbers:
        yield Remark(context.name, "numbers with spaces around, so that they are text here; "
                     "a contract that types them reads them as numbers")  # fmt: skip
    elif len(formats) > 1:
        yield Remark(context.name, f"dates of which no day says whether {' and '.join(formats)}")
    elif formats:
        yield Proposal(
            "expect_column_values_to_match_strftime_format",
            context.kwargs(strftime_format=formats[0]),
            f"All {n} values are read by this format.", {"n": n, "covered": n}, context.stage,
        )  # fmt: skip
