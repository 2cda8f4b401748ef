"""Which answers of a platform count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.labelling.rounds.records import (
    Annotation,
    Answer,
    Refusal,
    RefusalReason,
    Round,
    Task,
)

_Pair = tuple[str, str]


@dataclass(frozen=True)
class Taken:
    """What a collection brings: annotations that are new, and answers that aren't taken."""

    new: tuple[Annotation, ...]
    refused: tuple[Refusal, ...]


def latest(annotations: Iterable[Annotation]) -> dict[_Pair, Annotation]:
    """The annotation that stands of each task and annotator: the one with the highest number."""
    found: dict[_Pair, Annotation] = {}
    for one in annotations:
        pair = one.task, one.annotator
        if pair not in found or one.number > found[pair].number:
            found[pair] = one
    return found


def take_answers(
    asked: Round, tasks: Sequence[Task], answers: Iterable[Answer], kept: Iterable[Annotation], *,
    people: Callable[[str], str], at: datetime, closed: bool = False,
) -> Taken:  # fmt: skip
    """Decide which answers count; those that are kept already bring nothing new.

    Parameters
    ----------
    answers : iterable of Answer
        All that the platform has; an empty one isn't an answer.
    kept : iterable of Annotation
        What earlier collections took.
    people : callable
        A person's name on the platform to their pseudonym.
    at : datetime
        When they are collected.
    closed : bool
        Whether the round takes no more: answers that it hasn't are refused.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 5, tzinfo=UTC)
    >>> asked = Round(dataset="d", number=1, id="1", snapshot=1, key=("k",), instruction="i",
    ...               answers=("yes", "no"), annotators=("A", "B"), experts=(), planned_at=day,
    ...               deadline=day, author="me")
    >>> tasks = [Task(id="t", key=("r",), place=0, reason="random", annotators=("A",))]
    >>> said = [Answer(task="t", annotator="a", given="yes"),
    ...         Answer(task="t", annotator="b", given="no")]
    >>> found = take_answers(asked, tasks, said, (), people=str.upper, at=day)
    >>> [(one.annotator, one.answer) for one in found.new], found.refused[0].reason
    ([('A', 'yes')], 'wrong_person')
    >>> take_answers(asked, tasks, said, found.new, people=str.upper, at=day).new
    ()
    """
    by_id, known = {task.id: task for task in tasks}, latest(kept)
    new: dict[_Pair, Annotation] = {}
    refused: list[Refusal] = []
    given = _by_pair(answers, people)
    for (task, who), all_given in given.items():
        first = all_given[0]
        before = known.get((task, who))
        if before is not None and {one.given for one in all_given} == {before.answer}:
            continue
        reason = _fault(asked, by_id, task, who, all_given, closed)
        if reason is not None:
            there = task if task in by_id else None
            refused.append(Refusal(reason=reason, task=there, annotator=who))
            continue
        new[task, who] = Annotation(
            task=task, annotator=who, answer=first.given, collected_at=at, seconds=first.seconds,
            number=before.number + 1 if before else 1,
        )  # fmt: skip
    return Taken(tuple(new.values()), tuple(dict.fromkeys(refused)))


def _by_pair(
    answers: Iterable[Answer], people: Callable[[str], str]
) -> Mapping[_Pair, list[Answer]]:
    found: dict[_Pair, list[Answer]] = {}
    for one in answers:
        if given := one.given.strip():
            whole = one.model_copy(update={"given": given})
            found.setdefault((one.task, people(one.annotator)), []).append(whole)
    return found


def _fault(
    asked: Round, tasks: Mapping[str, Task], task: str, who: str, given: Sequence[Answer],
    closed: bool,
) -> RefusalReason | None:  # fmt: skip
    """Why an answer isn't taken; the first reason that applies."""
    if task not in tasks:
        return "unknown_task"
    if who not in {*asked.annotators, *asked.experts}:
        return "unknown_person"
    if who not in tasks[task].annotators:
        return "wrong_person"
    if any(one.given not in asked.answers for one in given):
        return "unknown_answer"
    if len({one.given for one in given}) > 1:
        return "two_answers"
    return "round_closed" if closed else None
