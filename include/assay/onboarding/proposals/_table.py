"""What is expected of a whole table: its columns, rows, and how columns depend on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from assay.engine.queries import unusual_pairs
from assay.onboarding.evidence._column_pairs import (
    Determined,
    find_determined,
    find_key,
    find_orders,
)
from assay.onboarding.evidence._columns import ColumnEvidence
from assay.onboarding.evidence._data_view import count_repeated
from assay.onboarding.evidence._level_list import LevelList, list_of
from assay.onboarding.evidence._ordinary_share import ordinary_limit
from assay.onboarding.evidence._rounding import lower_limit, rounded_down
from assay.onboarding.evidence._versions import LEAST_VERSIONS, prediction_band
from assay.onboarding.proposals._column_form import is_key
from assay.onboarding.proposals._context import Found, TableContext
from assay.onboarding.proposals._proposal import Proposal, Remark, Stage

ROW_COUNT = "expect_table_row_count_to_be_between"
_COMPOUND: Final = "expect_compound_columns_to_be_unique"
_MOST_PAIRS: Final = 200
_TIMES: Final = 4
_MOST_COMPARED: Final = 100
_FEWEST_COMPARED: Final = 20
_ROWS_OF_A_KEY: Final = 40
_TELLING: Final = 3
_MOST_REPEATED: Final = 0.95


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
        yield _wide_row_count(counts if context.own else [rows, *counts])
        return
    low, high = (math.exp(x) for x in prediction_band([math.log(n) for n in counts]))
    low, high = max(1, math.floor(low)), math.ceil(high)
    if context.own:
        # What is read is in the band anyway: it only says how much the next batch may differ.
        low, high = min(low, *counts), max(high, *counts)
    elif not low <= rows <= high:
        yield Remark("the table", f"{rows} rows; {len(counts)} earlier batches predict "
                     f"{low} to {high}")  # fmt: skip
        return
    yield Proposal(
        ROW_COUNT, {"min_value": low, "max_value": high},
        f"{context.named(len(counts))} have {min(counts)} to {max(counts)} rows; the 99 % "
        "prediction interval of the next one's, by logarithms.",
        {"batches": len(counts), "least": min(counts), "most": max(counts)},
    )  # fmt: skip


def _wide_row_count(counts: Sequence[int]) -> Proposal:
    """How many rows a batch has, where too few batches show how much they differ."""
    low, high = max(1, min(counts) // _TIMES), _TIMES * max(counts)
    what = f"{counts[0]} rows in one batch" if not counts[1:] else (
        f"{min(counts)} to {max(counts)} rows in {len(counts)} batches"
    )  # fmt: skip
    return Proposal(
        ROW_COUNT, {"min_value": low, "max_value": high},
        f"{what}; fewer than {LEAST_VERSIONS} don't show how much batches differ, so from a "
        "quarter to four times of it.",
        {"batches": len(counts), "least": min(counts), "most": max(counts)},
        severity="critical",
    )  # fmt: skip


def propose_orders(context: TableContext) -> Found:
    """Propose that one column is never above another."""
    orders, left = find_orders(context.session, context.evidence, context.sample)
    if left:
        yield Remark("the table", f"{left} more pairs of columns may be in order; too many to try")
    for order in orders:
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
    """Propose that one column follows from another: by a list of the pairs, else by a query."""
    for found in find_determined(context.session, context.evidence, context.sample):
        known = list_of(found.pairs)
        hidden = any(context.evidence.columns[c].hidden for c in (found.by, found.column))
        follows = f"{found.column} follows from {found.by}"
        if not hidden and len(found.pairs) <= _MOST_PAIRS and not known.why_open:
            yield _pairs_in_set(found, known)
        elif found.unusual:
            yield Remark(found.column, f"{follows} in all but {found.unusual} of {found.n} rows: "
                         "are these faults?")  # fmt: skip
        else:
            yield _follows(found)


def _pairs_in_set(found: Determined, known: LevelList) -> Proposal:
    kwargs: dict[str, Any] = {
        "column_A": found.by, "column_B": found.column,
        "value_pairs_set": [list(pair) for pair in found.pairs],
        "ignore_row_if": "either_value_is_missing",
    }  # fmt: skip
    mostly = min(known.mostly, lower_limit(found.n - found.unusual, found.n))
    if found.unusual or known.mostly < 1:
        kwargs["mostly"] = mostly
    other = f"; {found.unusual} rows have another pair: are these faults?" if found.unusual else ""
    unseen = known.unseen
    return Proposal(
        "expect_column_pair_values_to_be_in_set", kwargs,
        f"Each level of {found.by} has one level of {found.column}: {len(found.pairs)} pairs "
        f"in {found.n} rows, the rarest in {known.rarest}{other}.",
        {"n": found.n, "pairs": len(found.pairs), "rarest": known.rarest,
         "seen_once": unseen.once, "chao1": round(unseen.richness, 1), "unusual": found.unusual},
    )  # fmt: skip


def _follows(found: Determined) -> Proposal:
    """A rule that names no level, where the list of them is open or may not be shown."""
    return Proposal(
        "unexpected_rows_expectation",
        {"unexpected_rows_query": unusual_pairs(found.by, found.column)},
        f"Each of {len(found.pairs)} levels of {found.by} has one level of {found.column}, in "
        f"{found.n} rows; a row with another one than most rows of its level is unexpected.",
        {"n": found.n, "levels": len(found.pairs), "columns": [found.by, found.column]},
    )


def propose_key(context: TableContext) -> Found:
    """Propose a key of two or three columns, where none is stated; else that no row is twice."""
    evidence, columns = context.evidence, list(context.evidence.columns.values())
    if context.keyed or evidence.rows <= 1:
        return
    if any(is_key(c, evidence.present(c.name)) for c in columns):
        yield from _rows_that_come_twice(context, columns)
        return
    # With a column that has no value twice in few rows, any other one is a key too.
    by_chance = any(c.unique for c in columns)
    key = None if by_chance else find_key(context.session, evidence, context.sample)
    if key is not None:
        yield _compound(context, key, f"No column is a key alone; these {len(key)} together are")
        return
    if 1 < len(columns) <= _MOST_COMPARED and evidence.rows >= _FEWEST_COMPARED:
        yield from _whole_rows(context)


def _whole_rows(context: TableContext) -> Found:
    """No row is there twice, or no more of them than ordinary batches may have."""
    evidence, every = context.evidence, list(context.evidence.columns)
    seen = count_repeated(context.session, evidence.table, every)
    worst, limit = max(repeated / rows for rows, repeated in seen), ordinary_limit(seen)
    if not worst and evidence.rows >= _ROWS_OF_A_KEY:
        yield _compound(context, every, "No few columns are a key; whole rows are")
    elif limit <= _MOST_REPEATED:
        of = f"{len(seen)} batches" if len(seen) > 1 else "one batch"
        yield Proposal(
            _COMPOUND, {"column_list": every, "mostly": rounded_down(1 - limit)},
            f"At most {worst:.2%} of a batch's rows are there more than once, in {of}; up to "
            f"{limit:g} may be in an ordinary one, by how few batches were seen.",
            {"batches": len(seen), "most_repeated": round(worst, 6)}, severity="critical",
        )  # fmt: skip


def _rows_that_come_twice(context: TableContext, columns: Sequence[ColumnEvidence]) -> Found:
    """One value that comes twice may be right one day; several of the same row aren't."""
    most_distinct = sorted(columns, key=lambda c: (not c.unique, -c.distinct))
    chosen = {c.name for c in most_distinct[:_TELLING]}
    names = [c.name for c in columns if c.name in chosen]
    if len(names) > 1:
        what = f"A row that comes twice has these {len(names)} twice; they are"
        yield _compound(context, names, what)


def _compound(context: TableContext, columns: Sequence[str], what: str) -> Proposal:
    rows = context.evidence.rows
    within = f" within one of {len(context.own)} batches" if context.own else ""
    return Proposal(
        _COMPOUND, {"column_list": list(columns)},
        f"{what} unique in {rows} rows{within}.", {"n": rows, "distinct": rows},
        severity="critical",
    )  # fmt: skip


TABLE_RULES: Final = (propose_columns, propose_row_count)
PAIR_RULES: Final = (propose_orders, propose_pairs, propose_key)
