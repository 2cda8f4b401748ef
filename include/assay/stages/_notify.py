"""Who has to know, told once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from assay.alerting import (
    AlertContext,
    digest_prefix,
    held_until,
    incident_checks,
    send_due,
)
from assay.catalog import IncidentChange
from assay.policy.alerting import AlertingPolicy
from assay.stages._office import Office
from assay.stages._outbox import alerting_of, plan_into_outbox
from assay.stages._release import CRASHED, crash, settle
from assay.stages._ticket import StageResult, Ticket
from assay.verdict import Reason

_RUN: Final = "run"


def notify(
    office: Office,
    ticket: Ticket,
    done: dict[str, StageResult],
    transports: Mapping[str, Any],
    crashed: str | None = None,
    airflow_url: str | None = None,
) -> dict[str, Any]:
    """Open and close incidents by what the gates said, and hand their messages over.

    A rehearsal (stopped before the release) tells nobody.

    Parameters
    ----------
    transports : mapping
        From ``assay.alerting.open_transports``.
    crashed : str, optional
        The stage that ended without a result.
    airflow_url : str, optional
        Where incidents are answered.

    Returns
    -------
    dict
        Check → what happened to its incident, and message → what became of it.
    """
    crashed = crashed or settle(office, ticket, done)
    changes: list[IncidentChange] = []
    if not ticket.asked.stop_before_release:
        changes = _record(office, ticket, done, crashed, airflow_url)
    sender = f"{ticket.run_id}/{ticket.batch}"
    sent = send_due(office.catalog, transports, office.clock, owner=sender)
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def _record(
    office: Office,
    ticket: Ticket,
    done: dict[str, StageResult],
    crashed: str | None,
    airflow_url: str | None,
) -> list[IncidentChange]:
    """Change the incidents, with the messages about it, as one."""
    owner, policy = alerting_of(office, ticket.dataset)
    backfill = ticket.run_type == "backfill"
    context = AlertContext(owner, office.clock(), ticket.run_url, airflow_url, backfill=backfill)
    with office.catalog.transaction():
        changes = _changes(office, ticket, done, policy, crashed)
        for change in changes:
            plan_into_outbox(office, change, policy, context)
        if backfill and policy.backfills:
            later = held_until(policy, context.at)
            office.catalog.outbox_put_off(digest_prefix(ticket.dataset), hold=later)
    return changes


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
        check
        for check in office.catalog.checks_against(ticket.dataset, ticket.batch)
        if check.split("/")[0] in judged and check not in failing
    ]
    resolved = office.catalog.resolve_batch_in_incidents(
        ticket.dataset, ticket.batch, how="passed", at=now, only=stale
    )
    minutes = policy.continues_within_minutes
    opened = [
        office.catalog.open_or_update_incident(
            ticket.dataset,
            check,
            ticket.batch,
            reasons=reasons,
            at=now,
            rows_affected=rows.get(check.split("/")[0]),
            run_id=ticket.run_id,
            continues_within=timedelta(minutes=minutes) if minutes else None,
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
        failing[f"{_RUN}/{CRASHED}"] = [crash(crashed)]
    return failing


def _affected(done: dict[str, StageResult]) -> dict[str, int]:
    """Rows that each gate set aside, by gate; the rest holds the whole batch."""
    return {t: r.rows["quarantined"] for t, r in done.items() if r.rows.get("quarantined")}
