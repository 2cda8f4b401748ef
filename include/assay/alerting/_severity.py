"""Severity of an incident, the routes that it takes, and whether it is escalated."""

from __future__ import annotations

from datetime import datetime, timedelta

from assay.alerting._quiet_hours import quiet_until
from assay.policy.alerting import AlertingPolicy, Matching, Severity
from assay.records.incidents import Incident


def severity_of(incident: Incident, policy: AlertingPolicy) -> Severity:
    """The severity of an incident: the first rule of the policy that matches, else ``normal``."""
    rules = (r.severity for r in policy.severities if matches(r, incident))
    return next(rules, Severity.NORMAL)


def matches(wanted: Matching, incident: Incident) -> bool:
    """Whether an incident has what a rule or a route asks for."""
    if wanted.outcomes and incident.outcome not in wanted.outcomes:
        return False
    codes = {str(r["code"]) for b in incident.batches for r in b.reasons}
    return not wanted.reasons or not codes.isdisjoint(wanted.reasons)


def escalation_due(
    incident: Incident, policy: AlertingPolicy, notified: datetime | None, now: datetime
) -> int | None:
    """The number of the escalation that is due for an open incident; None if none is due.

    Parameters
    ----------
    notified : datetime or None
        When the first message about it was sent, or should have been; None where no route leads
        anywhere: then since it was opened.

    Returns
    -------
    int or None
        From 1 to the policy's ``at_most``. What was missed while nobody looked isn't made up for:
        there is one step at a time. In quiet hours that its severity doesn't pierce, none is due.
    """
    rule, severity = policy.escalation, severity_of(incident, policy)
    if rule is None or severity not in rule.severities or incident.escalations >= rule.at_most:
        return None
    if incident.acknowledged is not None or incident.snoozed_until is not None:
        return None
    if quiet_until(policy.quiet_hours, now, severity):
        return None
    since = incident.escalated or notified or incident.opened
    late = now - since >= timedelta(minutes=rule.after_minutes)
    return incident.escalations + 1 if late else None
