"""An owner's week: what was released, held and quarantined, what is open, and what was muted.

Read the open incidents and the held batches first; then what was muted, and ask whether it should
be. Numbers count batches by the last decision in the week, and rows of those decisions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from assay.alerting._layout import shown_time
from assay.alerting._message import Weekly, WeeklyIncident, WeeklyLetter, WeeklyLine
from assay.alerting._plan import place_name, places, short_digest
from assay.alerting._quiet_hours import quiet_until
from assay.alerting._render import render_weekly
from assay.errors import InputError
from assay.policy.alerting import Place, QuietHours
from assay.records.incidents import Incident
from assay.records.runs import BatchRecord

__all__ = [
    "Muted",
    "Week",
    "Weekly",
    "plan_weekly",
    "render_weekly",
    "sum_up",
    "week_named",
    "weekly_line",
]

_WEEK: Final = re.compile(r"^[0-9]{4}-W[0-9]{2}$")


@dataclass(frozen=True)
class Week:
    """An ISO week, Monday to Sunday, in UTC."""

    name: str
    first: date

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The moment after its last."""
        return self.start + timedelta(days=7)

    def has(self, at: datetime | None) -> bool:
        """Whether a time lies in it."""
        return at is not None and self.start <= at < self.end


def week_named(name: str | None, now: datetime) -> Week:
    """The week of a name like ``2013-W06``; the last whole one before ``now`` without a name.

    Raises
    ------
    InputError
        There is no such week.
    """
    if name is None:
        monday = now.astimezone(UTC).date() - timedelta(days=now.astimezone(UTC).weekday() + 7)
        year, number, _ = monday.isocalendar()
        return Week(f"{year}-W{number:02d}", monday)
    if _WEEK.match(name):
        with suppress(ValueError):
            return Week(name, date.fromisoformat(name))
    raise InputError("no such week", got=name, expected="an ISO week like 2013-W06")


@dataclass(frozen=True)
class Muted:
    """An incident that was snoozed, or batches of it that were dismissed, and until when."""

    incident: Incident
    kind: Literal["snoozed", "dismissed"]
    until: datetime | None
    batches: tuple[str, ...]


def weekly_line(
    dataset: str, week: Week, decisions: Iterable[BatchRecord], incidents: Sequence[Incident],
    silences: Iterable[Muted], older: int = 0, advice: Sequence[str] = (),
) -> WeeklyLine:  # fmt: skip
    """What became of one data set.

    Parameters
    ----------
    decisions : iterable
        The attempts that count for the week, in order; the last of each batch is its decision.
    incidents : sequence
        All incidents of the data set.
    silences : iterable
        What was muted in the week.
    older : int
        Dismissals of earlier weeks that still hold.
    advice : sequence of str
        A sentence for each model that learned from it and would gain from more labels.
    """
    muted = [_muted(s) for s in silences]
    muted += [f"{older} dismissed in earlier weeks"] if older else []
    last = {d.batch: d for d in decisions}
    states = [str(d.state) for d in last.values()]
    still = [i for i in incidents if i.opened < week.end and (i.closed or week.end) >= week.end]
    oldest = min(still, key=lambda i: (i.opened, i.id), default=None)
    return WeeklyLine(
        dataset=dataset,
        released=states.count("released") + states.count("superseded"),
        forced=states.count("forced"),
        held=states.count("held"),
        crashed=states.count("running"),
        rows_in=sum(d.counts.rows_in for d in last.values()),
        rows_quarantined=sum(d.counts.quarantined for d in last.values()),
        held_batches=tuple(sorted(b for b, d in last.items() if str(d.state) == "held")),
        opened=sum(week.has(i.opened) for i in incidents),
        open_now=len(still),
        oldest=None if oldest is None else _named(oldest),
        muted=tuple(muted),
        advice=tuple(advice),
    )


def sum_up(owner: str, week: Week, lines: Iterable[WeeklyLine]) -> Weekly:
    """The week of an owner, from the lines of their data sets."""
    over = week.first + timedelta(days=6)
    return Weekly(owner=owner, week=week.name, first=week.first, last=over, lines=tuple(lines))


def plan_weekly(
    weekly: Weekly, to: Iterable[Place], quiet: QuietHours | None, now: datetime
) -> Iterator[tuple[WeeklyLetter, datetime | None]]:
    """The letters of a weekly digest, one for each place, with when each may go out.

    Put them into the outbox; a letter whose key is there already is the same letter.
    """
    readable = re.sub(r"[^\w.-]+", "-", weekly.owner)
    owner = f"{readable}-{short_digest(weekly.owner)}"  # two owners may read alike
    hold = quiet_until(quiet, now)
    for target in dict.fromkeys(t for place in to for t in places(place)):
        key = f"weekly/{owner}/{weekly.week}/{place_name(target)}"
        yield WeeklyLetter(key=key, transport=target[0], to=target[1], weekly=weekly), hold


def _named(i: Incident) -> WeeklyIncident:
    failing = sum(b.state == "failing" for b in i.batches)
    return WeeklyIncident(incident=i.id, check=i.check, since=i.opened, batches=failing)


def _muted(silence: Muted) -> str:
    until = f"until {shown_time(silence.until)}" if silence.until else "without an end"
    i, count = silence.incident, len(silence.batches)
    batches = f", {count} {'batch' if count == 1 else 'batches'}" if count else ""
    return f"incident {i.id}, {i.check}{batches}, {silence.kind} {until}"
