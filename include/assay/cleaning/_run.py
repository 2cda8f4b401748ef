"""Fitting over a reference and cleaning a batch: the steps, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis
import ibis.expr.datatypes as dt
from ibis import Table
from ibis.util import gen_name

from assay.cleaning._checks import problems
from assay.cleaning._deduplicate import apply_deduplicate
from assay.cleaning._derive import apply_derive
from assay.cleaning._flow import DROPPED, DROPPED_AT, Flow, begin
from assay.cleaning._foresight import after, asks, gathered
from assay.cleaning._forest import apply_forest, fit_forest
from assay.cleaning._impute import apply_impute, fit_impute
from assay.cleaning._known import Known
from assay.cleaning._outliers import apply_outliers, fit_outliers
from assay.cleaning._report import (
    CleaningReport,
    change_log,
    group_columns,
    measure_cleaning,
    measure_levels,
)
from assay.cleaning._scale import fit_scale, render_scaler
from assay.cleaning._state import FittedOn, FittedState, StepFit
from assay.cleaning._text import apply_parse, apply_text
from assay.cleaning._touched import disturbed, marks
from assay.engine import ROW, Session, data_columns, quoted
from assay.errors import InputError, PolicyError, did_you_mean, problems_error
from assay.expression import columns_of
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
from assay.statistics.exact import one_row
from assay.statistics.profile import Profile

_FITTED: Final = (OutliersStep, ImputeStep, ScaleStep)
_MANY: Final = 1 << 18
"""Rows from which on a pilot of ``_FEW`` is worth its scan."""
_FEW: Final = 1 << 16
_WIDEST: Final = 1 << 29
"""The widest range of row numbers that are counted with a bit each."""


@dataclass(frozen=True)
class Cleaned:
    """A cleaned batch; all tables belong to the session that cleaned it.

    ``table`` has ``__row`` and the data's columns, those that the steps added included; it is
    evaluated when it is read or written, and keeps the order of the rows. ``dropped`` has
    ``__row``, ``disposition`` (``dropped``) and ``reasons``. ``change_log`` has one row a changed
    cell or dropped row. ``scaler`` is what scales the table into a derived file, where a scale step
    asks for one; ``scaler_text`` is the whole scaler as JSON, for ``load_transformer``.
    """

    table: Table
    dropped: Any
    change_log: Any
    report: CleaningReport
    scaler: dict[str, Any] | None = None
    scaler_text: str | None = None


def fit(
    session: Session,
    reference: Any,
    policy: CleaningPolicy,
    roles: Mapping[str, str] | None = None,
    *,
    fitted_on: FittedOn = "reference",
) -> FittedState:
    """Fit every step on the previous one's output over a reference.

    Parameters
    ----------
    session : Session
        The session of the reference.
    reference : ibis.Table
        Rows to fit on, with ``__row``: before cleaning, since each step is applied here too.
    policy : CleaningPolicy
        The steps.
    roles : mapping, optional
        Column to role; the policy's own ``roles`` hold where this says nothing.
    fitted_on : {'reference', 'moving', 'batch'}
        ``moving`` says that the reference is another one for the next batch, ``batch`` that the
        rows are those to be cleaned, because there is no reference. In both cases scale steps are
        refused and stay without a fit.

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
    rows = int(reference.count().to_pyarrow().as_py())
    flow, pilot = begin(reference, values=False), _pilot(session, reference, policy, rows)
    known: Mapping[str, Profile] = {}
    fits = []
    last = max((i for i, s in enumerate(policy.steps) if isinstance(s, _FITTED)), default=-1)
    for index, step in enumerate(policy.steps):
        table = flow.table.filter(flow.alive)
        source = Known(table, pilot and pilot.table.filter(pilot.alive), known)
        source = gathered(source, policy.steps[index:])
        found = _fit_step(flow, index, step, fitted_on != "reference", source)
        fits.append(found)
        if index < last:
            known = after(step, found.columns, source.profiles, table)
            flow = _apply(session, flow, index, step, found)
            pilot = pilot and _apply(session, pilot, index, step, found)
    return FittedState(policy=policy, fitted_on=fitted_on, rows=rows, steps=tuple(fits))


