"""From a change of an incident to the messages in the outbox, by the data set's own policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from assay.alerting import AlertContext, plan_messages, send_due
from assay.errors import AssayError
from assay.policy import load_policy
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import IncidentChange
from assay.stages.services import Services

_NO_OWNER: Final = "not known, the contract doesn't load"
_WITHDRAWN: Final[Mapping[str, str]] = {
    "reopened": "closed-",
    "acknowledged": "escalated-",
    "snoozed": "",
}
"""Change of an incident → the start of the keys of messages that it makes pointless."""


def alerting_of(services: Services, dataset: str) -> tuple[str, AlertingPolicy]:
    """A data set's owner and alerting policy, which is readable where the contract isn't.

    Raises
    ------
    PolicyError
        The policy doesn't load.
    """
    policy = load_policy(services.project.policy(dataset, "alerting"), AlertingPolicy)
    if policy.owner:
        return policy.owner, policy
    try:
        return services.project.contract(dataset).owner, policy
    except AssayError:
        return _NO_OWNER, policy


def plan_between_runs(
    services: Services, change: IncidentChange, alerting: tuple[str, AlertingPolicy], at: datetime,
    airflow_url: str | None,
) -> None:  # fmt: skip
    """Plan the messages about a change that no run made, by :func:`plan_into_outbox`."""
    owner, policy = alerting
    context = AlertContext(owner, at, airflow_url=airflow_url)
    plan_into_outbox(services, change, policy, context)


def send_outbox(services: Services, transports: Mapping[str, Any], owner: str) -> dict[str, str]:
    """Send what is due; message → what became of it."""
    sent = send_due(services.catalog.outbox, transports, services.clock, owner=owner)
    return {d.key: d.error or d.state for d in sent}


def plan_into_outbox(
    services: Services, change: IncidentChange, policy: AlertingPolicy, context: AlertContext
) -> None:
    """Put the messages about a change into the outbox, and withdraw those that it makes pointless.

    Call it in the transaction of the change.

    What was held back until the quiet hours end, and presses now, waits no longer.
    """
    start, prefix = f"incident/{change.incident.id}/", _WITHDRAWN.get(change.kind)
    if change.kind == "closed" and change.incident.resolution == "dismissed":
        prefix = ""
    if prefix is not None:
        services.catalog.outbox.withdraw(start + prefix)
    sent = [item.body for item in services.catalog.outbox.first(start)]
    for planned in plan_messages(change, policy, context, sent):
        message = planned.message
        added = services.catalog.outbox.add(
            message.key, message.body(), at=context.at, due=planned.due, thread=planned.thread,
            bundle=planned.bundle, hold=planned.hold,
        )  # fmt: skip
        if not added and planned.hold is None and message.kind == "opened":
            services.catalog.outbox.bring_forward(message.key, at=context.at)
