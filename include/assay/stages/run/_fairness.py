"""Fairness: outcomes compared between groups of people, and how the run treated their rows."""

from __future__ import annotations

from assay.fairness import (
    FairnessReport,
    judge_fairness,
    measure_fairness,
    measure_treatment,
    render_html,
)
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.stages.run._audit import with_audit
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._row_numbers import by_landing
from assay.stages.run._run import Run
from assay.stages.run._treatment_marks import mark_treatments


def fairness(run: Run) -> Finished:
    """Compare outcomes between groups of people in the candidate.

    What the run did to their rows may be uneven too: whose rows were set aside, and whose values
    were changed.
    """
    policy, contract, workspace = run.policy(FairnessPolicy), run.contract, run.workspace
    levels = run.policy(PrivacyPolicy).closed_levels({c.name: c.levels for c in contract.columns})
    with run.session() as session:
        numbers, observed = workspace.row_numbers.read(session), workspace.observed.read(session)
        candidate = by_landing(workspace.candidate.read(session), numbers)
        seen = with_audit(run, session, candidate)
        measured = measure_fairness(seen, policy, contract.roles, levels)
        marked, treatments = mark_treatments(run, session, observed)
        seen = with_audit(run, session, marked)
        treated = measure_treatment(seen, policy, treatments, levels)
    verdict = judge_fairness(measured, policy, treated)
    page = render_html(verdict, FairnessReport.of(verdict, contract.labels), run.page_context)
    report = workspace.report("fairness").write(page)
    return Finished(result=StageResult.judged("fairness", verdict, report=report), verdict=verdict)
