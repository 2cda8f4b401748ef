"""Fitting over a reference and cleaning a batch: the steps, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.util import gen_name

from assay.cleaning._checks import problems
from assay.cleaning._deduplicate import apply_deduplicate
from assay.cleaning._derive import check_expression, derive
from assay.cleaning._flow import DROPPED, DROPPED_AT, Flow, begin
from assay.cleaning._forest import apply_forest, fit_forest
from assay.cleaning._impute import apply_impute, fit_impute
from assay.cleaning._outliers import apply_outliers, fit_outliers
from assay.cleaning._report import CleaningReport, change_log, group_columns, measure_cleaning
from assay.cleaning._scale import fit_scale, scaled_table
from assay.cleaning._state import FittedOn, FittedState, StepFit
from assay.cleaning._text import apply_parse, apply_text
from assay.engine import ROW, data_columns
from assay.errors import AssayError, InputError, PolicyError, did_you_mean, problems_error
from assay.policy.cleaning import (
    CleaningPolicy,
    DeduplicateStep,
    DeriveStep,
    Forest,
    ImputeStep,
    OutliersStep,
    ParseStep,
    ScaleStep,
    Step,
    TextStep,
)


@dataclass(frozen=True)
class Cleaned:
    """A cleaned batch; all tables belong to the session that cleaned it.

    ``table`` has ``__row`` and the data's columns, those that the steps added included. ``dropped``
    has ``__row``, ``disposition`` (``dropped``) and ``reasons``. ``change_log`` has one row a
    changed cell or dropped row. ``scaled`` is there where a scale step asks for a derived file.
    """

    table: Any
    dropped: Any
    change_log: Any
    report: CleaningReport
    scaled: Any | None = None


def fit(
    con: Any,
    reference: Any,
    policy: CleaningPolicy,
    roles: Mapping[str, str] | None = None,
    *,
    fitted_on: FittedOn = "reference",
) -> FittedState:
    """Fit every step on the previous one's output over a reference.

    Parameters
    ----------
    con : ibis.backends.duckdb.Backend
        The session of the reference.
    reference : ibis.Table
        Rows to fit on, with ``__row``: before cleaning, since each step is applied here too.
    policy : CleaningPolicy
        The steps.
    roles : mapping, optional
        Column to role; the policy's own ``roles`` hold where this says nothing.
    fitted_on : {'reference', 'batch'}
        ``batch`` says that the rows are those to be cleaned, because there is no reference; scale
        steps are then refused and stay without a fit.

    Returns
    -------
    FittedState
        The same bits over any number of threads and any order of rows.

    Raises
    ------
    PolicyError
        If the policy may not do to a column what it says, names a column that isn't there, or
        asks numbers of text.
    """
    _checked(policy, roles, reference)
    flow = begin(reference, values=False)
    fits = []
    for index, step in enumerate(policy.steps):
        found = _fit_step(flow, index, step, refused=fitted_on == "batch")
        fits.append(found)
        flow = _apply(con, flow, index, step, found)
        if isinstance(step, DeduplicateStep):
            flow = Flow(con.create_table(gen_name("fit"), flow.table, temp=True), flow.marks)
    rows = int(reference.count().to_pyarrow().as_py())
    return FittedState(policy_hash=policy.hash, fitted_on=fitted_on, rows=rows, steps=tuple(fits))


def clean(
    con: Any,
    table: Any,
    policy: CleaningPolicy,
    state: FittedState,
    roles: Mapping[str, str] | None = None,
) -> Cleaned:
    """Clean a batch with what was fitted.

    All steps are one expression that is evaluated once (an isolation forest reads its columns once
    more, in blocks); rows leave only as ``dropped``, each with its reasons, so that rows in are
    rows out plus rows dropped.

    Raises
    ------
    PolicyError
        As ``fit``.
    InputError
        If the state was fitted under another policy, or ``__row`` isn't unique.
    """
    if state.policy_hash != policy.hash:
        raise InputError("the state was fitted under another policy", got=state.policy_hash[:12],
                         expected=policy.hash[:12], do="Fit again.")  # fmt: skip
    _checked(policy, roles, table)
    columns = data_columns(table)
    flow = begin(table, values=policy.change_log == "values")
    groups = group_columns(flow.table, policy.groups)
    flow = Flow(flow.table.mutate(**groups), values=flow.values) if groups else flow
    for index, step in enumerate(policy.steps):
        flow = _apply(con, flow, index, step, state.steps[index])
    work = con.create_table(gen_name("cleaned"), flow.table, temp=True)
    report = measure_cleaning(work, flow, policy, state, columns)
    _conserved(table, report)
    out = work.filter(work[DROPPED_AT].isnull()).select(ROW, *data_columns(work))
    gone = work.filter(work[DROPPED_AT].notnull())
    return Cleaned(
        table=out,
        dropped=gone.select(ROW, disposition=ibis.literal("dropped"), reasons=gone[DROPPED]),
        change_log=change_log(work, flow, policy),
        report=report,
        scaled=scaled_table(out, policy, state),
    )


def _conserved(table: Any, report: CleaningReport) -> None:
    counts = table.aggregate(rows=table.count(), numbers=table[ROW].nunique())
    found = counts.to_pyarrow().to_pylist()[0]
    if found["rows"] != found["numbers"]:
        raise InputError("landing row numbers aren't unique", where=ROW, got=found["rows"],
                         expected=f"{found['numbers']} rows")  # fmt: skip
    kept = report.rows_out + report.rows_dropped
    if found["rows"] != kept:
        raise AssayError("cleaning lost or made rows", got=kept, expected=str(found["rows"]))


def _checked(policy: CleaningPolicy, roles: Mapping[str, str] | None, table: Any) -> None:
    columns = data_columns(table)
    found = problems(policy, roles, columns)
    if found:
        raise problems_error(PolicyError, found)
    for path, name in policy.column_paths():
        if path[0] != "roles" and name not in columns:
            raise PolicyError(
                "the data has no such column",
                where=".".join(str(part) for part in path),
                got=name,
                expected="one of: " + ", ".join(sorted(columns)),
                do=did_you_mean(name, columns) or None,
            )


def _fit_step(flow: Flow, index: int, step: Step, refused: bool) -> StepFit:
    if isinstance(step, DeriveStep):
        reads = {name: check_expression(text) for name, text in step.columns.items()}
        return StepFit(index=index, step=step.step, derived_from=reads)
    if not isinstance(step, OutliersStep | ImputeStep | ScaleStep):
        return StepFit(index=index, step=step.step)
    table = flow.table.filter(flow.alive)
    if isinstance(step, ImputeStep):
        columns = fit_impute(flow, table, index, step)
        return StepFit(index=index, step=step.step, columns=columns)
    for name in step.columns:
        flow.numeric(name, index)
    if isinstance(step, ScaleStep):
        columns = fit_scale(table, step, refused)
        return StepFit(index=index, step=step.step, columns=columns)
    if isinstance(step.by, Forest):
        return StepFit(index=index, step=step.step, forest=fit_forest(table, step))
    return StepFit(index=index, step=step.step, columns=fit_outliers(table, step))


def _apply(con: Any, flow: Flow, index: int, step: Step, fitted: StepFit) -> Flow:
    if isinstance(step, ImputeStep):
        return apply_impute(flow, index, step, fitted.columns)
    if isinstance(step, OutliersStep):
        if fitted.forest is not None:
            return apply_forest(con, flow, index, step, fitted.forest)
        return apply_outliers(flow, index, step, fitted.columns)
    return _apply_unfitted(flow, index, step)


def _apply_unfitted(flow: Flow, index: int, step: Step) -> Flow:
    if isinstance(step, ParseStep):
        return apply_parse(flow, index, step)
    if isinstance(step, TextStep):
        return apply_text(flow, index, step)
    if isinstance(step, DeduplicateStep):
        return apply_deduplicate(flow, index, step)
    if isinstance(step, DeriveStep):
        return _derived(flow, step)
    return flow


def _derived(flow: Flow, step: DeriveStep) -> Flow:
    table = flow.table
    for name, text in step.columns.items():
        table = table.mutate(**{name: derive(table, text)})
    return Flow(table, flow.marks, flow.values)
