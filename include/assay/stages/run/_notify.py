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
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import IncidentChange
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.stages.run._release import CRASHED, crash, settle
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.services import Services
from assay.verdict import Reason

_RUN: Final = "run"


def notify(
    services: Services,
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
    crashed = crashed or settle(services, ticket, done)
    changes: list[IncidentChange] = []
    if not ticket.asked.stop_before_release:
        changes = _record(services, ticket, done, crashed, airflow_url)
    sender = f"{ticket.run_id}/{ticket.batch}"
    sent = send_due(services.catalog.outbox, transports, services.clock, owner=sender)
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def _record(
    services: Services,
    ticket: Ticket,
    done: dict[str, StageResult],
    crashed: str | None,
    airflow_url: str | None,
) -> list[IncidentChange]:
    """Change the incidents, with the messages about it, as one."""
    owner, policy = alerting_of(services, ticket.dataset)
    backfill = ticket.run_type == "backfill"
    context = AlertContext(owner, services.clock(), ticket.run_url, airflow_url, backfill=backfill)
    with services.catalog.transaction():
        changes = _changes(services, ticket, done, policy, crashed)
        for change in changes:
            plan_into_outbox(services, change, policy, context)
        if backfill and policy.backfills:
            later = held_until(policy, context.at)
            services.catalog.outbox.put_off(digest_prefix(ticket.dataset), hold=later)
    return changes


def _changes(
    services: Services,
    ticket: Ticket,
    done: dict[str, StageResult],
    policy: AlertingPolicy,
    crashed: str | None,
) -> list[IncidentChange]:
    failing = _failing(services, ticket, policy, crashed)
    forced = "release" in done and done["release"].detail.get("state") == "forced"
    now, rows = services.clock(), _affected(done)
    judged = {*done, _RUN} if crashed is None else {_RUN}
    stale = [
        check
        for check in services.catalog.incidents.checks_against(ticket.dataset, ticket.batch)
        if check.split("/")[0] in judged and check not in failing
    ]
    resolved = services.catalog.incidents.resolve_batch(
        ticket.dataset, ticket.batch, how="passed", at=now, only=stale
    )
    minutes = policy.continues_within_minutes
    opened = [
        services.catalog.incidents.open_or_update(
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
        opened += services.catalog.incidents.resolve_batch(
            ticket.dataset, ticket.batch, how="forced", at=now
        )
    return [*resolved, *opened]


def _failing(
    services: Services, ticket: Ticket, policy: AlertingPolicy, crashed: str | None
) -> dict[str, list[Reason]]:
    key = ticket.version or ticket.run_id
    failing: dict[str, list[Reason]] = {}
    for record in services.catalog.verdicts.find(
        ticket.dataset, ticket.batch, key, run_id=ticket.run_id
    ):
        failing |= incident_checks(record.verdict, policy)
    if crashed is not None:
        failing[f"{_RUN}/{CRASHED}"] = [crash(crashed)]
    return failing


def _affected(done: dict[str, StageResult]) -> dict[str, int]:
    """Rows that each gate set aside, by gate; the rest holds the whole batch."""
    return {t: r.rows["quarantined"] for t, r in done.items() if r.rows.get("quarantined")}
