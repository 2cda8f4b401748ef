"""A column whose level follows from another column's."""

from __future__ import annotations

from typing import Any, Final

from assay.onboarding.evidence._column_pairs import find_determined
from assay.onboarding.evidence._level_list import list_of
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal

_MOST_PAIRS: Final = 200


def propose_pairs(context: TableContext) -> Found:
    """Propose the pairs of levels that occur, where one column determines the other."""
    for found in find_determined(context.session, context.evidence, context.sample):
        known = list_of(found.pairs)
        if len(found.pairs) > _MOST_PAIRS or known.why_open:
            continue
        kwargs: dict[str, Any] = {
            "column_A": found.by, "column_B": found.column,
            "value_pairs_set": [list(pair) for pair in found.pairs],
            "ignore_row_if": "either_value_is_missing",
        }  # fmt: skip
        if known.mostly < 1:
            kwargs["mostly"] = known.mostly
        unseen = known.unseen
        yield Proposal(
            "expect_column_pair_values_to_be_in_set", kwargs,
            f"Each level of {found.by} has one level of {found.column}: {len(found.pairs)} pairs "
            f"in {unseen.n} rows, the rarest in {known.rarest}.",
            {"n": unseen.n, "pairs": len(found.pairs), "rarest": known.rarest,
             "seen_once": unseen.once, "chao1": round(unseen.richness, 1)},
        )  # fmt: skip
