"""Waiting for a round's answers: collected as they come, whatever the platform does meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import label_rounds as support
import pytest

from assay.errors import InputError
from assay.stages.labels import rounds

PLATFORM, UNANSWERED, AGREEMENT = (
    f"labelling/{code}" for code in ("platform_fails", "round_unanswered", "agreement_below_limit")
)


@pytest.fixture(scope="module")
def published(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with a round that is published on sheets."""
    policy = support.POLICY.replace("min: 0.5", "min: 0.95")
    train = support.prepare(mini.copy(template, tmp_path_factory.mktemp("waits")), policy)
    rounds.plan_round(train.services, "visits", author="tester", run="run 1")
    folder = newest(train)
    rounds.publish_round(train.services, folder, support.sheets(folder))
    return train


@pytest.fixture
def home(published: Any, mini: Any, tmp_path: Path) -> Any:
    return mini.copy(published, tmp_path)


def newest(train: Any) -> Any:
    return rounds.find_round(train.services, "visits")


def wait(train: Any) -> Any:
    return rounds.await_answers(train.services, newest(train), {})


def wait_for_experts(train: Any) -> Any:
    return rounds.await_experts(train.services, newest(train), {})


def look(train: Any, asking: str = rounds.FIRST) -> Any:
    return rounds.look(train.services, newest(train), {}, asking)


def incidents(train: Any) -> dict[str, str]:
    found = train.services.catalog.incidents.find("visits")
    return {one.check: one.state for one in found if one.check.startswith("labelling/")}


def test_a_wait_ends_when_every_answer_is_there(home: Any) -> None:
    assert (wait(home).over, wait(home).given) == (False, 0)
    assert look(home) == rounds.Look()
    support.fill(newest(home), who=("ada",))
    assert look(home).new > 0
    some = wait(home)
    assert (some.over, 0 < some.given < some.asked) == (False, True)
    assert look(home).new == 0
    support.fill(newest(home))
    assert look(home).over
    every = wait(home)
    assert (every.over, every.given) == (True, every.asked)
    assert wait(home) == every
    assert incidents(home) == {}


def test_at_the_deadline_what_is_there_is_enough(home: Any) -> None:
    support.fill(newest(home), who=("ada",))
    later = home.later(days=8)
    assert look(later).over
    found = wait(later)
    assert (found.over, found.given < found.asked) == (True, True)


def test_a_round_that_nobody_answers_stays_open_and_is_reported_once(home: Any) -> None:
    later = home.later(days=8)
    for _ in range(2):
        with pytest.raises(InputError, match="nobody has answered until the deadline"):
            wait(later)
    assert incidents(home) == {UNANSWERED: "open"}
    with pytest.raises(InputError, match="the round is open"):
        wait_for_experts(later)
    support.fill(newest(home))
    assert wait(later).over
    assert incidents(home) == {UNANSWERED: "closed"}


def test_sheets_that_vanish_are_made_again_and_no_answer_is_lost(home: Any) -> None:
    support.fill(newest(home), who=("ada",))
    before = wait(home)
    shutil.rmtree(support.sheet(newest(home), "ada").parent)
    assert "no sheets" in look(home).trouble
    assert not look(home).passing

    found = wait(home)

    assert (found.over, found.trouble, found.given) == (False, None, before.given)
    assert incidents(home) == {PLATFORM: "closed"}
    support.fill(newest(home), who=("grace", "emmy"))
    assert wait(home).over


def test_a_sheet_that_cant_be_read_delays_the_round_and_is_reported_once(home: Any) -> None:
    support.fill(newest(home))
    sheet = support.sheet(newest(home), "emmy")
    whole = sheet.read_bytes()
    sheet.write_bytes(whole.replace(b"answer", b"Answers"))

    found = [wait(home.later(days=8)) for _ in range(2)]

    assert [(one.over, one.given) for one in found] == [(False, 0)] * 2
    assert "a sheet lacks a column" in found[0].trouble
    assert "emmy" not in found[0].trouble
    assert incidents(home) == {PLATFORM: "open"}
    opened = [m for m in home.services.catalog.outbox.first("incident/") if m]
    assert len(opened) == 1
    sheet.write_bytes(whole)
    assert wait(home).over
    assert incidents(home) == {PLATFORM: "closed"}


def test_experts_have_as_long_and_what_they_dont_decide_has_no_label(home: Any) -> None:
    support.fill(newest(home))
    wait(home)
    first = wait_for_experts(home)
    assert (first.over, first.given, first.asked > 0) == (False, 0, True)
    assert not look(home, rounds.REVIEW).over
    decided: list[str] = []

    def one(row: dict[str, str]) -> str | None:
        decided.append(row["task"])
        return support.truth(row, "") if len(decided) == 1 else None

    support.edit(support.sheet(newest(home), support.EXPERT, "review"), one)
    assert look(home, rounds.REVIEW).new == 1
    assert wait_for_experts(home).given == 1
    later = home.later(days=8)
    assert look(later, rounds.REVIEW).over
    assert wait_for_experts(later).over
    folder = newest(home)
    landed = rounds.land_labels(
        later.services, folder, support.sheets(folder), author="tester", leave_waiting=True
    )
    assert landed.left_out == first.asked - 1


def test_a_run_finds_its_round_again_and_another_run_the_next_one(home: Any) -> None:
    support.fill(newest(home))
    wait(home)
    wait_for_experts(home)
    rounds.land_labels(
        home.services, newest(home), support.sheets(newest(home)), author="tester",
        leave_waiting=True,
    )  # fmt: skip
    again = rounds.plan_round(home.services, "visits", author="tester", run="run 1")
    assert (again.new, again.round.number) == (False, 1)
    another = rounds.plan_round(home.services, "visits", author="tester", run="run 2")
    assert (another.new, another.round.number) == (True, 2)


def test_a_round_that_was_landed_by_hand_is_shown_to_nobody_again(home: Any) -> None:
    support.fill(newest(home), who=("ada", "grace"))
    folder, place = newest(home), support.sheets(newest(home))
    rounds.collect_answers(home.services, folder, place, close=True)
    assert wait(home).over
    assert not wait_for_experts(home).over
    rounds.land_labels(home.services, folder, place, author="tester", leave_waiting=True)

    sent = rounds.publish_round(home.services, folder, place)

    assert (sent.made, sent.found) == (0, 3)
    assert wait(home).over
    assert wait_for_experts(home).over
    assert not list(place.folder.glob("*/*.csv"))
    assert incidents(home) == {}


def test_annotators_who_disagree_open_an_incident_that_landing_closes(home: Any) -> None:
    folder = newest(home)
    support.fill(folder, lambda row, who: "high" if who == "ada" else "low")
    wait(home)
    found = rounds.agree_on_round(folder)
    rounds.report_agreement(home.services, folder, found)
    assert str(found.outcome) == "FAIL"
    assert incidents(home) == {AGREEMENT: "open"}
    wait_for_experts(home)
    place = support.sheets(folder)
    with pytest.raises(InputError, match="agree too little"):
        rounds.land_labels(home.services, folder, place, author="tester", leave_waiting=True)
    rounds.land_labels(
        home.services, folder, place, author="tester", leave_waiting=True, accept="a test"
    )
    assert incidents(home) == {AGREEMENT: "closed"}
