"""What counts for a week."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from assay.alerting.weekly import plan_weekly, sum_up, week_named, weekly_line
from assay.errors import InputError
from assay.policy.alerting import Place
from assay.records.incidents import Incident
from assay.records.runs import Counts
from assay.verdict import Outcome

NOW = datetime(2013, 2, 13, 6, tzinfo=UTC)
WEEK = week_named("2013-W06", NOW)


@dataclass
class Decision:
    batch: str
    state: str
    counts: Counts = field(default_factory=Counts)
    reasons: tuple[str, ...] = ()


def incident(number: int, opened: datetime, closed: datetime | None = None) -> Incident:
    state = "closed" if closed else "open"
    return Incident(number, "flights", f"c{number}", state, Outcome.FAIL, opened, closed, ())


def at(day: int) -> datetime:
    return datetime(2013, 2, day, 12, tzinfo=UTC)


def test_the_last_whole_week_is_meant() -> None:
    assert week_named(None, NOW) == WEEK
    assert WEEK.first == date(2013, 2, 4)
    assert week_named(None, datetime(2013, 2, 10, 23, 59, tzinfo=UTC)).name == "2013-W05"
    assert week_named(None, datetime(2013, 2, 11, tzinfo=UTC)).name == "2013-W06"
    assert week_named(None, datetime(2010, 1, 5, tzinfo=UTC)).name == "2009-W53"


@pytest.mark.parametrize("wrong", ["2013-6", "2013-W54", "2013W06", "W06", "2013-W00"])
def test_a_week_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="like 2013-W06"):
        week_named(wrong, NOW)


def test_the_last_decision_on_a_batch_counts() -> None:
    counts = Counts(rows_in=100, released=90, quarantined=10)
    decisions = [
        Decision("1", "held", Counts(rows_in=100, held=100)),
        Decision("1", "released", counts),
        Decision("2", "held", Counts(rows_in=50, held=40, quarantined=10)),
        Decision("3", "forced", Counts(rows_in=10, released=10)),
        Decision("4", "running"),
    ]
    line = weekly_line("flights", WEEK, decisions, [], [])
    assert (line.released, line.forced, line.held, line.crashed) == (1, 1, 1, 1)
    assert (line.rows_in, line.rows_quarantined) == (160, 20)
    assert line.held_batches == ("2",)


def test_what_was_open_when_the_week_ended_is_open() -> None:
    incidents = [
        incident(1, at(1), at(5)),  # over by then
        incident(2, at(6), at(12)),  # resolved only later
        incident(3, at(2)),
        incident(4, at(12)),  # opened only later
    ]
    line = weekly_line("flights", WEEK, [], incidents, [])
    assert (line.opened, line.open_now) == (1, 2)
    assert line.oldest is not None
    assert line.oldest.incident == 3


def test_one_letter_a_place_whatever_the_number_of_data_sets() -> None:
    weekly = sum_up("air traffic/data", WEEK, [])
    to = [Place(slack="#a"), Place(slack="#a", email=("x@example.org",))]
    letters: list[Any] = [letter for letter, _ in plan_weekly(weekly, to, None, NOW)]
    assert [(x.transport, x.to) for x in letters] == [
        ("slack", ("#a",)),
        ("email", ("x@example.org",)),
    ]
    name = r"weekly/air-traffic-data-[0-9a-f]{12}/2013-W06/"
    assert all(re.match(name, x.key) for x in letters)


def test_two_owners_never_share_a_letter() -> None:
    keys = {
        letter.key
        for owner in ("data eng", "data-eng", "data/eng")
        for letter, _ in plan_weekly(sum_up(owner, WEEK, []), [Place(slack="#a")], None, NOW)
    }
    assert len(keys) == 3
