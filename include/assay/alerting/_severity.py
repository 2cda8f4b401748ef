"""How much an incident presses, and which routes it takes."""

from __future__ import annotations

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
