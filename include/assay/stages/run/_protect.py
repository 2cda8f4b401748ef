"""Protection: no value that leads to a person by itself goes past this stage."""

from __future__ import annotations

from assay.engine import ROW
from assay.policy.privacy import PrivacyPolicy
from assay.privacy import protect as protect_rows
from assay.privacy import version_label
from assay.reasons import ReasonCode
from assay.stages.run._audit import write_audit
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run


def protect(run: Run) -> Finished:
    """Write the observed table: every row that parsed, protected, quarantined ones marked.

    Protected attributes that it removes go to the audit partition, for the fairness gate alone.
    """
    contract, policy, workspace = run.contract, run.policy(PrivacyPolicy), run.workspace
    with run.session() as session:
        landed, marks = workspace.landed.read(session), workspace.marks_raw.read(session)
        observed = protect_rows(session, landed, marks, contract, policy, run.services.key)
        written = workspace.observed.write(session, observed, [ROW])
        write_audit(run, session)
    label = version_label(policy, contract)
    return Finished(
        result=StageResult(
            stage="protect",
            rows={"observed": written.rows},
            reasons=() if contract.classified else (ReasonCode.UNCLASSIFIED,),
            messages=(f"Label of the version: {label}.",),
        )
    )
