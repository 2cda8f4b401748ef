"""Notification: the incidents of a model's predictions, opened and closed by feedback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from assay.alerting import AlertContext, incident_checks, send_due
from assay.policy.alerting import AlertingPolicy
from assay.reasons import ReasonCode
from assay.records.incidents import IncidentChange
from assay.stages.feedback._judge import STAGE
from assay.stages.feedback._records import dataset_of, read_judged
from assay.stages.feedback._spec import JudgedBatch
from assay.stages.incidents._outbox import alerting_of, plan_into_outbox
from assay.stages.models._records import TrainingRun, crash_cause
from assay.stages.services import Services
from assay.verdict import Outcome, Reason

JUDGE: Final = "judge"
"""The task that judges."""
_CRASHED: Final = f"{STAGE.name}_run/{ReasonCode.STAGE_CRASHED}"


def notify_feedback(
    services: Services,
    model: str,
    run_id: str,
    transports: Mapping[str, Any],
    *,
    key: str,
    run_url: str | None = None,
    airflow_url: str | None = None,
) -> dict[str, Any]:
    """Open and close the incidents of the judged batches, and send what is due.

    They go to the people in the alerting policy of the predictions' data set. A run that has left
    nothing has crashed.

    Parameters
    ----------
    key : str
        The batch that the run was asked about.

    Returns
    -------
    dict
        Check → what happened to its incident, and message → its state.
    """
    dataset = dataset_of(services, model)
    found = read_judged(services, dataset, model, run_id)
    owner, policy = alerting_of(services, dataset)
    context = AlertContext(owner, services.clock(), run_url, airflow_url)
    with services.catalog.transaction():
        if found is None:
            changes = [_crash(services, (dataset, model, run_id), key, policy)]
        else:
            changes = [c for one in found.batches for c in _changes(services, one, policy)]
            changes += _over(services, dataset, key)
        for change in changes:
            plan_into_outbox(services, change, policy, context)
    sender = f"{run_id}/{model}"
    sent = send_due(services.catalog.outbox, transports, services.clock, owner=sender)
    return {
        "incidents": {c.incident.check: c.kind for c in changes},
        "messages": {d.key: d.state for d in sent},
    }


def _changes(
    services: Services, judged: JudgedBatch, policy: AlertingPolicy
) -> list[IncidentChange]:
    spec, verdict = judged.spec, judged.finished.verdict
    failing = {} if verdict is None else incident_checks(verdict, policy)
    known = services.catalog.incidents.checks_against(spec.dataset, spec.batch)
    passed = [c for c in known if c.split("/")[0] == STAGE.name and c not in failing]
    now = services.clock()
    changes = services.catalog.incidents.resolve_batch(
        spec.dataset, spec.batch, how="passed", at=now, only=passed
    )
    rows = judged.finished.result.rows.get("misclassified")
    for check, reasons in failing.items():
        changes.append(
            services.catalog.incidents.open_or_update(
                spec.dataset, check, spec.batch, reasons=reasons, at=now, rows_affected=rows,
                run_id=spec.run_id, continues_within=_within(policy),
            )
        )  # fmt: skip
    return changes


def _crash(
    services: Services, run: TrainingRun, key: str, policy: AlertingPolicy
) -> IncidentChange:
    cause = crash_cause(services, run, JUDGE)
    what = "ended in an error" if cause else "left no result: its process was stopped"
    reason = Reason(
        code=ReasonCode.STAGE_CRASHED, outcome=Outcome.FAIL, cause=cause,
        message=f"feedback {what}, so that the predictions weren't judged",
    )  # fmt: skip
    return services.catalog.incidents.open_or_update(
        run[0], _CRASHED, key, reasons=[reason], at=services.clock(), run_id=run[2],
        continues_within=_within(policy),
    )  # fmt: skip


def _over(services: Services, dataset: str, key: str) -> list[IncidentChange]:
    """A crash on the same batch is over once it is judged."""
    return services.catalog.incidents.resolve_batch(
        dataset, key, how="passed", at=services.clock(), only=[_CRASHED]
    )


def _within(policy: AlertingPolicy) -> timedelta | None:
    minutes = policy.continues_within_minutes
    return timedelta(minutes=minutes) if minutes else None
