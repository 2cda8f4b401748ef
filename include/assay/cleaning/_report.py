"""The report and the change log of a cleaning, from its marks; counts only, never a value."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import ibis
from ibis import Table
from pydantic import Field

from assay.cleaning._fitted_state import Fault, FittedOn, FittedState, Frozen
from assay.cleaning._marked_table import DROPPED_AT, Mark, MarkedTable
from assay.cleaning.steps import CleaningStep, steps_of
from assay.engine import ROW, Session
from assay.policy.cleaning import CleaningPolicy, Groups

GROUP = "__group"
_OF_GROUP: Final = ("changed", "dropped", "imputed", "clipped", "outliers")
_OF_STEP: Final = {"rows_changed": "r", "rows_dropped": "d", "cells": "c"}


class ColumnReport(Frozen):
    """Cells of one column that one step changed or flagged; a fault says why it did neither."""

    changed: int = 0
    flagged: int = 0
    fault: Fault | None = None


class StepReport(Frozen):
    """What one step did: rows changed, rows dropped, cells by column.

    ``derived_from`` is the lineage of derived columns: the columns that each ``expressions`` reads.
    """

    index: int
    step: str
    rows_changed: int
    rows_dropped: int
    columns: dict[str, ColumnReport] = Field(default_factory=dict)
    derived_from: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    expressions: dict[str, str] = Field(default_factory=dict)


class GroupStep(Frozen):
    """What one step did to the rows of one level; counts below the least number are ``<n``."""

    index: int
    step: str
    rows_changed: int | str
    rows_dropped: int | str
    cells: int | str


class GroupReport(Frozen):
    """Rows of one level of a protected column, and what happened to them, in all and by step.

    Counts below the policy's least number are the text ``<n``. ``changed`` counts rows that were
    kept, ``imputed`` and ``clipped`` rows with such a cell, ``outliers`` rows in which one was
    found, whatever was then done with it.
    """

    column: str
    level: str
    rows: int | str
    changed: int | str
    dropped: int | str
    imputed: int | str
    clipped: int | str
    outliers: int | str
    steps: tuple[GroupStep, ...] = ()


class CleaningReport(Frozen):
    """A whole cleaning, in counts.

    ``rows_in == rows_out + rows_dropped`` always. ``rows_changed`` counts rows with at least one
    changed cell that were not dropped; a cell that two steps changed counts once in ``columns``
    and ``cells_changed`` and once in each step. ``fitted_on`` is ``moving`` where the next batch
    has another reference, and ``batch`` where there was no reference and the numbers come from the
    data itself.
    """

    policy_hash: str
    state_hash: str
    fitted_on: FittedOn
    rows_in: int
    rows_out: int
    rows_changed: int
    rows_dropped: int
    cells: int
    cells_changed: int
    columns: dict[str, int]
    steps: tuple[StepReport, ...]
    groups: tuple[GroupReport, ...] = ()


def group_columns(table: Table, groups: Groups | None) -> dict[str, Any]:
    """Make hidden columns with the level of each protected column, before any step.

    Only declared levels are named: the rest is ``other``, null is ``missing``.
    """
    found: dict[str, Any] = {}
    for i, (name, levels) in enumerate(groups.levels.items() if groups else ()):
        text = table[name].cast("string")
        named = ibis.ifelse(text.isin(levels), text, ibis.literal("other"))
        found[f"{GROUP}{i}"] = ibis.ifelse(text.isnull(), ibis.literal("missing"), named)
    return found


def measure_levels(session: Session, table: Table, groups: Groups | None) -> list[dict[str, int]]:
    """Count the rows of each level, for each protected column in the policy's order."""
    found = []
    for i in range(len(groups.levels) if groups else 0):
        counts = table.group_by(level=table[f"{GROUP}{i}"]).aggregate(rows=lambda t: t.count())
        pairs = session.rows(counts.order_by("level"))
        found.append({pair["level"]: int(pair["rows"]) for pair in pairs})
    return found


def measure_cleaning(
    session: Session,
    work: Table,
    rows: MarkedTable,
    state: FittedState,
    columns: Sequence[str],
    count: int,
    levels: Sequence[Mapping[str, int]],
) -> CleaningReport:
    """Count the marks, in one aggregate and one more per protected column.

    ``work`` has the rows that were changed, flagged or dropped, and ``rows`` their marks.
    ``columns`` and ``count`` are the data's columns and rows before the first step, ``levels`` the
    rows of each level, as ``measure_levels`` gives them.
    """
    steps = steps_of(state.policy)
    changed = [m for m in rows.marks if m.kind == "changed"]
    parts: dict[str, Any] = {mark.hidden: work[mark.hidden].sum() for mark in rows.marks}
    parts["dropped"] = work[DROPPED_AT].count()
    parts["changed"] = (_any(work, changed) & work[DROPPED_AT].isnull()).sum()
    names = list(dict.fromkeys([*columns, *(m.column for m in changed)]))
    for i, name in enumerate(names):
        parts[f"c{i}"] = _any(work, (m for m in changed if m.column == name)).sum()
    for i in range(len(steps)):
        parts[f"s{i}"] = _any(work, (m for m in changed if m.step == i)).sum()
        parts[f"d{i}"] = (work[DROPPED_AT] == i).sum()
    row = {name: int(value or 0) for name, value in session.one(work.aggregate(**parts)).items()}
    by_column = {name: row[f"c{i}"] for i, name in enumerate(names)}
    return CleaningReport(
        policy_hash=state.policy_hash,
        state_hash=state.hash,
        fitted_on=state.fitted_on,
        rows_in=count,
        rows_out=count - row["dropped"],
        rows_changed=row["changed"],
        rows_dropped=row["dropped"],
        cells=count * len(columns),
        cells_changed=sum(by_column.values()),
        columns=by_column,
        steps=tuple(_step(step, rows, state, row) for step in steps),
        groups=tuple(_groups(session, work, rows, state.policy, levels)),
    )


