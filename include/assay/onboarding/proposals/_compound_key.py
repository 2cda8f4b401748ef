"""A key of several columns."""

from __future__ import annotations

from assay.onboarding.evidence._column_pairs import find_key
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal


def propose_key(context: TableContext) -> Found:
    """Propose a key of two or three columns, where there is no other key."""
    evidence = context.evidence
    if context.keyed or evidence.rows <= 1 or any(c.unique for c in evidence.columns.values()):
        return
    key = find_key(context.session, evidence, context.sample)
    if key is not None:
        yield Proposal(
            "expect_compound_columns_to_be_unique", {"column_list": list(key)},
            f"No column is a key alone; these {len(key)} together are unique in {evidence.rows} "
            "rows.", {"n": evidence.rows, "distinct": evidence.rows},
        )  # fmt: skip
