"""Nothing goes past here that leads to a person by itself."""

from __future__ import annotations

from assay import engine
from assay.policy.privacy import PrivacyPolicy
from assay.privacy import protect as protect_rows
from assay.privacy import version_label
from assay.stages.run._audit import keep_audit
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._tables import landed, worked
from assay.stages.run._work import Finished, once, version_of, work_path
from assay.stages.services import Services


def protect(services: Services, ticket: Ticket) -> StageResult:
    """Write the observed table: every row that parsed, protected, quarantined ones marked.

    Protected attributes that it removes go to the audit partition, for the fairness gate alone.
    """
    result = once(services, ticket, "protect", lambda: _protected(services, ticket))
    keep_audit(services, ticket)
    return result


def _protected(services: Services, ticket: Ticket) -> Finished:
    contract = services.project.contract(ticket.dataset)
    policy = services.policy(contract, "privacy", PrivacyPolicy)
    with services.session() as session:
        observed = protect_rows(
            session,
            landed(services, ticket, session),
            worked(services, ticket, session, "marks_raw.parquet"),
            contract,
            policy,
            services.key,
        )
        written = session.write_parquet(
            observed,
            work_path(services, ticket, "observed.parquet"),
            [engine.ROW],
            nonce=services.registry.nonce(version_of(ticket), "observed"),
        )
    label = version_label(policy, contract)
    result = StageResult(
        stage="protect",
        rows={"observed": written.rows},
        files={"observed": services.relative(written.path)},
        detail={"label": label, "messages": [f"The version may be called: {label}."]},
    )
    return Finished(result=result)
