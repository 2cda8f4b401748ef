"""From a change of an incident to the messages about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from assay.alerting._message import Message, MessageBatch, MessageKind, MessageReason, TransportName
from assay.alerting._quiet_hours import quiet_until
from assay.alerting._severity import matches, severity_of
from assay.policy.alerting import AlertingPolicy, Place, Severity
from assay.reasons import RUNBOOK_PAGES, RUNBOOKS
from assay.records.incidents import AffectedBatch, Incident, IncidentChange
from assay.verdict import Reason, Verdict
from assay.wording import sentence

Target = tuple[TransportName, tuple[str, ...]]

_KINDS: Final[Mapping[str, tuple[MessageKind, ...]]] = {
    "opened": ("opened",),
    "reopened": ("opened", "reopened"),
    "updated": ("opened", "updated"),
    "acknowledged": ("updated",),
    "snoozed": ("updated",),
    "woken": ("reminded",),
    "escalated": ("escalated",),
    "closed": ("closed",),
}
"""Change of an incident → messages. A message whose key is taken isn't sent again."""
_OF_INCIDENT: Final = (
    "dataset", "check", "outcome", "opened", "closed", "resolution", "acknowledged",
    "snoozed_until", "reopened", "escalations",
)  # fmt: skip
"""What a message has as the incident has it."""
_POSTS: Final = frozenset({"opened", "reminded", "escalated"})
_GOES_ON: Final = frozenset({"updated", "reopened", "closed"})


@dataclass(frozen=True)
class AlertContext:
    """What a message says besides the incident.

    Parameters
    ----------
    owner : str
        The contract's owner; the policy may name another.
    at : datetime
        Now, timezone-aware.
    run_url : str, optional
        Link to the run that changed the incident.
    airflow_url : str, optional
        Airflow's own address: for the link to the run where none is given, and for answering.
    backfill : bool
        Whether a backfill run changed it.
    """

    owner: str
    at: datetime
    run_url: str | None = None
    airflow_url: str | None = None
    backfill: bool = False


@dataclass(frozen=True)
class Planned:
    """A message with its order and time, as the outbox takes them."""

    message: Message
    thread: str  # the incident at this place: messages of it keep their order
    hold: datetime | None  # not to be posted before
    bundle: str | None  # posted together with others of this name

    @property
    def due(self) -> datetime | None:
        """When to look at it first; what may only change a post is looked at without delay."""
        return self.hold if self.message.kind in _POSTS else None


def incident_checks(verdict: Verdict, policy: AlertingPolicy) -> dict[str, list[Reason]]:
    """The checks of a verdict that open incidents, each with its reasons.

    A check is ``<gate>/<reason code>``: forty columns that drifted are one incident with forty
    reasons, not forty messages. The policy's ``opens`` says which outcomes count.

    Returns
    -------
    dict
        Check to reasons, in the verdict's order.
    """
    checks: dict[str, list[Reason]] = {}
    for reason in verdict.reasons:
        if reason.outcome in policy.opens:
            checks.setdefault(f"{verdict.gate}/{reason.code}", []).append(reason)
    return checks


def plan_messages(
    change: IncidentChange,
    policy: AlertingPolicy,
    context: AlertContext,
    sent: Iterable[Mapping[str, Any]] = (),
) -> list[Planned]:
    """The messages that a change of an incident calls for; pure.

    Put them into the outbox in the transaction that changed the incident: a message whose key is
    there already is the same message. An ``updated`` incident also plans its ``opened`` messages,
    so that a route which matches only now, because the incident got worse, is notified.

    Parameters
    ----------
    sent : iterable of mapping
        A message of the outbox for each place that was notified of the incident: it is notified of
        what follows, even if the policy's routes have changed since.

    Returns
    -------
    list of Planned
        One for each kind and place; none for ``unchanged``, and none while it is snoozed.
    """
    incident, kinds = change.incident, _KINDS.get(change.kind, ())
    if incident.snoozed(context.at) and change.kind != "snoozed":
        return []
    planner = _Planner(incident, severity_of(incident, policy), policy, context)
    notified = [(m["transport"], tuple(m["to"])) for m in sent if {"transport", "to"} <= m.keys()]
    return [planner.message(k, target) for k in kinds for target in planner.targets(k, notified)]


def digest_prefix(dataset: str) -> str:
    """How the names of the bundles begin that hold what backfills of a data set found."""
    return f"backfill/{dataset}/"


def held_until(policy: AlertingPolicy, at: datetime) -> datetime | None:
    """When the findings of a backfill that runs now are sent, if nothing more happens.

    None where the policy bundles none of them.
    """
    if policy.backfills is None:
        return None
    over = at + timedelta(minutes=policy.backfills.quiet_minutes)
    return quiet_until(policy.quiet_hours, over) or over


def places(place: Place) -> Iterator[Target]:
    """A place as transports and addresses."""
    if place.slack:
        yield "slack", (place.slack,)
    if place.email:
        yield "email", tuple(sorted(set(place.email)))


