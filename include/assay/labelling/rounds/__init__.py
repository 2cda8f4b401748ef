"""Rounds: who is asked which rows, which answers are taken, and what is left to do.

:func:`plan_tasks` shares rows among annotators, :func:`take_answers` decides which answers of a
platform count, :func:`measure_progress` says what is missing. They are pure: a stage keeps what
they give.
"""

from assay.labelling.rounds._plan import Candidate, plan_tasks
from assay.labelling.rounds._progress import Progress, measure_progress
from assay.labelling.rounds._take import latest, take_answers
from assay.labelling.rounds.cards import make_cards
from assay.labelling.rounds.records import Annotation, Answer, Refusal, Round, Task

__all__ = [
    "Annotation",
    "Answer",
    "Candidate",
    "Progress",
    "Refusal",
    "Round",
    "Task",
    "latest",
    "make_cards",
    "measure_progress",
    "plan_tasks",
    "take_answers",
]
