"""Alerts between runs: reminders, escalations, digests, and messages that failed before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from assay.alerting import digest_prefix, escalation_due, held_until
from assay.errors import AssayError
from assay.policy.alerting import AlertingPolicy
from assay.policy.drift import DriftPolicy
from assay.reasons import ReasonCode
from assay.records.incidents import Incident, IncidentChange
from assay.stages.incidents._outbox import alerting_of, plan_between_runs, send_outbox
from assay.stages.incidents.late import update_late
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

_DEFINITION: Final = f"definition/{ReasonCode.NOT_LOADED}"
_EVERY: Final = "every batch"


def send_alerts(
    services: Services, transports: Mapping[str, Any], owner: str, airflow_url: str | None = None
) -> dict[str, Any]:
    """Send what is due: reminders after a snooze, escalations, and waiting messages.

    A data set that has run, and whose contract or drift policy no longer loads, has no schedule,
    so that no run would report it: that is an incident too, open until both load. So is a batch
    that is late by its contract's service level, open until it arrives.

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
        What happened to incidents about ``definitions`` and ``late`` batches, the incidents that
        were ``reminded`` of and ``escalated``, what became of each message, and by data set why an
        alerting policy is ``unreadable``.
    """
    policies, broken = _policies(services)
    _hold_backfill_digests(services, policies)
    found: dict[str, Any] = {
        "definitions": _definitions(services, policies, airflow_url),
        "late": _late(services, policies, airflow_url),
        "reminded": _remind(services, policies, airflow_url),
        "escalated": _escalate(services, policies, airflow_url),
    }
    return {**found, "messages": send_outbox(services, transports, owner), "unreadable": broken}


Alerting = tuple[str, AlertingPolicy]
Policies = Mapping[str, Alerting]


def _policies(services: Services) -> tuple[Policies, dict[str, str]]:
    """The policies that can be read: an unreadable one delays no other."""
    found, broken = {}, {}
    for dataset in services.project.datasets():
        try:
            found[dataset] = alerting_of(services, dataset)
        except AssayError as error:
            broken[dataset] = str(error)
    return found, broken


def _definitions(services: Services, policies: Policies, airflow_url: str | None) -> dict[str, str]:
    """Open an incident for each data set that no DAG can be made of; close those of the others.

    A data set that no run has seen yet is a draft: nobody waits for it.
    """
    changed = {}
    for dataset, (owner, policy) in policies.items():
        fault, now = _load_error(services, dataset), services.clock()
        known = _DEFINITION in services.catalog.incidents.checks_against(dataset, _EVERY)
        if not known and (fault is None or not services.catalog.batches.states(dataset)):
            continue
        with services.catalog.transaction():
            for change in _update_definition(services, dataset, fault, policy, now):
                plan_between_runs(services, change, (owner, policy), now, airflow_url)
                changed[dataset] = change.kind
    changed |= dict.fromkeys(_close_removed(services), "closed")
    return {dataset: kind for dataset, kind in changed.items() if kind != "unchanged"}


def _late(services: Services, policies: Policies, airflow_url: str | None) -> dict[str, str]:
    """Open and close the incidents of late batches."""
    changed: dict[str, str] = {}
    for dataset, (owner, policy) in policies.items():
        now = services.clock()
        with services.catalog.transaction():
            for change in update_late(services, dataset, policy, now):
                plan_between_runs(services, change, (owner, policy), now, airflow_url)
                changed[dataset] = change.kind
    return changed


def _close_removed(services: Services) -> list[str]:
    """Close the incidents of data sets whose contract was removed: nothing is left to repair."""
    datasets = services.project.datasets()
    gone = [
        incident.dataset
        for incident in services.catalog.incidents.find(state="open")
        if incident.check == _DEFINITION and incident.dataset not in datasets
    ]
    for dataset in gone:
        services.catalog.incidents.resolve_batch(
            dataset, _EVERY, how="passed", at=services.clock(), only=[_DEFINITION]
        )
    return gone


def _load_error(services: Services, dataset: str) -> Reason | None:
    """The reason why no DAG can be made of a data set; None if one can."""
    what = "contract"
    try:
        contract = services.project.contract(dataset)
        what = "drift policy"
        services.policy(contract, DriftPolicy)
    except Exception as error:
        cause = f"the {what} doesn't load, see assay check"
        message = str(error.problems[0] if isinstance(error, AssayError) else error)
        code, outcome = ReasonCode.NOT_LOADED, Outcome.FAIL
        return Reason(code=code, outcome=outcome, message=message, cause=cause)
    return None


def _update_definition(
    services: Services, dataset: str, fault: Reason | None, policy: AlertingPolicy, now: datetime
) -> list[IncidentChange]:
    if fault is None:
        return services.catalog.incidents.resolve_batch(
            dataset, _EVERY, how="passed", at=now, only=[_DEFINITION]
        )
    minutes = policy.continues_within_minutes
    within = timedelta(minutes=minutes) if minutes else None
    return [
        services.catalog.incidents.open_or_update(
            dataset, _DEFINITION, _EVERY, reasons=[fault], at=now, continues_within=within
        )
    ]


def _hold_backfill_digests(services: Services, policies: Policies) -> None:
    """Hold back the backfill digests of data sets that a run works on now."""
    now = services.clock()
    for dataset in {lease.dataset for lease in services.catalog.leases.live(now)}:
        _, policy = policies.get(dataset, (None, None))
        later = None if policy is None else held_until(policy, now)
        if later is not None:
            services.catalog.outbox.put_off(digest_prefix(dataset), hold=later)


def _remind(services: Services, policies: Policies, airflow_url: str | None) -> list[int]:
    now = services.clock()
    with services.catalog.transaction():
        changes = services.catalog.incidents.wake(now, policies)
        for change in changes:
            alerting = policies[change.incident.dataset]
            plan_between_runs(services, change, alerting, now, airflow_url)
    return [c.incident.id for c in changes if c.kind == "woken"]


def _escalate(services: Services, policies: Policies, airflow_url: str | None) -> list[int]:
    return [
        incident.id
        for incident in services.catalog.incidents.find(state="open")
        if incident.dataset in policies
        and _escalate_one(services, incident, policies[incident.dataset], airflow_url)
    ]


def _escalate_one(
    services: Services, incident: Incident, alerting: Alerting, airflow_url: str | None
) -> bool:
    now, (_, policy) = services.clock(), alerting
    notified = max(_notified_at(services, incident), default=None) if policy.escalation else None
    step = escalation_due(incident, policy, notified, now)
    if step is None:
        return False
    with services.catalog.transaction():
        change = services.catalog.incidents.escalate(incident.id, step=step, at=now)
        plan_between_runs(services, change, alerting, now, airflow_url)
    return change.kind == "escalated"


def _notified_at(services: Services, incident: Incident) -> Iterator[datetime]:
    """The times at which messages that ask for an answer were sent, or were due."""
    for item in services.catalog.outbox.about(f"incident/{incident.id}/"):
        if item.body.get("kind") in {"opened", "reopened", "reminded"}:
            yield item.hold or item.created
