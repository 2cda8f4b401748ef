"""Cleaning: the policy's steps, fitted on a released reference, over the rows that are left."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import ibis
from ibis import Table

from assay.cleaning import FittedState, fit, judge_cleaning, render_html, roles_of
from assay.cleaning import clean as clean_rows
from assay.engine import ROW, Session
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.stages.run._references import versions_table
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run


class _Reference(NamedTuple):
    """A reference of the drift policy: its name, pinned (``reference``) or not, its versions."""

    name: str
    kind: Literal["reference", "moving"]
    versions: dict[str, str]


def clean(run: Run) -> Finished:
    """Clean the rows that were not quarantined, and log each cell that was changed."""
    policy, roles = run.policy(CleaningPolicy), roles_of(run.contract)
    reference = _reference(run)
    with run.session() as session:
        observed = unmarked(run.workspace.observed.read(session))
        if reference is None:
            state = fit(session, observed, policy, roles, fitted_on="batch")
        else:
            rows = _reference_rows(run, session, reference.versions)
            state = fit(session, rows, policy, roles, fitted_on=reference.kind)
        cleaned = clean_rows(session, observed, policy, state, roles)
        _write(run, session, cleaned, policy)
    return _finished(run, policy, state, cleaned, reference)


def _write(run: Run, session: Session, cleaned: Any, policy: CleaningPolicy) -> None:
    """The cleaned rows, the dropped ones and the change log."""
    order, log = [ROW, "step", "column"], cleaned.change_log
    run.workspace.cleaned.write(session, cleaned.table, [ROW], presorted=True)
    run.workspace.dropped.write(session, cleaned.dropped, [ROW])
    without_values = log.drop(*(n for n in ("before", "after") if n in log.columns))
    run.workspace.change_log.write(session, without_values, order)
    if policy.change_log == "values":
        run.workspace.changed_values.write(session, log, order)


def _finished(
    run: Run,
    policy: CleaningPolicy,
    state: FittedState,
    cleaned: Any,
    reference: _Reference | None,
) -> Finished:
    workspace, report = run.workspace, cleaned.report
    workspace.state.write(state.model_dump_json(indent=1))
    if cleaned.scaler_text is not None:
        workspace.scaler.write(cleaned.scaler_text)
    workspace.cleaning.write(report.model_dump_json(indent=1))
    named = (reference.name, reference.versions) if reference else ()
    verdict = judge_cleaning(report, policy, *named)
    page = render_html(verdict, report, run.page_context)
    result = StageResult.judged(
        "clean",
        verdict,
        rows={"dropped": report.rows_dropped, "changed": report.rows_changed},
        report=workspace.report("clean").write(page),
        derived=state.derived,
    )
    return Finished(result=result, verdict=verdict)


def unmarked(observed: Table) -> Table:
    """The rows of an observed table that were not quarantined."""
    return observed.filter(~observed["__quarantined"]).drop("__quarantined")


def _reference(run: Run) -> _Reference | None:
    """What the steps are fitted on: a pinned reference if one has versions, else a moving one."""
    found = [
        _Reference(name, "reference" if reference.kind == "pinned" else "moving", chosen)
        for name, reference in run.policy(DriftPolicy).references.items()
        if (chosen := run.spec.pinned.references.get(name))
    ]
    return min(found, key=lambda reference: reference.kind == "moving", default=None)


def _reference_rows(run: Run, session: Session, chosen: dict[str, str]) -> Table:
    """The unmarked observed rows of a reference."""
    tables = [
        unmarked(versions_table(run.services, session, run.dataset, {batch: version}, "observed"))
        for batch, version in sorted(chosen.items())
    ]
    # Row numbers are a batch's own; each batch of several gets a range of its own.
    numbered = [t.mutate(**{ROW: t[ROW] + (i << 40)}) for i, t in enumerate(tables)]
    return ibis.union(*numbered) if numbered[1:] else tables[0]
