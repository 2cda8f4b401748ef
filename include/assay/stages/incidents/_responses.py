"""Responses of people to incidents, and the silences that follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

from assay.alerting import severity_of
from assay.catalog import Catalog
from assay.errors import AssayError, InputError, did_you_mean
from assay.policy.alerting import AlertingPolicy, Severity
from assay.project import Project
from assay.records.incidents import Incident, IncidentChange, Silence
from assay.stages.incidents._outbox import alerting_of, plan_between_runs
from assay.stages.services import Services

Action = Literal["acknowledge", "snooze", "dismiss"]
_SPAN: Final = re.compile(r"^(\d{1,4})([mhdw])$")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class RatedIncident:
    """An incident with its severity; None where its policy can't be read."""

    incident: Incident
    severity: Severity | None


def respond(
    services: Services,
    incident_id: int,
    action: str,
    *,
    by: str,
    until: str | None = None,
    reason: str | None = None,
    batch: str | None = None,
    airflow_url: str | None = None,
) -> IncidentChange:
    """Acknowledge, snooze or dismiss an incident, on record; safe to repeat.

    Parameters
    ----------
    action : {'acknowledge', 'snooze', 'dismiss'}
    until : str, optional
        ``3d``, ``12h`` or an ISO time (UTC where it names no zone); a snooze needs it.
    reason : str, optional
        A snooze and a dismissal need one.
    batch : str, optional
        Dismiss this one only.
    airflow_url : str, optional
        For links.

    Raises
    ------
    InputError
        Something is missing or not allowed.
    CatalogError
        There is no such incident, or it is closed.
    """
    now = services.clock()
    incident = services.catalog.incidents.get(incident_id)
    owner_and_policy = _alerting(services, incident.dataset)
    policy = owner_and_policy[1] if owner_and_policy else None
    end = None if until is None else moment(until, now)
    _check(action, end, reason, batch, policy, now)
    responses, why = services.catalog.responses, (reason or "").strip()
    with services.catalog.transaction():
        if action == "acknowledge":
            change = responses.acknowledge(incident_id, by=by, at=now, reason=why or None)
        elif action == "snooze" and end is not None:
            change = responses.snooze(incident_id, until=end, reason=why, by=by, at=now)
        else:
            change = responses.dismiss(
                incident_id, reason=why, by=by, at=now, until=end, batch=batch
            )
        if owner_and_policy:
            plan_between_runs(services, change, owner_and_policy, now, airflow_url)
    return change


def moment(text: str, now: datetime) -> datetime:
    """A time that a person wrote: ``90m``, ``12h``, ``3d``, ``2w`` from now, or an ISO time.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> now = datetime(2013, 2, 8, 6, tzinfo=UTC)
    >>> f"{moment('3d', now):%m-%d %H:%M}", f"{moment('2013-02-11T09:00+01:00', now):%m-%d %H:%M}"
    ('02-11 06:00', '02-11 08:00')
    """
    if span := _SPAN.match(text.strip()):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "12h, 3d, 2w, or an ISO time like 2013-02-11T09:00"
        raise InputError("this isn't a time", got=text, expected=expected) from None


def list_incidents(
    services: Services, dataset: str | None = None, state: str | None = "open"
) -> list[RatedIncident]:
    """Incidents with their severities, the most urgent first, then the oldest."""
    found = [_rated(services, i) for i in services.catalog.incidents.find(dataset, state=state)]
    order = list(Severity)
    return sorted(found, key=lambda t: (order.index(t.severity or Severity.NORMAL), t.incident.id))


def find_incident(services: Services, number: int) -> RatedIncident:
    """One incident, open or closed, with its severity.

    Raises
    ------
    CatalogError
        There is none of this number.
    """
    return _rated(services, services.catalog.incidents.get(number))


def _rated(services: Services, incident: Incident) -> RatedIncident:
    both = _alerting(services, incident.dataset)
    return RatedIncident(incident, severity_of(incident, both[1]) if both else None)


def list_silences(project: Project, now: datetime) -> tuple[list[Silence], str | None]:
    """List the silences, if there is a catalog; and why it can't be read, if so.

    Nothing is made or migrated: a check of files changes nothing.
    """
    url = project.catalog_url
    if url == project.lake.catalog_url and not project.lake.path("catalog").is_dir():
        return [], None
    try:
        return Catalog(url).responses.silences(now), None
    except Exception as error:  # a check of files mustn't fail for a database that is away
        why = str(error) if isinstance(error, AssayError) else type(error).__name__
        return [], f"the catalog can't be read, so silences aren't listed: {why}"


def _alerting(services: Services, dataset: str) -> tuple[str, AlertingPolicy] | None:
    try:
        return alerting_of(services, dataset)
    except AssayError:
        return None


def _check(
    action: str, until: datetime | None, reason: str | None, batch: str | None,
    policy: AlertingPolicy | None, now: datetime,
) -> None:  # fmt: skip
    """Refuse a response that is incomplete or not allowed."""
    if action not in get_args(Action):
        known = get_args(Action)
        expected, do = "one of: " + ", ".join(known), did_you_mean(action, known) or None
        raise InputError("no such action", got=action, expected=expected, do=do)
    if action != "acknowledge" and not (reason or "").strip():
        raise InputError(f"{action} needs a reason", do="Say why: it is on record.")
    if action == "snooze" and until is None:
        raise InputError("a snooze needs an end", expected="12h, 3d, 2w, or an ISO time")
    if action != "dismiss" and batch is not None:
        raise InputError("only a dismissal can be about one batch", got=batch)
    if until is not None and until <= now:
        raise InputError("the end has passed", got=f"{until:%Y-%m-%d %H:%M} UTC")
    longest = policy.longest_silence_days if policy else None
    if longest and until is not None and until - now > timedelta(days=longest):
        raise InputError(
            "the policy allows no silence so long",
            got=f"{until:%Y-%m-%d %H:%M} UTC", expected=f"at most {longest} days",
            do="Choose an earlier end: it can be prolonged then.",
        )  # fmt: skip
