"""What is kept of a round: the round, its tasks, the annotations, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from assay.verdict import Frozen

KeyPart = str | int | float | bool | None
GOLD: Final = "gold"
"""The reason of gold tasks."""


class Round(Frozen):
    """One request for labels.

    Parameters
    ----------
    number : int
        1 for the first round of the data set.
    id : str
        Keyed hash of what the round derives from.
    snapshot : int
        The released snapshot whose rows are shown.
    key : tuple of str
        Columns that name a row.
    instruction : str
        Version of the instruction.
    answers : tuple of str
        Those that are taken.
    annotators, experts : tuple of str
        Pseudonyms.
    deadline : datetime
        What isn't answered then isn't waited for.
    said : tuple of str
        What differs from what the policy asks for.
    run : str, optional
        The run of Airflow that planned it.
    """

    dataset: str
    number: int
    id: str
    snapshot: int
    key: tuple[str, ...]
    instruction: str
    answers: tuple[str, ...]
    annotators: tuple[str, ...]
    experts: tuple[str, ...]
    planned_at: datetime
    deadline: datetime
    author: str
    said: tuple[str, ...] = ()
    run: str | None = None

    @property
    def name(self) -> str:
        """The name of the round on a platform, such as ``comments-0003``."""
        return f"{self.dataset}-{self.number:04d}"


class Task(Frozen):
    """One row that some people are asked about.

    Parameters
    ----------
    id : str
        Keyed hash of the round and the row's key.
    key : tuple
        Values of the columns that name the row.
    place : int
        0 is shown first.
    reason : str
        Why the row was chosen: a strategy, ``random``, or ``gold``.
    score, inclusion : float, optional
        As :class:`assay.labelling.selection.Selection` has them.
    gold : str, optional
        The known answer of a gold task; its label isn't landed.
    annotators : tuple of str
        Pseudonyms of those who are asked.
    """

    id: str
    key: tuple[KeyPart, ...]
    place: int
    reason: str
    score: float | None = None
    inclusion: float | None = None
    gold: str | None = None
    annotators: tuple[str, ...]


class Answer(Frozen):
    """What a platform has of one task and one person; ``given`` is the text as it stands there."""

    task: str
    annotator: str
    given: str
    seconds: float | None = None


class Annotation(Frozen):
    """An answer that was taken.

    Parameters
    ----------
    annotator : str
        Pseudonym.
    answer : str
        One of the round's answers.
    number : int
        1 for the first of this person and task; an answer that was changed later is another
        annotation, with the next number.
    collected_at : datetime
    seconds : float, optional
        How long the person took, where the platform says it.
    """

    task: str
    annotator: str
    answer: str
    number: int
    collected_at: datetime
    seconds: float | None = None


RefusalReason = Literal[
    "unknown_task", "unknown_person", "wrong_person", "unknown_answer", "two_answers",
    "round_closed",
]  # fmt: skip


class Refusal(Frozen):
    """An answer that wasn't taken, and why; the answer itself isn't kept.

    Parameters
    ----------
    reason : str
        ``wrong_person``: the task isn't this person's; ``two_answers``: one person gives two
        different ones at once; the others say what they mean.
    task : str or None
        None where the round has no such task.
    annotator : str
        Pseudonym.
    """

    reason: RefusalReason
    task: str | None
    annotator: str
