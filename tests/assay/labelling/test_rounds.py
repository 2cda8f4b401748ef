"""Who is asked what, and which answers count: by rules that hold for every plan."""

from __future__ import annotations

import base64
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import InputError
from assay.labelling.rounds import (
    Annotation,
    Answer,
    Candidate,
    Round,
    Task,
    latest,
    make_cards,
    measure_progress,
    plan_tasks,
    take_answers,
)
from assay.labelling.rounds.cards import Picture
from assay.policy.labelling import ShownColumn

DAY = datetime(2026, 1, 5, tzinfo=UTC)
ASKED = Round(
    dataset="d", number=1, id="1", snapshot=1, key=("k",), instruction="i", answers=("yes", "no"),
    annotators=("A", "B"), experts=(), planned_at=DAY, deadline=DAY, author="me",
)  # fmt: skip


def tasks_of(rows: int, people: int, double: float, seed: int = 1, **more: Any) -> Any:
    chosen = [Candidate((i,), "random") for i in range(rows)]
    names = [chr(ord("a") + i) for i in range(people)]
    return plan_tasks(chosen, names, double=double, seed=seed, name=lambda k: f"t{k[0]}", **more)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 60), people=st.integers(2, 6), double=st.floats(0, 1),
    seed=st.integers(0, 99), gold=st.integers(0, 8), rate=st.floats(0, 0.5),
)  # fmt: skip
def test_every_row_is_asked_and_work_is_shared_evenly(
    rows: int, people: int, double: float, seed: int, gold: int, rate: float
) -> None:
    known = [Candidate((1000 + i,), "gold", gold="yes") for i in range(gold)]
    found = tasks_of(rows, people, double, seed, known=known, gold_rate=rate)

    asked = [one for one in found if one.gold is None]
    assert [one.key[0] for one in asked] == list(range(rows))
    assert [one.place for one in found] == list(range(len(found)))
    assert sum(len(one.annotators) == 2 for one in asked) == round(double * rows)
    assert all(len(set(one.annotators)) == len(one.annotators) in {1, 2} for one in asked)
    load = Counter(who for one in asked for who in one.annotators)
    loads = [load[chr(ord("a") + i)] for i in range(people)]
    assert max(loads) - min(loads) <= 1
    for who, own in load.items():
        golden = sum(who in one.annotators for one in found if one.gold is not None)
        assert golden == min(int(np.ceil(rate * own)), gold)


def test_who_is_asked_twice_is_drawn_evenly() -> None:
    """Each row, and each pair of people, is as often asked twice as any other (1,000 plans)."""
    rows, pairs = Counter[int](), Counter[Any]()
    for seed in range(1000):
        for one in tasks_of(10, 3, 0.3, seed):
            if len(one.annotators) == 2:
                rows[one.key[0]] += 1
                pairs[one.annotators] += 1
    # Binomial(1000, 0.3) and Binomial(3000, 1/3): five standard deviations.
    assert all(abs(rows[i] - 300) < 73 for i in range(10))
    assert all(abs(count - 1000) < 130 for count in pairs.values())


def test_gold_tasks_stand_at_random_places() -> None:
    known = [Candidate((100,), "gold", gold="yes")]
    places = [
        next(one.place for one in tasks_of(20, 2, 0.0, seed, known=known, gold_rate=0.1)
             if one.gold)
        for seed in range(400)
    ]  # fmt: skip
    assert 8 < np.mean(places) < 12
    assert set(places) >= set(range(1, 19))


@pytest.mark.parametrize(
    ("people", "double", "match"),
    [((), 0.0, "somebody who answers"), (("a", "a"), 0.0, "named twice"), (("a",), 0.2, "two")],
)
def test_a_plan_needs_people(people: tuple[str, ...], double: float, match: str) -> None:
    with pytest.raises(InputError, match=match):
        plan_tasks([Candidate((1,), "r")], people, double=double, seed=1, name=str)


TASKS = (
    Task(id="1", key=("r",), place=0, reason="random", annotators=("A",)),
    Task(id="2", key=("s",), place=1, reason="random", annotators=("A", "B")),
)


