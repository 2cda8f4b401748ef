"""The order of two columns."""

from __future__ import annotations

from assay.onboarding.evidence._column_pairs import find_orders
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal


def propose_orders(context: TableContext) -> Found:
    """Propose that one column is never above another."""
    for order in find_orders(context.session, context.evidence, context.sample):
        yield Proposal(
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": order.high, "column_B": order.low, "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            f"It is so in each of {order.n} rows (equal in {order.equal}); if the columns were "
            f"unrelated, {order.by_chance:.0%} of the rows would be out of order.",
            {"n": order.n, "equal": order.equal, "by_chance": order.by_chance},
        )  # fmt: skip
