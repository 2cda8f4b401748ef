"""From a change of an incident to the messages about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, get_args

from assay.alerting._message import (
    Message,
    MessageBatch,
    MessageKind,
    MessageReason,
    TransportName,
)
from assay.policy.alerting import AlertingPolicy
from assay.verdict import Outcome, Reason, Verdict


class AffectedLike(Protocol):
    """A batch of an incident."""

    @property
    def batch(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def since(self) -> datetime: ...
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


class ChangeLike(Protocol):
    """What happened to an incident: ``opened``, ``updated``, ``closed`` or ``unchanged``."""

    @property
    def kind(self) -> str: ...
    @property
    def incident(self) -> IncidentLike: ...


@dataclass(frozen=True)
class AlertContext:
    """What a message says besides the incident.

    Parameters
    ----------
    owner : str
        The contract's owner; the policy may name another.
    run_url : str, optional
        Link to the run that changed the incident.
    """

    owner: str
    run_url: str | None = None


def incident_checks(verdict: Verdict, policy: AlertingPolicy) -> dict[str, list[Reason]]:
    """The checks of a verdict that open incidents, each with its reasons.

    A check is ``<gate>/<reason code>``: forty columns that drifted are one incident with forty
    reasons, not forty messages.

    Parameters
    ----------
    verdict : Verdict
    policy : AlertingPolicy
        ``opens`` says which outcomes count.

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
    change: ChangeLike, policy: AlertingPolicy, context: AlertContext
) -> list[Message]:
    """The messages that a change of an incident calls for; pure.

    Put them into the outbox in the transaction that changed the incident: a message whose key is
    there already is the same message. An ``updated`` incident also plans its ``opened`` messages,
    so that a route which matches only now, because the incident got worse, is told.

    Parameters
    ----------
    change : ChangeLike
    policy : AlertingPolicy
    context : AlertContext

    Returns
    -------
    list of Message
        One for each Slack channel and each list of addresses; none for ``unchanged``.
    """
    if change.kind not in get_args(MessageKind):
        return []
    incident = change.incident
    batches = tuple(_batch(b, policy) for b in incident.batches)
    return [
        Message(
            key=key,
            edits=edits,
            kind=kind,
            transport=transport,
            to=to,
            incident=incident.id,
            dataset=incident.dataset,
            check=incident.check,
            outcome=incident.outcome,
            opened=incident.opened,
            closed=incident.closed,
            owner=policy.owner or context.owner,
            run_url=context.run_url,
            batches=batches,
        )
        for transport, to in _targets(incident, policy)
        for kind, key, edits in _turns(change, transport, to, batches)
    ]


def _targets(
    incident: IncidentLike, policy: AlertingPolicy
) -> list[tuple[TransportName, tuple[str, ...]]]:
    codes = {str(r["code"]) for b in incident.batches for r in b.reasons}
    found: dict[tuple[TransportName, tuple[str, ...]], None] = {}
    for route in policy.routes:
        if route.outcomes and incident.outcome not in route.outcomes:
            continue
        if route.reasons and codes.isdisjoint(route.reasons):
            continue
        if route.slack:
            found["slack", (route.slack,)] = None
        if route.email:
            found["email", tuple(sorted(set(route.email)))] = None
    return list(found)


def _turns(
    change: ChangeLike,
    transport: TransportName,
    to: Iterable[str],
    batches: Iterable[MessageBatch],
) -> Iterator[tuple[MessageKind, str, str | None]]:
    """The kinds of message due at one place, each with its key and the key that it edits."""
    start = f"incident/{change.incident.id}"
    end = f"{transport}/{_short(','.join(to))}"
    opened = f"{start}/opened/{end}"
    if change.kind == "closed":
        yield "closed", f"{start}/closed/{end}", opened
        return
    yield "opened", opened, None
    if change.kind == "updated" and transport == "slack":
        stand = _short("".join(b.model_dump_json() for b in batches))
        yield "updated", f"{start}/updated-{stand}/{end}", opened


def _short(text: str) -> str:
    """A digest, so that keys and the names of files made from them carry no address."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _batch(affected: AffectedLike, policy: AlertingPolicy) -> MessageBatch:
    return MessageBatch(
        batch=affected.batch,
        state=affected.state,
        since=affected.since,
        rows_affected=affected.rows_affected,
        reasons=tuple(_reason(r, policy) for r in affected.reasons),
    )


def _reason(reason: Mapping[str, Any], policy: AlertingPolicy) -> MessageReason:
    """The reason without its sentence and without text among its numbers: no data can be in it."""
    numbers = {
        name: value
        for name, value in reason.get("numbers", {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return MessageReason(
        code=reason["code"],
        column=reason.get("column"),
        numbers=numbers,
        cause=reason.get("cause"),
        runbook=f"{policy.runbooks.rstrip('/')}/{reason['code']}.md",
    )
