"""A suite proposed from data: what they meet, as expectations with the evidence for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ibis import Table

from assay.engine import BATCH, Session
from assay.onboarding.evidence._columns import Progress, measure_columns, silent
from assay.onboarding.evidence._versions import Version, measure_versions
from assay.onboarding.proposals import _column_form as form
from assay.onboarding.proposals import _column_values as values
from assay.onboarding.proposals._context import ColumnContext, Found, TableContext
from assay.onboarding.proposals._proposal import Aspect, Proposal, Remark
from assay.onboarding.proposals._table import PAIR_RULES, TABLE_RULES

# In the order in which a suite has what they propose.
_COLUMN_RULES: Final[tuple[Callable[[ColumnContext], Found], ...]] = (
    form.propose_type,
    form.propose_nulls,
    form.propose_present,
    form.propose_unique,
    form.propose_date_format,
    values.propose_levels,
    form.propose_text_form,
    form.propose_characters,
    values.propose_median,
    values.propose_range,
    values.propose_mean,
)


@dataclass(frozen=True)
class Suggestion:
    """What is proposed for a table, and what was found and isn't proposed.

    Read ``proposals``, then ``remarks``. ``batches`` is the number of batches that the evidence is
    from, with the table itself. ``restated`` says of columns what of the batch they restate.
    """

    rows: int
    batches: int
    proposals: tuple[Proposal, ...]
    remarks: tuple[Remark, ...]
    restated: Mapping[str, str] = field(default_factory=dict)


def propose_suite(
    session: Session,
    table: Table,
    *,
    hidden: Collection[str] = (),
    known: Collection[Aspect] = (),
    earlier: Sequence[tuple[str, Table]] = (),
    batches: Sequence[str] = (),
    progress: Progress = silent,
) -> Suggestion:
    """Propose the expectations that a table meets and that aren't stated yet.

    Parameters
    ----------
    table : ibis.Table
        The data; a whole ordinary batch is best.
    hidden : collection of str
        Columns that are about people: no value of them is read, so that only types, nulls,
        uniqueness and plain patterns are proposed on them.
    known : collection
        :func:`aspects` that are stated already.
    earlier : sequence of (str, ibis.Table)
        Earlier versions, in order: they show what differs between ordinary batches.
    batches : sequence of str
        Keys of the batches of a table that was opened from several files, by their number; of
        another table, the key of its only batch.
    progress : callable
        Called with each step, in words.

    Returns
    -------
    Suggestion
        The table meets every proposal: a band from earlier versions that doesn't hold it becomes
        a remark.

    Notes
    -----
    One scan of the table for counts and extremes; one of a single column for its levels, shapes or
    uniqueness, where there may be any; one for all pairs that a sample leaves; one of each earlier
    version. All of them spill to disk where memory is short.
    """
    evidence = measure_columns(session, table, hidden, progress)
    versions = measure_versions(session, earlier, evidence, progress)
    own: list[Version] = []
    if BATCH in table.columns:
        parts = [(name, table.filter(table[BATCH] == i)) for i, name in enumerate(batches)]
        own = measure_versions(session, parts, evidence, progress)
    keyed = any(what == "unique" for what, _ in known)
    key = batches[0] if len(batches) == 1 else None
    context = TableContext(session, evidence, versions, keyed, own, key)
    found = [*_findings(context, progress)]
    proposals = [p for p in found if isinstance(p, Proposal) and p.aspect not in known]
    remarks = [r for r in found if isinstance(r, Remark)]
    return Suggestion(evidence.rows, context.batches, tuple(proposals), tuple(remarks),
                      _restated(context))  # fmt: skip


def _restated(context: TableContext) -> dict[str, str]:
    """What each column restates of its batch, where it does."""
    each = (ColumnContext(context, column) for column in context.evidence.columns.values())
    return {one.name: one.restated.text for one in each if one.restated is not None}


def _findings(context: TableContext, progress: Progress) -> Found:
    """Proposals and remarks of every rule, in the order of a suite."""
    for rule in TABLE_RULES:
        yield from rule(context)
    for name in context.evidence.unnamed_types:
        yield Remark(name, "no suite can judge its type")
    for column in context.evidence.columns.values():
        progress(f"proposing on {column.name}")
        if column.nulls == context.evidence.rows:
            yield Remark(column.name, "it has no value at all")
            continue
        one = ColumnContext(context, column)
        for column_rule in _COLUMN_RULES:
            yield from column_rule(one)
    progress("comparing columns with each other")
    for rule in PAIR_RULES:
        yield from rule(context)


def suite_of(name: str, proposals: Iterable[Proposal]) -> Mapping[str, Any]:
    """Proposals as a suite in Great Expectations' JSON."""
    return {"name": name, "expectations": [p.expectation() for p in proposals]}
