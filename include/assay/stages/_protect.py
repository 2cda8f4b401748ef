"""Nothing goes past here that leads to a person by itself."""

from __future__ import annotations

from assay import engine
from assay.policy.privacy import PrivacyPolicy
from assay.privacy import protect as protect_rows
from assay.privacy import version_label
from assay.stages._audit import keep_audit
from assay.stages._office import Office
from assay.stages._tables import landed, worked
from assay.stages._ticket import StageResult, Ticket
from assay.stages._work import Finished, once, version_of, work_path


def protect(office: Office, ticket: Ticket) -> StageResult:
    """Write the observed table: every row that parsed, protected, quarantined ones marked.

    Protected attributes that it removes go to the audit partition, for the fairness gate alone.
    """
    result = once(office, ticket, "protect", lambda: _protected(office, ticket))
    keep_audit(office, ticket)
    return result


def _protected(office: Office, ticket: Ticket) -> Finished:
    contract = office.project.contract(ticket.dataset)
    policy = office.policy(contract, "privacy", PrivacyPolicy)
    with office.session() as con:
        observed = protect_rows(
            con,
            landed(office, ticket, con),
            worked(office, ticket, con, "marks_raw.parquet"),
            contract,
            policy,
            office.key,
        )
        written = engine.write_parquet(
            con,
            observed,
            work_path(office, ticket, "observed.parquet"),
            [engine.ROW],
            nonce=office.registry.nonce(version_of(ticket), "observed"),
        )
    label = version_label(policy, contract)
    result = StageResult(
        stage="protect",
        rows={"observed": written.rows},
        files={"observed": office.relative(written.path)},
        detail={"label": label, "messages": [f"The version may be called: {label}."]},
    )
    return Finished(result=result)
