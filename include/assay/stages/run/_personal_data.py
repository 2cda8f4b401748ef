"""The search of a batch for personal data that its contract doesn't declare."""

from __future__ import annotations

from ibis import Table

from assay.engine import Session
from assay.policy.privacy import PrivacyPolicy
from assay.privacy.finding import find_personal_data, judge_findings, render_html, undeclared
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run


def search(run: Run, session: Session, landed: Table) -> Finished:
    """Search the landed rows, judge what was found, and write its page.

    Columns that the contract classifies are treated whatever they hold, so they aren't read.
    """
    policy, classified = run.policy(PrivacyPolicy), run.contract.classified
    least = policy.finding.least_share if policy.finding else 1.0
    found = find_personal_data(session, landed, least_share=least, skip=sorted(classified))
    verdict = judge_findings(found, classified, policy)
    page = render_html(verdict, found, undeclared(found, classified, policy), run.page_context)
    report = run.workspace.report("protect").write(page)
    result = StageResult.judged("protect", verdict, report=report)
    return Finished(result=result, verdict=verdict)
