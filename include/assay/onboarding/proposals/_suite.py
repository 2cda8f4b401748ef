"""A suite proposed from data: what they keep, as expectations with the evidence for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ibis import Table

from assay.engine import Session
from assay.onboarding.evidence._columns import Progress, measure_columns, silent
from assay.onboarding.evidence._versions import measure_versions
from assay.onboarding.proposals._context import ColumnContext, Found, TableContext
from assay.onboarding.proposals._proposal import Aspect, Proposal, Remark
from assay.onboarding.proposals._rules import COLUMN_RULES, PAIR_RULES, TABLE_RULES


@dataclass(frozen=True)
class Suggestion:
    """What is proposed for a table, and what was seen and isn't.

    Read ``proposals``, then ``remarks``. ``batches`` is how many batches the evidence is from, the
    table itself included.
    """

    rows: int
    batches: int
    proposals: tuple[Proposal, ...]
    remarks: tuple[Remark, ...]


def propose_suite(
    session: Session,
    table: Table,
    *,
    hidden: Collection[str] = (),
    known: Collection[Aspect] = (),
    earlier: Sequence[tuple[str, Table]] = (),
    progress: Progress = silent,
) -> Suggestion:
    """Propose the expectations that a table keeps and that nothing states yet.

    Parameters
    ----------
    session : Session
        The session that the tables belong to.
    table : ibis.Table
        The data: best a whole ordinary batch.
    hidden : collection of str
        Columns that are about people: no value of them is read out, so that only types, nulls,
        uniqueness and plain patterns are proposed on them.
    known : collection
        :func:`aspects` that are stated already.
    earlier : sequence of (str, ibis.Table)
        Earlier versions, in order: they show what differs between ordinary batches.
    progress : callable
        Called with each step, in words.

    Returns
    -------
    Suggestion
        The table keeps every proposal: a band from earlier versions in which it doesn't lie is a
        remark instead.

    Notes
    -----
    One scan of the table for counts and extremes; one of a single column for its levels, shapes or
    uniqueness, where there may be any; one for all pairs that a sample leaves; one of each earlier
    version. All of them group and sort on disk where memory doesn't do.
    """
    evidence = measure_columns(session, table, hidden, progress)
    versions = measure_versions(session, earlier, evidence, progress)
    keyed = any(what == "unique" for what, _ in known)
    context = TableContext(session, evidence, versions, keyed)
    found = [*_findings(context, progress)]
    proposals = [p for p in found if isinstance(p, Proposal) and p.aspect not in known]
    remarks = [r for r in found if isinstance(r, Remark)]
    return Suggestion(evidence.rows, len(versions) + 1, tuple(proposals), tuple(remarks))


def _findings(context: TableContext, progress: Progress) -> Found:
    """Proposals and remarks of every rule, in the order of a suite."""
    for rule in TABLE_RULES:
        yield from rule(context)
    for name in context.evidence.unnamed_types:
        yield Remark(name, "no suite of ours can say anything of its type")
    for column in context.evidence.columns.values():
        progress(f"proposing on {column.name}")
        if column.nulls == context.evidence.rows:
            yield Remark(column.name, "it has no value at all")
            continue
        one = ColumnContext(context, column)
        for column_rule in COLUMN_RULES:
            yield from column_rule(one)
    progress("comparing columns with each other")
    for rule in PAIR_RULES:
        yield from rule(context)


def suite_of(name: str, proposals: Iterable[Proposal]) -> Mapping[str, Any]:
    """Proposals as a suite in Great Expectations' JSON."""
    return {"name": name, "expectations": [p.expectation() for p in proposals]}