def take(*answers: tuple[str, str, str], kept: Any = (), closed: bool = False) -> Any:
    said = [Answer(task=task, annotator=who, given=text) for task, who, text in answers]
    return take_answers(ASKED, TASKS, said, kept, people=str.upper, at=DAY, closed=closed)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (("3", "a", "yes"), "unknown_task"),
        (("1", "c", "yes"), "unknown_person"),
        (("1", "b", "yes"), "wrong_person"),
        (("1", "a", "Yes"), "unknown_answer"),
        (("1", "a", "maybe"), "unknown_answer"),
    ],
)
def test_a_refusal_has_its_reason(answer: tuple[str, str, str], reason: str) -> None:
    found = take(answer)
    assert [one.reason for one in found.refused] == [reason]
    assert found.new == ()
    assert "maybe" not in repr(found)


def test_two_answers_at_once_are_none() -> None:
    found = take(("1", "a", "yes"), ("1", "a", "no"), ("2", "b", " no "), ("2", "b", "no"))
    assert [one.reason for one in found.refused] == ["two_answers"]
    assert [(one.task, one.answer) for one in found.new] == [("2", "no")]


def test_an_empty_answer_is_none_and_keeps_the_one_before() -> None:
    first = take(("1", "a", "yes")).new
    found = take(("1", "a", "  "), kept=first)
    assert (found.new, found.refused) == ((), ())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=6), st.data())
def test_however_often_it_is_collected_the_last_answer_stands(
    edits: list[str], data: st.DataObject
) -> None:
    kept: list[Annotation] = []
    for answer in edits:
        for _ in range(data.draw(st.integers(1, 3))):
            kept += take(("1", "a", answer), kept=kept).new
    changes = 1 + sum(a != b for a, b in pairwise(edits))
    assert [one.number for one in kept] == list(range(1, changes + 1))
    assert latest(reversed(kept))["1", "A"].answer == edits[-1]


def test_a_closed_round_finds_what_it_has() -> None:
    kept = take(("1", "a", "yes")).new
    found = take(("1", "a", "yes"), ("2", "a", "no"), kept=kept, closed=True)
    assert [(one.reason, one.task) for one in found.refused] == [("round_closed", "2")]


def test_progress_counts_what_is_missing() -> None:
    kept = [*take(("2", "a", "yes"), ("2", "b", "yes")).new]
    kept += take(("2", "a", "no"), kept=kept).new
    found = measure_progress(TASKS, kept)
    assert (found.answered, found.given, found.asked, found.edited) == (1, 2, 3, 1)
    assert found.by_annotator == {"A": (1, 2), "B": (1, 1)}
    assert not found.complete


def test_a_card_has_what_the_policy_shows() -> None:
    show = [
        ShownColumn(column="text", display="long_text"),
        ShownColumn(column="text", display="value", title="short"),
        ShownColumn(column="name", display="masked"),
        ShownColumn(column="photo", display="image_bytes"),
        ShownColumn(column="gone", display="value"),
    ]
    rows = {("r",): {"text": "a\n b", "name": None, "photo": b"\x89PNG....", "score": float("nan")}}
    (card,) = make_cards(TASKS, rows, show)
    assert card.task == "1"
    assert card.cells["text"] == "a\n b"
    assert (card.cells["short"], card.cells["name"], card.cells["gone"]) == ("a b", "(empty)", "")
    assert card.cells["photo"] == Picture(b"\x89PNG....", "png")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (base64.b64encode(b"\xff\xd8\xff..").decode(), Picture(b"\xff\xd8\xff..", "jpg")),
        ("no picture at all", "no picture at all"),
        (None, ""),
    ],
)
def test_a_picture_may_be_base64(text: str | None, cell: Any) -> None:
    show = [ShownColumn(column="photo", display="image_bytes")]
    (card,) = make_cards(TASKS, {("r",): {"photo": text}}, show)
    assert card.cells["photo"] == cell
