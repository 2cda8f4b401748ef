"""Who has to know, told once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from assay.alerting import AlertContext, incident_checks, plan_messages, send_due
from assay.catalog import IncidentChange
from assay.policy.alerting import AlertingPolicy
from assay.stages._office import Office
from assay.stages._ticket import StageResult, Ticket
from assay.verdict import Outcome, Reason

CRASHED: Final = "stage_crashed"
_RUN: Final = "run"


def notify(
    office: Office,
    ticket: Ticket,
    done: dict[str, StageResult],
    transports: Mapping[str, Any],
    crashed: str | None = None,
) -> dict[str, Any]:
    """Open and close incidents by what the gates said, and hand their messages over.

    A rehearsal (stopped before the release) tells nobody.

    Parameters
    ----------
    transports : mapping
        From ``assay.alerting.open_transports``.
    crashed : str, optional
        The stage that ended without a result.

    Returns
    -------
    dict
        Check → what happened to its incident, and message → what became of it.
    """
    contract = office.project.contract(ticket.dataset)
    policy = office.policy(contract, "alerting", AlertingPolicy)
    context = AlertContext(owner=contract.owner, run_url=ticket.run_url)
    now = office.clock()
    changes: list[IncidentChange] = []
    if not ticket.asked.stop_before_release:
        with office.catalog.transaction():
            changes = _changes(office, ticket, done, policy, crashed)
            for change in changes:
                for message in plan_messages(change, policy, context):
                    office.catalog.outbox_add(message.key, message.body(), at=now)
    sent = send_due(office.catalog, transports, now, owner=f"{ticket.run_id}/{ticket.batch}")
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def _changes(
    office: Office,
    ticket: Ticket,
    done: dict[str, StageResult],
    policy: AlertingPolicy,
    crashed: str | None,
) -> list[IncidentChange]:
    failing = _failing(office, ticket, policy, crashed)
    forced = "release" in done and done["release"].detail.get("state") == "forced"
    now, rows = office.clock(), _affected(done)
    judged = {*done, _RUN} if crashed is None else {_RUN}
    stale = [
        i.check
        for i in office.catalog.incidents(ticket.dataset, state="open")
        if i.check.split("/")[0] in judged and i.check not in failing
    ]
    resolved = office.catalog.resolve_batch_in_incidents(
        ticket.dataset, ticket.batch, how="passed", at=now, only=stale
    )
    opened = [
        office.catalog.open_or_update_incident(
            ticket.dataset,
            check,
            ticket.batch,
            reasons=reasons,
            at=now,
            rows_affected=rows.get(check.split("/")[0]),
            run_id=ticket.run_id,
        )
        for check, reasons in failing.items()
    ]
    if forced:
        opened += office.catalog.resolve_batch_in_incidents(
            ticket.dataset, ticket.batch, how="forced", at=now
        )
    return [*resolved, *opened]


def _failing(
    office: Office, ticket: Ticket, policy: AlertingPolicy, crashed: str | None
) -> dict[str, list[Reason]]:
    key = ticket.version or ticket.run_id
    failing: dict[str, list[Reason]] = {}
    for record in office.catalog.verdicts(ticket.dataset, ticket.batch, key, run_id=ticket.run_id):
        failing |= incident_checks(record.verdict, policy)
    if crashed is not None:
        reason = Reason(code=CRASHED, outcome=Outcome.FAIL, message=f"{crashed} ended in an error")
        failing[f"{_RUN}/{CRASHED}"] = [reason]
    return failing


def _affected(done: dict[str, StageResult]) -> dict[str, int]:
    """Rows that each gate set aside, by gate; the rest holds the whole batch."""
    return {t: r.rows["quarantined"] for t, r in done.items() if r.rows.get("quarantined")}