def place_name(target: Target) -> str:
    """A place's name in keys; no address is in it."""
    return f"{target[0]}/{short_digest(','.join(target[1]))}"


def short_digest(text: str) -> str:
    """A digest, so that keys and the names of files made from them carry no address."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Planner:
    """Plans messages about one incident."""

    incident: Incident
    severity: Severity
    policy: AlertingPolicy
    context: AlertContext

    def targets(self, kind: MessageKind, notified: Iterable[Target]) -> Iterable[Target]:
        """Where a message of this kind goes."""
        if kind == "escalated":
            return places(self.policy.escalation) if self.policy.escalation else ()
        found: dict[Target, None] = {}
        for route in self.policy.routes:
            pressing = not route.severities or self.severity in route.severities
            if pressing and matches(route, self.incident):
                found |= dict.fromkeys(places(route))
        if kind in _GOES_ON:
            found |= dict.fromkeys(notified)
        return found

    def message(self, kind: MessageKind, target: Target) -> Planned:
        """A message with its order and time."""
        incident, place = self.incident, place_name(target)
        batches = tuple(_batch(b, self._runbooks()) for b in incident.batches)
        hold, bundle = self._hold(kind, place)
        base = (self.context.airflow_url or "").rstrip("/")
        message = Message(
            key=f"incident/{incident.id}/{kind}{_step(kind, incident, batches)}/{place}",
            kind=kind,
            transport=target[0],
            to=target[1],
            incident=incident.id,
            severity=self.severity,
            owner=self.policy.owner or self.context.owner,
            run_url=self.context.run_url or _run_url(base, incident),
            answer_url=f"{base}/assay/incidents/{incident.id}" if base else None,
            batches=batches,
            **{name: getattr(incident, name) for name in _OF_INCIDENT},
        )
        return Planned(message, f"incident/{incident.id}/{place}", hold, bundle)

    def _runbooks(self) -> str:
        """Where the runbooks are: where the policy says, or else on Airflow's own pages."""
        stated = self.policy.runbooks.rstrip("/")
        base = (self.context.airflow_url or "").rstrip("/")
        return f"{base}/assay/{RUNBOOK_PAGES}" if base and stated == RUNBOOKS else stated

    def _hold(self, kind: MessageKind, place: str) -> tuple[datetime | None, str | None]:
        """When a post may be made, and with which others; (None, None) for at once and alone."""
        incident, policy, now = self.incident, self.policy, self.context.at
        start, window = now, policy.continues_within_minutes
        if kind == "closed" and window and incident.closed and incident.resolution != "dismissed":
            start = max(start, incident.closed + timedelta(minutes=window))
        held = held_until(policy, now) if self.context.backfill else None
        if held is not None:
            return max(start, held), digest_prefix(incident.dataset) + place
        if over := quiet_until(policy.quiet_hours, start, self.severity):
            return over, f"quiet/{over:%Y-%m-%dT%H:%MZ}/{place}"
        return (start, None) if start > now else (None, None)


def _step(kind: MessageKind, incident: Incident, batches: Iterable[MessageBatch]) -> str:
    """What distinguishes messages of one kind about one incident."""
    if kind == "updated":
        state = [b.model_dump_json() for b in batches]
        state += [str(incident.acknowledged), str(incident.snoozed_until), str(incident.reminders)]
        return "-" + short_digest("".join(state))
    return {
        "opened": "",
        "reopened": f"-{incident.reopened}",
        "reminded": f"-{incident.reminders}",
        "escalated": f"-{incident.reminders}-{incident.escalations}",
        "closed": f"-{incident.reopened}",
    }[kind]


def _run_url(base: str, incident: Incident) -> str | None:
    """Link to the run of the incident's newest failing batch."""
    runs = [b for b in incident.batches if b.run_id and b.state == "failing"]
    if not base or not runs:
        return None
    newest = max(runs, key=lambda b: b.since)
    return f"{base}/dags/release__{incident.dataset}/runs/{quote(newest.run_id or '', safe=':')}"


def _batch(affected: AffectedBatch, runbooks: str) -> MessageBatch:
    same = ("batch", "state", "since", "rows_affected")
    reasons = tuple(_reason(r, runbooks) for r in affected.reasons)
    return MessageBatch(reasons=reasons, **{name: getattr(affected, name) for name in same})


def _reason(reason: Mapping[str, Any], runbooks: str) -> MessageReason:
    """The reason, of its words those that may leave the house, and no text among its numbers."""
    numbers = {
        name: value
        for name, value in reason.get("numbers", {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    more = {
        "numbers": numbers,
        "runbook": f"{runbooks}/{reason['code']}.md",
        "sentence": sentence(reason, outside=True),
    }
    same = {name: reason.get(name) for name in ("code", "column", "cause", "about")}
    return MessageReason.model_validate({**same, **more})
