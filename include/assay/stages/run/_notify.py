"""Notification: incidents opened and closed by what the gates found, and their messages."""

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
from assay.errors import AssayError
from assay.policy.alerting import AlertingPolicy
from assay.reasons import ReasonCode
from assay.records.incidents import IncidentChange
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.stages.incidents.late import LATE, is_late, late_reason
from assay.stages.run import chain
from assay.stages.run._records import crash_cause
from assay.stages.run._run import Run
from assay.verdict import NOT_JUDGED, Outcome, Reason

_RUN: Final = "run"
_DELIVERY, _MISSING = LATE.split("/", maxsplit=1)[0], f"{chain.INGEST}/{ReasonCode.SOURCE_MISSING}"


def notify(
    run: Run,
    transports: Mapping[str, Any],
    crashed: str | None = None,
    airflow_url: str | None = None,
) -> dict[str, Any]:
    """Open and close incidents by what the gates found, and send what is due.

    A rehearsal (stopped before the release) notifies nobody.

    Parameters
    ----------
    run : Run
        With the results of all stages that have run, ``release`` among them.
    transports : mapping
        From ``assay.alerting.open_transports``.
    crashed : str, optional
        The stage that ended without a result.
    airflow_url : str, optional
        Where incidents are answered.

    Returns
    -------
    dict
        Check → what happened to its incident, and message → its state.
    """
    changes: list[IncidentChange] = []
    if not run.spec.asked.stop_before_release:
        changes = _record(run, crashed, airflow_url)
    sender = f"{run.spec.run_id}/{run.batch}"
    sent = send_due(run.services.catalog.outbox, transports, run.services.clock, owner=sender)
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def _record(run: Run, crashed: str | None, airflow_url: str | None) -> list[IncidentChange]:
    """Change the incidents and plan the messages about them, in one transaction."""
    services, backfill = run.services, run.spec.run_type == "backfill"
    owner, policy = alerting_of(services, run.dataset)
    context = AlertContext(
        owner, services.clock(), run.spec.run_url, airflow_url, backfill=backfill
    )
    with services.catalog.transaction():
        changes = _changes(run, policy, crashed)
        for change in changes:
            plan_into_outbox(services, change, policy, context)
        later = held_until(policy, context.at) if backfill else None
        if later is not None:
            services.catalog.outbox.put_off(digest_prefix(run.dataset), hold=later)
    return changes


def _changes(run: Run, policy: AlertingPolicy, crashed: str | None) -> list[IncidentChange]:
    incidents, failing = run.services.catalog.incidents, _failing(run, policy, crashed)
    now, rows = run.services.clock(), _affected(run)
    judging = {name for name, result in run.done.items() if result.word != NOT_JUDGED}
    judged = {*judging, _RUN} if crashed is None else {_RUN}
    judged |= {_DELIVERY} if run.spec.input_sha else set()
    passed = [
        check
        for check in incidents.checks_against(run.dataset, run.batch)
        if (run.not_expected or check.split("/")[0] in judged) and check not in failing
    ]
    changes = incidents.resolve_batch(run.dataset, run.batch, how="passed", at=now, only=passed)
    minutes = policy.continues_within_minutes
    changes += [
        incidents.open_or_update(
            run.dataset,
            check,
            run.batch,
            reasons=reasons,
            at=now,
            rows_affected=rows.get(check.split("/")[0]),
            run_id=run.spec.run_id,
            continues_within=timedelta(minutes=minutes) if minutes else None,
        )
        for check, reasons in failing.items()
    ]
    if (ended := run.done.get(chain.RELEASE)) and ended.state == "forced":
        changes += incidents.resolve_batch(run.dataset, run.batch, how="forced", at=now)
    return changes


def _failing(run: Run, policy: AlertingPolicy, crashed: str | None) -> dict[str, list[Reason]]:
    failing = dict[str, list[Reason]]()
    for finished in run.results.values():
        if finished.verdict is not None:
            failing |= incident_checks(finished.verdict, policy)
    if crashed is not None:
        failing[f"{_RUN}/{ReasonCode.STAGE_CRASHED}"] = [_crash(crashed, crash_cause(run, crashed))]
    return _by_service_level(run, policy, failing)


def _by_service_level(
    run: Run, policy: AlertingPolicy, failing: dict[str, list[Reason]]
) -> dict[str, list[Reason]]:
    """Where the contract says when a batch is due, one that isn't there is an incident from then.

    It is the one that is opened between runs, whether a run looked for the batch or not.
    """
    if _MISSING not in failing:
        return failing
    try:
        contract = run.services.project.contract(run.dataset)  # its calendar as it is now
    except AssayError:
        return failing
    if contract.punctuality is None:
        return failing
    found = {check: reasons for check, reasons in failing.items() if check != _MISSING}
    if is_late(contract, run.batch, run.services.clock()):
        late = late_reason(contract, run.batch)
        found |= {LATE: [late]} if late.outcome in policy.opens else {}
    return found


def _crash(stage: str, cause: str | None) -> Reason:
    """The reason of a run that ended in an error, with the error where it is known."""
    what = "ended in an error" if cause else "left no result, and no error: its process was stopped"
    message = f"{stage.replace('_', ' ')} {what}, so the run decided nothing"
    return Reason(code=ReasonCode.STAGE_CRASHED, outcome=Outcome.FAIL, message=message, cause=cause)


def _affected(run: Run) -> dict[str, int]:
    """Rows that each gate set aside, by gate; the rest holds the whole batch."""
    return {t: r.rows["quarantined"] for t, r in run.done.items() if r.rows.get("quarantined")}
