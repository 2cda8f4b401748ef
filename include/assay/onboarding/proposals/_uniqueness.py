"""The uniqueness of a column."""

from __future__ import annotations

from typing import Final

from assay.onboarding.evidence._column_names import names_key
from assay.onboarding.proposals._context import ColumnContext, Found
from assay.onboarding.proposals._proposal import Proposal

_LEAST_ROWS: Final = 100


def propose_unique(context: ColumnContext) -> Found:
    """Propose that no value occurs twice, if enough rows or the name suggest a key."""
    n = context.present
    if context.column.unique and (n >= _LEAST_ROWS or names_key(context.name)):
        yield Proposal(
            "expect_column_values_to_be_unique", context.kwargs(),
            f"No value occurs twice in {n} rows.", {"n": n, "distinct": n},
        )  # fmt: skip
