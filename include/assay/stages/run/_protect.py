"""Protection: no value that leads to a person by itself goes past this stage."""

from __future__ import annotations

from assay.engine import ROW
from assay.policy.privacy import PrivacyPolicy
from assay.privacy import protect as protect_rows
from assay.privacy import version_label
from assay.reasons import ReasonCode
from assay.stages.run._audit import write_audit
from assay.stages.run._personal_data import search
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run


def protect(run: Run) -> Finished:
    """Write the observed table: every row that parsed, protected, quarantined ones marked.

    Protected attributes that it removes go to the audit partition, for the fairness gate alone.
    Where the policy asks for it, the landed rows are searched for personal data first: columns that
    look so and aren't classified hold the batch.
    """
    contract, policy, workspace = run.contract, run.policy(PrivacyPolicy), run.workspace
    with run.session() as session:
        landed, marks = workspace.landed.read(session), workspace.marks_raw.read(session)
        searched = search(run, session, landed) if policy.finding else None
        if searched is not None and searched.result.holds:  # nothing in clear is written then
            return Finished(result=searched.result, verdict=searched.verdict)
        observed = protect_rows(session, landed, marks, contract, policy, run.services.key)
        written = workspace.observed.write(session, observed, [ROW])
        write_audit(run, session)
    said = f"Label of the version: {version_label(policy, contract)}."
    unclassified = () if contract.classified else (ReasonCode.UNCLASSIFIED.value,)
    if searched is None:
        result = StageResult(
            stage="protect", rows={"observed": written.rows}, reasons=unclassified,
            messages=(said,),
        )  # fmt: skip
        return Finished(result=result)
    result = searched.result.model_copy(
        update={
            "rows": {"observed": written.rows},
            "reasons": (*searched.result.reasons, *unclassified),
            "messages": (*searched.result.messages, said),
        }
    )
    return Finished(result=result, verdict=searched.verdict)
