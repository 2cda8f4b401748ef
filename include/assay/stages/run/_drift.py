"""Drift: the observed table and the candidate against each pinned reference."""

from __future__ import annotations

from assay.drift import DriftMeasurements, DriftReport, judge_drift, measure_drift, render_html
from assay.engine import Session
from assay.policy.drift import DriftPolicy
from assay.stages.run._attribution import explained
from assay.stages.run._references import OBJECTS, judged_table, reference
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run


def drift(run: Run) -> Finished:
    """Judge the observed table, and separately the candidate, against each pinned reference."""
    policy, workspace = run.policy(DriftPolicy), run.workspace
    with run.session() as session:
        measured = [
            _measure(run, session, policy, table, name)
            for name in (_references(run, policy) or ["reference"])
            for table in OBJECTS
        ]
        verdict = explained(run, session, judge_drift(measured, policy), policy)
    page = render_html(verdict, DriftReport(comparisons=tuple(measured)), run.page_context)
    report = workspace.report("drift").write(page)
    return Finished(result=StageResult.judged("drift", verdict, report=report), verdict=verdict)


def _references(run: Run, policy: DriftPolicy) -> list[str]:
    """The references to judge against: the form's one, or all of the policy's."""
    chosen = run.spec.asked.reference
    return list(policy.references) if chosen is None else [chosen]


def _measure(
    run: Run, session: Session, policy: DriftPolicy, table: str, name: str
) -> DriftMeasurements:
    pinned = run.spec.pinned
    batches, earlier = pinned.references.get(name, {}), None
    if batches:
        earlier = reference(run.services, session, run.dataset, batches, OBJECTS[table])
    return measure_drift(
        session,
        earlier,
        judged_table(run, session, table),
        policy,
        contract=run.contract,
        table=table,
        reference_name=name,
        batches=sorted(batches),
        bootstrap=pinned.bootstrap,
        note=pinned.unavailable.get(name),
    )