def _pilot(session: Session, reference: Any, policy: CleaningPolicy, rows: int) -> Flow | None:
    """A few rows, always the same ones, to tell where values lie.

    They have the columns that the policy names. None where all rows are a few, or no step asks
    for what a scan can tell more cheaply with them.
    """
    if rows < _MANY or not any(asks(step) for step in policy.steps):
        return None
    named = {name for _, name in policy.column_paths()}
    for step in policy.steps:
        if isinstance(step, DeriveStep):
            named.update(*map(columns_of, step.columns.values()))
    columns = [name for name in data_columns(reference) if name in named]
    few = reference.filter(reference[ROW] % (rows // _FEW) == 0).select(ROW, *columns)
    return begin(session.backend.create_table(gen_name("pilot"), few, temp=True), values=False)


def clean(
    session: Session,
    table: Table,
    policy: CleaningPolicy,
    state: FittedState,
    roles: Mapping[str, str] | None = None,
) -> Cleaned:
    """Clean a batch with what was fitted.

    All steps are one expression. It is evaluated here for the rows that it touches, and once more
    where the table is written; no table is held whole. (A deduplication sorts its keys, and an
    isolation forest reads its columns, once more.) Rows leave only as ``dropped``, each with its
    reasons, so that rows in are rows out plus rows dropped.

    Raises
    ------
    PolicyError
        As ``fit``.
    InputError
        If the state was fitted under another policy, or ``__row`` isn't unique.
    """
    checked(policy, state, table, roles)
    columns = data_columns(table)
    rows = _unique_rows(table)
    flow = begin(table, values=policy.change_log == "values")
    groups = group_columns(flow.table, policy.groups)
    flow = replace(flow, table=flow.table.mutate(**groups)) if groups else flow
    levels = measure_levels(flow.table, policy.groups)
    done = apply_steps(session, flow, policy, state)
    out = done.table.filter(done.alive).select(ROW, *done.columns)
    some = disturbed(flow, policy, state) if rows >= _MANY else None
    flow = done if some is None else apply_steps(session, some, policy, state)
    work = session.backend.create_table(
        gen_name("touched"), marks(flow, whole=some is not None), temp=True
    )
    report = measure_cleaning(work, flow, policy, state, columns, rows, levels)
    gone = work.filter(work[DROPPED_AT].notnull())
    return Cleaned(
        table=out,
        dropped=gone.select(ROW, disposition=ibis.literal("dropped"), reasons=gone[DROPPED]),
        change_log=change_log(work, flow, policy),
        report=report,
        scaler=state.scaler("derived"),
        scaler_text=render_scaler(state),
    )


def apply_steps(session: Session, flow: Flow, policy: CleaningPolicy, state: FittedState) -> Flow:
    """Every step with what was fitted for it, one after the other."""
    for index, step in enumerate(policy.steps):
        flow = _apply(session, flow, index, step, state.steps[index])
    return flow


def _unique_rows(table: Table) -> int:
    """The number of rows.

    Raises
    ------
    InputError
        If two of them have the same number.
    """
    if ROW not in table.columns:
        raise InputError("the table has no row numbers", expected=f"a column {ROW}")
    number = table[ROW]
    edges = one_row(table.aggregate(n=table.count(), least=number.min(), most=number.max()))
    rows, least, most = int(edges["n"]), edges["least"], edges["most"]
    if rows and most - least < _WIDEST:
        distinct = bit_count(bitstring_agg(number, least, most))
    else:
        distinct = number.nunique()
    found = one_row(table.aggregate(distinct=distinct))["distinct"] if rows else 0
    if found != rows:
        raise InputError("landing row numbers aren't unique", where=ROW, got=rows,
                         expected=f"{found} rows")  # fmt: skip
    return rows


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bitstring_agg(number: int, least: int, most: int) -> dt.binary:
    """DuckDB's own: a bit for each whole number that occurs."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_count(bits: dt.binary) -> int:  # type: ignore[empty-body]
    """DuckDB's own: how many bits are set."""


def checked(
    policy: CleaningPolicy,
    state: FittedState,
    table: Table,
    roles: Mapping[str, str] | None = None,
) -> None:
    """Refuse a state of another policy, and a policy that can't be applied to the table."""
    if state.policy_hash != policy.hash:
        raise InputError("the state was fitted under another policy", got=state.policy_hash[:12],
                         expected=policy.hash[:12], do="Fit again.")  # fmt: skip
    _checked(policy, roles, table)


def _checked(policy: CleaningPolicy, roles: Mapping[str, str] | None, table: Table) -> None:
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


def _fit_step(flow: Flow, index: int, step: Step, refused: bool, known: Known) -> StepFit:
    if isinstance(step, DeriveStep):
        reads = {name: columns_of(text) for name, text in step.columns.items()}
        return StepFit(index=index, step=step.step, derived_from=reads)
    if not isinstance(step, _FITTED):
        return StepFit(index=index, step=step.step)
    if isinstance(step, ImputeStep):
        columns = fit_impute(flow, known, index, step)
        return StepFit(index=index, step=step.step, columns=columns)
    for name in step.columns:
        flow.numeric(name, index)
    if isinstance(step, ScaleStep):
        columns = fit_scale(known, step, refused)
        return StepFit(index=index, step=step.step, columns=columns)
    if isinstance(step.by, Forest):
        return StepFit(index=index, step=step.step, forest=fit_forest(known.table, step))
    return StepFit(index=index, step=step.step, columns=fit_outliers(known, step))


def _apply(session: Session, flow: Flow, index: int, step: Step, fitted: StepFit) -> Flow:
    """A step's changes, behind a view: Ibis would write an expression out wherever it is used."""
    done = _changed(session, flow, index, step, fitted)
    name = gen_name("step")
    session.backend.raw_sql(
        f"CREATE TEMP VIEW {quoted(name)} AS {session.backend.compile(done.table)}"
    )
    return replace(done, table=session.backend.table(name))


def _changed(session: Session, flow: Flow, index: int, step: Step, fitted: StepFit) -> Flow:
    if isinstance(step, ImputeStep):
        return apply_impute(flow, index, step, fitted.columns)
    if isinstance(step, OutliersStep):
        if fitted.forest is not None:
            return apply_forest(session, flow, index, step, fitted.forest)
        return apply_outliers(flow, index, step, fitted.columns)
    if isinstance(step, DeduplicateStep):
        return apply_deduplicate(session, flow, index, step)
    return _apply_unfitted(flow, index, step)


def _apply_unfitted(flow: Flow, index: int, step: Step) -> Flow:
    if isinstance(step, ParseStep):
        return apply_parse(flow, index, step)
    if isinstance(step, TextStep):
        return apply_text(flow, index, step)
    if isinstance(step, DeriveStep):
        return apply_derive(flow, step)
    return flow
