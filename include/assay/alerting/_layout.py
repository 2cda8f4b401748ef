"""A letter laid out: title, facts, sections, links. Slack blocks and e-mails are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Final, Literal

from assay.alerting._message import (
    Bundle,
    Letter,
    Message,
    MessageBatch,
    MessageReason,
    Weekly,
    WeeklyLine,
)
from assay.policy.alerting import Severity
from assay.verdict import Outcome
from assay.wording import few, folded, sentence, shown_number

Tone = Literal["bad", "unsure", "good", "plain"]
_MOST_BATCHES: Final = 10
_MOST_REASONS: Final = 5
_MOST_INCIDENTS: Final = 15
_HEADLINES: Final[Mapping[str, str]] = {
    "opened": "{}",
    "updated": "{}",
    "reopened": "{} again",
    "reminded": "Still {}",
    "escalated": "no answer yet: {}",
}
_FAILED: Final = {Outcome.FAIL: "failed", Outcome.INCONCLUSIVE: "is inconclusive"}
_STATES: Final[Mapping[str, str]] = {
    "failing": "has failed since",
    "passed": "passes now. It first failed on",
    "forced": "was forced. It first failed on",
    "dismissed": "was dismissed. It first failed on",
}
_ENDS: Final[Mapping[str | None, str]] = {"dismissed": "Dismissed", "forced": "Forced out"}


@dataclass(frozen=True)
class Link:
    """A place to go to, and what is there; a path where it is no URL."""

    name: str
    target: str

    @property
    def is_url(self) -> bool:
        """Whether it can be clicked."""
        return self.target.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Section:
    """A heading, of which the beginning is strong, and lines below it."""

    strong: str
    rest: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """What every rendering of a letter says.

    ``rest`` says what those sections are that a rendering has no room for, after their number.
    """

    title: str
    tone: Tone
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    commands: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    rest: str = "more"


def lay_out(letter: Letter) -> Layout:
    """Lay out a letter."""
    if isinstance(letter, Message):
        return _of_incident(letter)
    return _of_bundle(letter) if isinstance(letter, Bundle) else lay_out_weekly(letter.weekly)


def _of_incident(message: Message) -> Layout:
    sections = [_batch_section(b) for b in message.batches[:_MOST_BATCHES]]
    sections += _rest(message.batches, _MOST_BATCHES, "batches")
    links = _runbooks([message])
    links += [Link("Run", message.run_url)] if message.run_url else []
    number = message.incident
    commands: tuple[tuple[str, str], ...] = ()
    if message.closed is None:
        links += [Link("Answer in Airflow", message.answer_url)] if message.answer_url else []
        commands = (
            ("Acknowledge", f"assay incidents ack {number}"),
            ("Snooze", f"assay incidents snooze {number} --until 1d --reason '…'"),
            ("Dismiss", f"assay incidents dismiss {number} --reason '…'"),
        )
    facts = tuple(_facts(message))
    return Layout(
        title_of(message), _tone([message]), facts, tuple(sections), commands, tuple(links)
    )


def title_of(message: Message) -> str:
    """A message in a line."""
    if message.closed is not None:
        headline = _ENDS.get(message.resolution, "Resolved")
    else:
        headline = _HEADLINES[message.kind].format(message.outcome.value)
    urgent = message.severity is Severity.URGENT and message.closed is None
    counted = [b for b in message.batches if message.closed or b.state == "failing"]
    one = message.batches if len(message.batches) == 1 else counted
    batches = one[0].batch if len(one) == 1 else f"{len(counted)} batches"
    of = f"{message.dataset} {batches}"
    if message.kind == "escalated" and message.closed is None:
        failed = _FAILED.get(message.outcome, message.outcome.value)
        return f"{'URGENT, no' if urgent else 'No'} answer yet: {of} {failed} ({message.check})"
    return f"{'URGENT ' if urgent else ''}{headline}: {of}, {message.check}"


def _facts(message: Message) -> Iterator[tuple[str, str]]:
    yield "Data set", message.dataset
    yield "Check", message.check
    yield "Since", shown_time(message.opened)
    if message.closed:
        yield _ENDS.get(message.resolution, "Resolved"), shown_time(message.closed)
    else:
        yield "Severity", message.severity.value
    yield "Owner", message.owner
    yield "Incident", str(message.incident)
    if message.reopened:
        yield "Reopened", f"{message.reopened}×"
    answers = {"Acknowledged": message.acknowledged, "Snoozed until": message.snoozed_until}
    yield from ((name, shown_time(at)) for name, at in answers.items() if at and not message.closed)


def _of_bundle(bundle: Bundle) -> Layout:
    shown = sorted(bundle.messages, key=lambda m: (m.closed is not None, -m.outcome.severity))
    still = [m for m in shown if m.closed is None]
    datasets = sorted({m.dataset for m in shown})
    what = datasets[0] if len(datasets) == 1 else f"{len(datasets)} data sets"
    cause = "Backfill" if bundle.key.startswith("backfill/") else "During quiet hours"
    ended = len(shown) - len(still)
    counts = [f"{len(still)} open"] * bool(still) + [f"{ended} resolved"] * bool(ended)
    sections = [_incident_section(m) for m in shown[:_MOST_INCIDENTS]]
    rest = _rest(shown, _MOST_INCIDENTS, "incidents: assay incidents list")
    answers = sorted({m.answer_url for m in still if m.answer_url})
    # One is answered at its own place, several where all are listed.
    answer = [a if len(answers) == 1 else a.rsplit("/", 1)[0] + "/" for a in answers[:1]]
    return Layout(
        title=f"{cause}: {', '.join([what, *counts])}",
        tone=_tone(still),
        facts=(("Owner", ", ".join(sorted({m.owner for m in shown}))),),
        sections=(*sections, *rest),
        commands=(("Acknowledge one", "assay incidents ack NUMBER"),) if still else (),
        links=(*_runbooks(still)[:_MOST_BATCHES], *(Link("Answer in Airflow", a) for a in answer)),
    )


def _runbooks(messages: Iterable[Message]) -> list[Link]:
    """The runbooks of the reasons of some messages."""
    found = sorted({r.runbook for m in messages for b in m.batches for r in b.reasons})
    return [Link(f"Runbook {r.rsplit('/', 1)[-1].removesuffix('.md')}", r) for r in found]


def _incident_section(message: Message) -> Section:
    """An incident in a bundle: its line, and its batches below."""
    lines = folded([_batch_line(b) for b in message.batches], _MOST_BATCHES, "batches")
    return Section(title_of(message), f" · incident {message.incident}", tuple(lines))


def _rest(values: Sequence[object], most: int, what: str) -> list[Section]:
    """A section that says how many values there are beyond those that are shown; none without."""
    more = len(values) - most
    return [Section("", f"… and {more} more {what}")] if more > 0 else []


def lay_out_weekly(weekly: Weekly) -> Layout:
    """Lay out an owner's week: what is held or open first."""
    lines = sorted(weekly.lines, key=lambda line: not (line.held or line.open_now))
    held = sum(line.held for line in weekly.lines)
    still = sum(line.open_now for line in weekly.lines)
    return Layout(
        title=f"Week {weekly.week} of {weekly.owner}: "
        f"{sum(line.released for line in weekly.lines)} released, {held} held, {still} open",
        tone="unsure" if held or still else "good",
        facts=(("Owner", weekly.owner), ("Week", f"{weekly.first} to {weekly.last}")),
        sections=tuple(_weekly_section(line) for line in lines),
        commands=(("What is open", "assay incidents list"),) if still else (),
        links=(),
        rest=f"more data sets: assay digest {quote(weekly.owner)} --week {weekly.week}",
    )


