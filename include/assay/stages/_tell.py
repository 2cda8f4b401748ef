"""What falls due between runs: reminders, escalations, digests, and what could not be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from assay.alerting import (
    AlertContext,
    digest_prefix,
    escalation_due,
    held_until,
    send_due,
)
from assay.catalog import Incident
from assay.contract import Contract
from assay.errors import AssayError
from assay.policy.alerting import AlertingPolicy
from assay.stages._notify import plan_into_outbox
from assay.stages._office import Office


def tell(
    office: Office, transports: Mapping[str, Any], *, owner: str, airflow_url: str | None = None
) -> dict[str, Any]:
    """End snoozes, call others in where nobody answered, and send everything that is due.

    Safe to call always and by many at once; the more often, the more punctual.

    Parameters
    ----------
    transports : mapping
        From ``assay.alerting.open_transports``.
    owner : str
        Who sends, for the claims.
    airflow_url : str, optional
        For links.

    Returns
    -------
    dict
        Incidents that were ``reminded`` of and ``escalated``, what became of each message, and
        the data sets whose alerting policy can't be read.
    """
    policies, broken = _policies(office)
    _wait_for_backfills(office, policies)
    reminded = _remind(office, policies, airflow_url)
    escalated = _escalate(office, policies, airflow_url)
    sent = send_due(office.catalog, transports, office.clock, owner=owner)
    return {
        "reminded": reminded,
        "escalated": escalated,
        "messages": {d.key: d.error or d.state for d in sent},
        "unreadable": broken,
    }


def alerting_of(office: Office, dataset: str) -> tuple[Contract, AlertingPolicy]:
    """A data set's contract and alerting policy."""
    contract = office.project.contract(dataset)
    return contract, office.policy(contract, "alerting", AlertingPolicy)


Policies = Mapping[str, tuple[Contract, AlertingPolicy]]


def _policies(office: Office) -> tuple[Policies, list[str]]:
    """The policies that can be read: one that can't keeps nobody else waiting."""
    found, broken = {}, []
    for dataset in office.project.datasets():
        try:
            found[dataset] = alerting_of(office, dataset)
        except AssayError:
            broken.append(dataset)
    return found, broken


def _wait_for_backfills(office: Office, policies: Policies) -> None:
    """A data set that a run works on isn't quiet yet."""
    now = office.clock()
    for dataset in {lease.dataset for lease in office.catalog.live_leases(now)}:
        _, policy = policies.get(dataset, (None, None))
        if policy is not None and policy.backfills:
            later = held_until(policy, now)
            office.catalog.outbox_put_off(digest_prefix(dataset), hold=later)


def _remind(office: Office, policies: Policies, airflow_url: str | None) -> list[int]:
    now = office.clock()
    with office.catalog.transaction():
        changes = office.catalog.wake_incidents(now, policies)
        for change in changes:
            contract, policy = policies[change.incident.dataset]
            context = AlertContext(contract.owner, now, airflow_url=airflow_url)
            plan_into_outbox(office, change, policy, context)
    return [c.incident.id for c in changes if c.kind == "woken"]


def _escalate(office: Office, policies: Policies, airflow_url: str | None) -> list[int]:
    return [
        incident.id
        for incident in office.catalog.incidents(state="open")
        if incident.dataset in policies
        and _escalate_one(office, incident, *policies[incident.dataset], airflow_url)
    ]


def _escalate_one(
    office: Office,
    incident: Incident,
    contract: Contract,
    policy: AlertingPolicy,
    airflow_url: str | None,
) -> bool:
    now = office.clock()
    told = max(_told(office, incident), default=None) if policy.escalation else None
    step = escalation_due(incident, policy, told, now)
    if step is None:
        return False
    with office.catalog.transaction():
        change = office.catalog.escalate_incident(incident.id, step=step, at=now)
        context = AlertContext(contract.owner, now, airflow_url=airflow_url)
        plan_into_outbox(office, change, policy, context)
    return change.kind == "escalated"


def _told(office: Office, incident: Incident) -> Iterator[datetime]:
    """When the messages about an incident were sent that ask for an answer, or should have been."""
    for item in office.catalog.outbox_about(f"incident/{incident.id}/"):
        if item.body.get("kind") in {"opened", "reopened", "reminded"}:
            yield item.hold or item.created
