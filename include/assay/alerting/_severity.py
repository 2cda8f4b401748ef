"""How much an incident presses, and which routes it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from assay.policy.alerting import AlertingPolicy, Matching, Severity
from assay.verdict import Outcome


class AffectedLike(Protocol):
    """A batch of an incident."""

    @property
    def batch(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def run_id(self) -> str | None: ...
    @property
    def reasons(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def rows_affected(self) -> int | None: ...


class IncidentLike(Protocol):
    """An incident, as the catalog gives it."""

    @property
    def id(self) -> int: ...
    @property
    def dataset(self) -> str: ...
    @property
    def check(self) -> str: ...
    @property
    def outcome(self) -> Outcome: ...
    @property
    def opened(self) -> datetime: ...
    @property
    def closed(self) -> datetime | None: ...
    @property
    def batches(self) -> Sequence[AffectedLike]: ...
    @property
    def resolution(self) -> str | None: ...
    @property
    def reopened(self) -> int: ...
    @property
    def acknowledged(self) -> datetime | None: ...
    @property
    def snoozed_until(self) -> datetime | None: ...
    @property
    def reminders(self) -> int: ...
    @property
    def escalations(self) -> int: ...
    @property
    def escalated(self) -> datetime | None: ...


def severity_of(incident: IncidentLike, policy: AlertingPolicy) -> Severity:
    """How much an incident presses: the first rule of the policy that matches, else ``normal``.

    Parameters
    ----------
    incident : IncidentLike
    policy : AlertingPolicy
    """
    rules = (r.severity for r in policy.severities if matches(r, incident))
    return next(rules, Severity.NORMAL)


def matches(wanted: Matching, incident: IncidentLike) -> bool:
    """Whether an incident has what a rule or a route asks for."""
    if wanted.outcomes and incident.outcome not in wanted.outcomes:
        return False
    codes = {str(r["code"]) for b in incident.batches for r in b.reasons}
    return not wanted.reasons or not codes.isdisjoint(wanted.reasons)
