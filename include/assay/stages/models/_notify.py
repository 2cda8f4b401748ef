"""Notification: incidents about a model, opened and closed by what its gates found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from assay.alerting import AlertContext, incident_checks, send_due
from assay.policy.alerting import AlertingPolicy
from assay.reasons import ReasonCode
from assay.records.incidents import IncidentChange
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.stages.models import chain
from assay.stages.models._objects import load_record
from assay.stages.models._promote import HELD
from assay.stages.models._records import crash_cause
from assay.stages.models._training import Training
from assay.stages.models._versions import find_version, versions_of
from assay.stages.models.workspace import folder_of
from assay.stages.services import Services
from assay.verdict import Outcome, Reason, Verdict

_RUN: Final = "run"


def notify_training(
    run: Training,
    transports: Mapping[str, Any],
    crashed: str | None = None,
    airflow_url: str | None = None,
) -> dict[str, Any]:
    """Open and close incidents by what the gates found, and send what is due.

    They go to the people in the alerting policy of the data set that is learned from. An incident
    of a model is closed when a later version of it passes.

    Parameters
    ----------
    run : Training
        With the results of all stages that have run, ``promote`` among them.
    transports : mapping
        From ``assay.alerting.open_transports``.
    crashed : str, optional
        The stage that ended without a result.

    Returns
    -------
    dict
        Check → what happened to its incident, and message → its state.
    """
    changes = _record(run, crashed, airflow_url)
    sender = f"{run.spec.run_id}/{run.model}"
    sent = send_due(run.services.catalog.outbox, transports, run.services.clock, owner=sender)
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def notify_unpinned(
    services: Services,
    named: tuple[str, str, str],
    transports: Mapping[str, Any],
    run_url: str | None = None,
    airflow_url: str | None = None,
) -> dict[str, Any]:
    """Open the incident of a training run whose first task ended in an error.

    Parameters
    ----------
    named : tuple of str
        Data set, model and the run's id.
    """
    dataset, model, run_id = named
    owner, policy = alerting_of(services, dataset)
    context = AlertContext(owner, services.clock(), run_url, airflow_url)
    reason = _crash(chain.PIN, crash_cause(services, named, chain.PIN))
    with services.catalog.transaction():
        change = _open(services, (dataset, model), _crash_check(), policy, [reason], run_id)
        plan_into_outbox(services, change, policy, context)
    sent = send_due(services.catalog.outbox, transports, services.clock, owner=f"{run_id}/{model}")
    return {
        "incidents": {change.incident.check: change.kind},
        "messages": {d.key: d.state for d in sent},
    }


def _record(run: Training, crashed: str | None, airflow_url: str | None) -> list[IncidentChange]:
    """Change the incidents and plan the messages about them, in one transaction."""
    services = run.services
    owner, policy = alerting_of(services, run.dataset)
    context = AlertContext(owner, services.clock(), run.spec.run_url, airflow_url)
    with services.catalog.transaction():
        changes = _changes(run, policy, crashed)
        for change in changes:
            plan_into_outbox(services, change, policy, context)
    return changes


def _changes(run: Training, policy: AlertingPolicy, crashed: str | None) -> list[IncidentChange]:
    services, subject = run.services, (run.dataset, run.model)
    failing = _failing(run, policy, crashed)
    known = services.catalog.incidents.checks_against(run.dataset, folder_of(run.model))
    over = _over(run, crashed)
    passed = [c for c in known if c not in failing and (_room_of(c) in over or _decided(run))]
    changes = services.catalog.incidents.resolve_batch(
        run.dataset, folder_of(run.model), how="passed", at=services.clock(), only=passed
    )
    changes += [
        _open(services, subject, check, policy, reasons, run.spec.run_id)
        for check, reasons in failing.items()
    ]
    return changes


def _open(
    services: Services,
    subject: tuple[str, str],
    check: str,
    policy: AlertingPolicy,
    reasons: list[Reason],
    run_id: str,
) -> IncidentChange:
    dataset, model = subject
    minutes = policy.continues_within_minutes
    return services.catalog.incidents.open_or_update(
        dataset,
        check,
        folder_of(model),
        reasons=reasons,
        at=services.clock(),
        run_id=run_id,
        continues_within=timedelta(minutes=minutes) if minutes else None,
    )


def _failing(run: Training, policy: AlertingPolicy, crashed: str | None) -> dict[str, list[Reason]]:
    """Check of the model → why it fails, as far as the alerting policy wants it opened."""
    failing = dict[str, list[Reason]]()
    for verdict in _verdicts(run) if _state(run) == HELD else ():
        found = incident_checks(verdict, policy)
        failing |= {f"model_{check}": reasons for check, reasons in found.items()}
    if crashed is not None:
        cause = crash_cause(run.services, (run.dataset, run.model, run.spec.run_id), crashed)
        failing[_crash_check()] = [_crash(crashed, cause)]
    return failing


def _state(run: Training) -> str | None:
    """What was decided of the model's newest version; None if the run is about no such one.

    A run that was killed before this notification is known when it is asked for again.
    """
    decided = run.done.get(chain.PROMOTE)
    if decided is None or decided.version != versions_of(run.services, run.model)[-1].name:
        return None
    return decided.state


def _verdicts(run: Training) -> list[Verdict]:
    """What the gates said in this run, or in the one that has registered its version."""
    if run.spec.known is None:
        return [f.verdict for f in run.results.values() if f.verdict is not None]
    return list(load_record(run.services, find_version(run.services, run.spec.known)).verdicts)


def _over(run: Training, crashed: str | None) -> set[str]:
    """What a run has judged, so that a failure of an earlier one in it may be over."""
    if crashed is not None:
        return set()
    judged = _verdicts(run) if _state(run) else []
    return {_RUN, *(verdict.gate for verdict in judged)}


def _decided(run: Training) -> bool:
    """Whether the newest version passed, so that what an earlier one failed is over."""
    return _state(run) not in {None, HELD}


def _room_of(check: str) -> str:
    return check.split("/", maxsplit=1)[0].removeprefix("model_")


def _crash_check() -> str:
    return f"model_{_RUN}/{ReasonCode.STAGE_CRASHED}"


def _crash(stage: str, cause: str | None) -> Reason:
    what = "ended in an error" if cause else "left no result, and no error: its process was stopped"
    message = f"{stage.replace('_', ' ')} {what}, so that no version was decided on"
    return Reason(code=ReasonCode.STAGE_CRASHED, outcome=Outcome.FAIL, message=message, cause=cause)
