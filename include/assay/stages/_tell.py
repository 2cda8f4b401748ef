"""What falls due between runs: reminders, escalations, digests, and what could not be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from assay.alerting import (
    AlertContext,
    digest_prefix,
    escalation_due,
    held_until,
    send_due,
)
from assay.catalog import Incident, IncidentChange
from assay.errors import AssayError
from assay.policy.alerting import AlertingPolicy
from assay.policy.drift import DriftPolicy
from assay.stages._office import Office
from assay.stages._outbox import alerting_of, plan_into_outbox
from assay.verdict import Outcome, Reason

NOT_LOADED: Final = "not_loaded"
_DEFINITION: Final = f"definition/{NOT_LOADED}"
_EVERY: Final = "every batch"


def tell(
    office: Office, transports: Mapping[str, Any], *, owner: str, airflow_url: str | None = None
) -> dict[str, Any]:
    """End snoozes, call others in where nobody answered, and send everything that is due.

    A data set that has run, and whose contract or drift policy no longer loads, has no schedule,
    so that no run would tell of it: that is an incident too, open until both load.

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
        What happened to incidents about ``definitions``, the incidents that were ``reminded`` of
        and ``escalated``, what became of each message, and by data set why an alerting policy is
        ``unreadable``.
    """
    policies, broken = _policies(office)
    _wait_for_backfills(office, policies)
    definitions = _definitions(office, policies, airflow_url)
    reminded = _remind(office, policies, airflow_url)
    escalated = _escalate(office, policies, airflow_url)
    sent = send_due(office.catalog, transports, office.clock, owner=owner)
    return {
        "definitions": definitions,
        "reminded": reminded,
        "escalated": escalated,
        "messages": {d.key: d.error or d.state for d in sent},
        "unreadable": broken,
    }


Policies = Mapping[str, tuple[str, AlertingPolicy]]


def _policies(office: Office) -> tuple[Policies, dict[str, str]]:
    """The policies that can be read: one that can't keeps nobody else waiting."""
    found, broken = {}, {}
    for dataset in office.project.datasets():
        try:
            found[dataset] = alerting_of(office, dataset)
        except AssayError as error:
            broken[dataset] = str(error)
    return found, broken


def _definitions(office: Office, policies: Policies, airflow_url: str | None) -> dict[str, str]:
    """Open an incident for each data set that no DAG can be made of; close those of the others.

    A data set that no run has seen yet is a draft: nobody waits for it.
    """
    changed = {}
    for dataset, (owner, policy) in policies.items():
        fault, now = _fault(office, dataset), office.clock()
        known = _DEFINITION in office.catalog.checks_against(dataset, _EVERY)
        if not known and (fault is None or not office.catalog.states(dataset)):
            continue
        with office.catalog.transaction():
            for change in _define(office, dataset, fault, policy, now):
                context = AlertContext(owner, now, airflow_url=airflow_url)
                plan_into_outbox(office, change, policy, context)
                changed[dataset] = change.kind
    changed |= dict.fromkeys(_close_removed(office), "closed")
    return {dataset: kind for dataset, kind in changed.items() if kind != "unchanged"}


def _close_removed(office: Office) -> list[str]:
    """A data set whose contract was removed has nothing left to mend, and nobody to tell."""
    datasets = office.project.datasets()
    gone = [
        incident.dataset
        for incident in office.catalog.incidents(state="open")
        if incident.check == _DEFINITION and incident.dataset not in datasets
    ]
    for dataset in gone:
        office.catalog.resolve_batch_in_incidents(
            dataset, _EVERY, how="passed", at=office.clock(), only=[_DEFINITION]
        )
    return gone


def _fault(office: Office, dataset: str) -> Reason | None:
    """Why no DAG can be made of a data set."""
    what = "contract"
    try:
        contract = office.project.contract(dataset)
        what = "drift policy"
        office.policy(contract, "drift", DriftPolicy)
    except Exception as error:
        cause = f"the {what} doesn't load, see assay check"
        message = str(error.problems[0] if isinstance(error, AssayError) else error)
        return Reason(code=NOT_LOADED, outcome=Outcome.FAIL, message=message, cause=cause)
    return None


def _define(
    office: Office, dataset: str, fault: Reason | None, policy: AlertingPolicy, now: datetime
) -> list[IncidentChange]:
    if fault is None:
        return office.catalog.resolve_batch_in_incidents(
            dataset, _EVERY, how="passed", at=now, only=[_DEFINITION]
        )
    minutes = policy.continues_within_minutes
    return [
        office.catalog.open_or_update_incident(
            dataset,
            _DEFINITION,
            _EVERY,
            reasons=[fault],
            at=now,
            continues_within=timedelta(minutes=minutes) if minutes else None,
        )
    ]


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
            owner, policy = policies[change.incident.dataset]
            context = AlertContext(owner, now, airflow_url=airflow_url)
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
    owner: str,
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
        context = AlertContext(owner, now, airflow_url=airflow_url)
        plan_into_outbox(office, change, policy, context)
    return change.kind == "escalated"


def _told(office: Office, incident: Incident) -> Iterator[datetime]:
    """When the messages about an incident were sent that ask for an answer, or should have been."""
    for item in office.catalog.outbox_about(f"incident/{incident.id}/"):
        if item.body.get("kind") in {"opened", "reopened", "reminded"}:
            yield item.hold or item.created
