"""From a change of an incident to the messages in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assay.alerting import AlertContext, plan_messages
from assay.catalog import IncidentChange
from assay.policy.alerting import AlertingPolicy
from assay.stages._office import Office

_WITHDRAWN: Final[Mapping[str, str]] = {
    "reopened": "closed-",
    "acknowledged": "escalated-",
    "snoozed": "",
}
"""Change of an incident → how the keys begin of messages that it makes pointless."""


def plan_into_outbox(
    office: Office, change: IncidentChange, policy: AlertingPolicy, context: AlertContext
) -> None:
    """Plan what a change calls for, and take back what it makes pointless; in its transaction."""
    start, prefix = f"incident/{change.incident.id}/", _WITHDRAWN.get(change.kind)
    if change.kind == "closed" and change.incident.resolution == "dismissed":
        prefix = ""
    if prefix is not None:
        office.catalog.outbox_withdraw(start + prefix)
    for planned in plan_messages(change, policy, context):
        message = planned.message
        office.catalog.outbox_add(
            message.key,
            message.body(),
            at=context.at,
            due=planned.due,
            thread=planned.thread,
            bundle=planned.bundle,
            hold=planned.hold,
        )
