"""What is expected of a whole table: its columns, rows, and how columns depend on each other."""

from __future__ import annotations

import math
from typing import Any, Final

from assay.onboarding.evidence._column_pairs import find_determined, find_key, find_orders
from assay.onboarding.evidence._level_list import list_of
from assay.onboarding.evidence._versions import LEAST_VERSIONS, prediction_band
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal, Remark, Stage

ROW_COUNT = "expect_table_row_count_to_be_between"
_MOST_PAIRS: Final = 200


def propose_columns(context: TableContext) -> Found:
    """Propose that a table has these columns and no others."""
    names = [*context.evidence.columns, *context.evidence.unnamed_types]
    yield Proposal(
        "expect_table_columns_to_match_set", {"column_set": names, "exact_match": True},
        f"The {len(names)} columns of the data.", {"columns": len(names)}, severity="critical",
    )  # fmt: skip


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


TABLE_RULES: Final = (propose_columns, propose_row_count)
PAIR_RULES: Final = (propose_orders, propose_pairs, propose_key)