def _weekly_section(line: WeeklyLine) -> Section:
    counts = {word: getattr(line, word) for word in ("released", "forced", "held", "crashed")}
    said = [f"{n} {word}" for word, n in counts.items() if n or word == "released"]
    lines = []
    if line.held_batches:
        lines.append(f"held: {few(line.held_batches, _MOST_BATCHES)}")
    if line.rows_in:
        share = line.rows_quarantined / line.rows_in
        rows = f"{shown_number(line.rows_quarantined)} of {shown_number(line.rows_in)}"
        lines.append(f"rows quarantined: {rows} ({share:.1%})")
    if line.opened:
        lines.append(f"incidents opened: {line.opened}")
    if (old := line.oldest) is not None:
        many = line.open_now > 1
        lines.append(
            f"{line.open_now} open incident{'s; the oldest is' if many else ':'} number "
            f"{old.incident} ({old.check}, since {shown_time(old.since)}, "
            f"{old.batches} {'batch' if old.batches == 1 else 'batches'})"
        )
    lines += [f"muted: {muted}" for muted in line.muted]
    lines += [f"advice: {advice}" for advice in line.advice]
    return Section(line.dataset, f": {', '.join(said)}", tuple(lines))


def _tone(messages: Sequence[Message]) -> Tone:
    still = [m.outcome.value for m in messages if m.closed is None]
    return "good" if not still else "bad" if "FAIL" in still else "unsure"


def _batch_section(batch: MessageBatch) -> Section:
    rest = _batch_line(batch)[len(batch.batch) :]
    return Section(batch.batch, rest, tuple(_reason_lines(batch)))


def _batch_line(batch: MessageBatch) -> str:
    rows = batch.rows_affected
    quarantined = "" if rows is None else f" with {shown_number(rows)} rows quarantined"
    state = _STATES.get(batch.state, f"is {batch.state}. It first failed on")
    end = "" if batch.state == "failing" else "."
    return f"{batch.batch} {state} {shown_time(batch.since)}{quarantined}{end}"


def _reason_lines(batch: MessageBatch) -> list[str]:
    # Two tables of one batch may give the same reason with the same numbers.
    lines = list(dict.fromkeys(_reason_line(r) for r in batch.reasons))
    return folded(lines, _MOST_REASONS, "reasons")


def _reason_line(reason: MessageReason) -> str:
    return reason.sentence or sentence(reason.model_dump(), outside=True)


def shown_time(at: datetime) -> str:
    """A time as messages write it."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