def _step(
    step: CleaningStep[Any], rows: MarkedTable, state: FittedState, row: Mapping[str, int]
) -> StepReport:
    fit, index = state.steps[step.index], step.index
    found: dict[str, dict[str, Any]] = {n: {"fault": f} for n, f in step.faults(fit).items()}
    for mark in rows.marks:
        if mark.step == index:
            found.setdefault(mark.column, {})[mark.kind] = row[mark.hidden]
    return StepReport(
        index=index,
        step=step.spec.step,
        rows_changed=row[f"s{index}"],
        rows_dropped=row[f"d{index}"],
        columns={name: ColumnReport(**numbers) for name, numbers in found.items()},
        derived_from=fit.derived_from,
        expressions=dict(step.spec.expressions()),
    )


def _groups(
    session: Session,
    work: Table,
    rows: MarkedTable,
    policy: CleaningPolicy,
    levels: Sequence[Mapping[str, int]],
) -> Iterator[GroupReport]:
    if policy.groups is None:
        return
    least = policy.groups.least_number
    for i, (name, totals) in enumerate(zip(policy.groups.levels, levels, strict=True)):
        counts = work.group_by(level=work[f"{GROUP}{i}"]).aggregate(**_by_group(work, rows, policy))
        marked = {c.pop("level"): c for c in session.rows(counts)}
        for level, total in totals.items():
            found = {k: _shown(v, least) for k, v in marked.get(level, {}).items()}
            yield GroupReport(
                column=name,
                level=level,
                rows=_shown(total, least),
                steps=tuple(
                    GroupStep(index=n, step=s.step, **{
                        key: found.get(f"{short}{n}", _shown(0, least))
                        for key, short in _OF_STEP.items()
                    })
                    for n, s in enumerate(policy.steps)
                ),
                **{key: found.get(key, _shown(0, least)) for key in _OF_GROUP},
            )  # fmt: skip


def _by_group(work: Table, rows: MarkedTable, policy: CleaningPolicy) -> dict[str, Any]:
    """The counts of each group: of all its rows, then by step."""
    changed = [m for m in rows.marks if m.kind == "changed"]
    clipped = [m for m in changed if m.rule.endswith(".clip")]
    outliers = [i for i, s in enumerate(policy.steps) if s.step == "outliers"]
    gone, none = work[DROPPED_AT], work[ROW] * 0
    parts = {
        "changed": (_any(work, changed) & gone.isnull()).sum(),
        "dropped": gone.count(),
        "imputed": _any(work, _by_rule(changed, "impute.")).sum(),
        "clipped": _any(work, clipped).sum(),
        "outliers": (_any(work, _by_rule(rows.marks, "outliers.")) | gone.isin(outliers)).sum(),
    }
    for index in range(len(policy.steps)):
        marks = [m for m in changed if m.step == index]
        cells = (work[m.hidden].cast("int64") for m in marks)
        parts[f"r{index}"] = _any(work, marks).sum()
        parts[f"d{index}"] = (gone == index).sum()
        parts[f"c{index}"] = functools.reduce(operator.add, cells, none).sum()
    return parts


def _shown(value: Any, least: int) -> Any:
    if isinstance(value, str):
        return value
    count = int(value or 0)
    return f"<{least}" if count < least else count


def _by_rule(marks: Iterable[Mark], prefix: str) -> list[Mark]:
    return [m for m in marks if m.rule.startswith(prefix)]


def _any(table: Table, marks: Iterable[Mark]) -> Any:
    """Whether any of the marks is set in a row; false if there is no mark."""
    none = table[ROW].isnull()
    return functools.reduce(operator.or_, (table[m.hidden] for m in marks), none)


def change_log(work: Table, rows: MarkedTable, policy: CleaningPolicy) -> Table:
    """List the changes: one row a changed cell and one a dropped row.

    Columns: ``__row``, ``step`` (index in the policy), ``column`` (null for a dropped row),
    ``rule``, and with ``change_log: values`` ``before`` and ``after`` as text. A cell's rules
    apply in the order of ``step``; undoing a rule puts ``before`` back (or the observed value
    where the log holds no values), replaying it applies the fitted state.
    """
    nothing = ibis.null("string")

    def logged(where: Any, step: Any, column: Any, rule: Any, *values: Any) -> Table:
        kept = dict(zip(("before", "after"), values, strict=True)) if rows.values else {}
        return work.filter(where).select(ROW, step=step, column=column, rule=rule, **kept)

    parts = []
    for m in (mark for mark in rows.marks if mark.kind == "changed"):
        values = (work[name] if name else nothing for name in (m.before, m.after))
        step = ibis.literal(m.step, "int64")
        column, rule = ibis.literal(m.column), ibis.literal(m.rule)
        parts.append(logged(work[m.hidden], step, column, rule, *values))
    kinds, gone = ibis.literal(""), work[DROPPED_AT]
    for index, spec in enumerate(policy.steps):
        kinds = ibis.ifelse(gone == index, ibis.literal(f"{spec.step}.drop"), kinds)
    parts.append(logged(gone.notnull(), gone, nothing, kinds, nothing, nothing))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]
