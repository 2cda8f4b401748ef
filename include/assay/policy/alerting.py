"""The alerting policy: what opens an incident, who is notified and when, and who is notified next.

Only ``opens`` and ``routes`` are needed. What isn't written doesn't happen: no quiet hours, no
escalation, no digest, and a check that fails again after it was resolved is a new incident.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from assay.policy._base import Model, Policy, optional
from assay.reasons import RUNBOOKS
from assay.verdict import Outcome

Channel = Annotated[str, Field(pattern=r"^(#[\w-]{1,80}|[CGD][A-Z0-9]{5,20})$")]
Address = Annotated[str, Field(pattern=r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[str, ...]] = get_args(Day)
_DAY_MINUTES: Final = 24 * 60


class Severity(StrEnum):
    """How urgent an incident is; the policy sets it."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; like Europe/Berlin or UTC") from None
    return name


def _clock(value: object) -> object:
    """Undo YAML's reading of an unquoted ``22:00``, which is 1320 to it."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value // 60:02d}:{value % 60:02d}" if whole else value  # type: ignore[operator]


Zone = Annotated[str, AfterValidator(_known_zone)]
ClockTime = Annotated[
    str, BeforeValidator(_clock), Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]


class Matching(Model):
    """Which incidents are meant: those that have it all; what is left empty asks for nothing."""

    outcomes: tuple[Outcome, ...] = Field(
        (), description="Only incidents with one of these as their worst outcome; any if empty."
    )
    reasons: tuple[Code, ...] = Field(
        (), description="Only incidents with one of these reason codes; any if empty."
    )


class SeverityRule(Matching):
    """A severity, and the incidents that have it."""

    severity: Severity = Field(description="`urgent`, `normal` or `low`.")


class Place(Model):
    """Where a message goes."""

    slack: Channel | None = optional(
        "Slack channel, by `#name` or id. An incoming webhook always posts to its own."
    )
    email: tuple[Address, ...] = Field((), description="E-mail addresses, all in one message.")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.slack is None and not self.email:
            raise ValueError(f"{type(self).__name__.lower()}: needs `slack` or `email`")
        return self


class Route(Matching, Place):
    """Who is notified of some incidents; every route that matches is used."""

    severities: tuple[Severity, ...] = Field(
        (), description="Only incidents of one of these severities; any if empty."
    )


class QuietWindow(Model):
    """Hours on some days; an end at or before the start is on the day after."""

    days: tuple[Day, ...] = Field(
        min_length=1, description="Days on which the window begins: `mon` to `sun`."
    )
    start: ClockTime = Field(description="Local time, like `22:00`.")
    end: ClockTime = Field(description="Local time, like `07:00`; `24:00` for the day's end.")

    def minutes(self) -> Iterator[int]:
        """Minutes of the week that are quiet, counted from Monday's first."""
        start, end = (int(c[:2]) * 60 + int(c[3:]) for c in (self.start, self.end))
        length = end - start if end > start else end - start + _DAY_MINUTES
        for day in self.days:
            first = DAYS.index(day) * _DAY_MINUTES + start
            yield from range(first, first + length)


class QuietHours(Model):
    """When nobody is to be disturbed; what was held back is sent at the end, in one message."""

    timezone: Zone = Field(description="Time zone of the people who are notified.")
    windows: tuple[QuietWindow, ...] = Field(
        min_length=1, description="The quiet hours; windows that touch are one."
    )
    pierced_by: tuple[Severity, ...] = Field(
        description="Severities that are sent in quiet hours too; empty for none."
    )
    rationale: str | None = Field(None, description="Why these hours.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        week = 7 * _DAY_MINUTES
        quiet = {minute % week for w in self.windows for minute in w.minutes()}
        if len(quiet) == week:
            raise ValueError("windows: quiet on every hour of every day, so nothing is ever sent")
        return self


class Escalation(Place):
    """Who is notified when nobody acknowledges."""

    after_minutes: int = Field(
        ge=1,
        description="Minutes from the first message without an acknowledgement, and between "
        "repetitions.",
    )
    at_most: int = Field(ge=1, le=100, description="How many escalations there are at most.")
    severities: tuple[Severity, ...] = Field(
        min_length=1, description="Only incidents of one of these severities."
    )
    rationale: str | None = Field(None, description="Why after so long, and to whom.")


class Backfills(Model):
    """What backfill runs find goes into one message."""

    quiet_minutes: int = Field(
        ge=1, description="Minutes without a run of the data set after which it is sent."
    )


class AlertingPolicy(Policy):
    """What opens an incident and who is notified."""

    noun: ClassVar[str] = "alerting"

    opens: tuple[Outcome, ...] = Field(
        description="Outcomes that open an incident; reasons with another outcome stay in the "
        "verdict and on the status page."
    )
    opens_rationale: str | None = Field(None, description="Why these and no others.")
    owner: str | None = Field(
        None, description="Whom messages name as the owner; the contract's owner if left out."
    )
    runbooks: str = Field(
        RUNBOOKS,
        description="Folder or URL of the runbooks; messages append `/<reason code>.md`.",
    )
    severities: tuple[SeverityRule, ...] = Field(
        (), description="The first that matches gives an incident its severity; else `normal`."
    )
    severities_rationale: str | None = Field(None, description="Why these are more or less urgent.")
    routes: tuple[Route, ...] = Field(
        description="Who is notified. An incident without a route is shown, without a message."
    )
    quiet_hours: QuietHours | None = optional("When messages are held back; none if left out.")
    escalation: Escalation | None = Field(
        None, description="Who is notified when nobody acknowledges; nobody if left out."
    )
    continues_within_minutes: int | None = optional(
        "A check that fails again so soon after its incident was resolved continues "
        "it; where a message can't be edited, *Resolved* is sent only when this time is over. "
        "Left out, each time is a new incident.",
        ge=1,
    )
    longest_silence_days: int | None = Field(
        None, ge=1, description="How long a snooze may last at most; no limit if left out."
    )
    backfills: Backfills | None = Field(
        None, description="One message for what backfills find; one message each if left out."
    )
    weekly_digest: Place | None = Field(
        None, description="Where the owner's weekly digest goes; nowhere if left out."
    )

    @model_validator(mode="after")
    def _opens_what_can_fail(self) -> Self:
        if Outcome.PASS in self.opens:
            raise ValueError("opens: PASS would open an incident for every batch")
        return self
