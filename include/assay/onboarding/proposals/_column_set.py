"""The columns that a table has."""

from __future__ import annotations

from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal


def propose_columns(context: TableContext) -> Found:
    """Propose that a table has these columns and no others."""
    names = [*context.evidence.columns, *context.evidence.unnamed_types]
    yield Proposal(
        "expect_table_columns_to_match_set", {"column_set": names, "exact_match": True},
        f"The {len(names)} columns of the data.", {"columns": len(names)}, severity="critical",
    )  # fmt: skip
