"""What the annotations of a round come to, and what an expert says of the doubtful ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from assay.labelling import Annotations
from assay.labelling.aggregation import (
    REASONS,
    Aggregated,
    AnnotatorQuality,
    choose_for_review,
    dawid_skene,
    majority_vote,
    measure_annotators,
)
from assay.labelling.platforms import Platform
from assay.labelling.rounds import Task
from assay.stages.labels.rounds._agree import annotations_of
from assay.stages.labels.rounds._collect import ensure_closed, standing, take
from assay.stages.labels.rounds._folder import REVIEW, RoundFolder, alone
from assay.stages.labels.rounds._plan import task_id
from assay.stages.labels.rounds._publish import show
from assay.stages.services import Services
from assay.verdict import Frozen

_REVIEW_TASKS = f"{REVIEW}_tasks"


class Adjudicated(Frozen):
    """How far an expert is, and how each annotator labels by what is known now.

    Parameters
    ----------
    chosen : mapping of str to int
        Why tasks are reviewed, and how many.
    answered, waiting : int
        Tasks that an expert has decided on, and those that wait.
    corrected : int
        Labels of the annotators that the expert's answer replaces.
    annotators : tuple of AnnotatorQuality
        Pseudonyms with shares of right labels; an expert's answer counts as right.
    """

    dataset: str
    round: int
    chosen: dict[str, int]
    answered: int
    waiting: int
    corrected: int
    annotators: tuple[AnnotatorQuality, ...]


@dataclass(frozen=True)
class Decided:
    """The labels of a round: what annotations come to, and where an expert has decided."""

    folder: RoundFolder

    @cached_property
    def given(self) -> Annotations:
        """The answers that stand."""
        return annotations_of(self.folder)

    @cached_property
    def known(self) -> np.ndarray[Any, Any]:
        """Place of the known answer of gold tasks (t,); -1 for all others."""
        places = {str(name): i for i, name in enumerate(self.given.labels)}
        gold = {task.id: task.gold for task in self.folder.tasks()}
        of_task = [places.get(gold[one] or "", -1) for one in self.given.tasks]
        return np.array(of_task, dtype=np.intp)

    @cached_property
    def aggregated(self) -> Aggregated:
        """What the annotations come to: annotators are weighed where there are two or more."""
        if len(self.given.annotators) < 2:
            return majority_vote(self.given)
        return dawid_skene(self.given, known=self.known).aggregated

    @cached_property
    def by_expert(self) -> dict[Any, str]:
        """Key of a row to the expert's answer."""
        keys = {task.id: task.key for task in self.folder.tasks(REVIEW)}
        return {keys[task]: answer for (task, _), answer in standing(self.folder, REVIEW).items()}

    @cached_property
    def keys(self) -> dict[str, Any]:
        """Id of a task to the key of its row."""
        return {task.id: task.key for task in self.folder.tasks()}

    @cached_property
    def posterior(self) -> np.ndarray[Any, Any]:
        """How probable each label is (t, k); certain where an expert has decided."""
        found = self.aggregated.posterior.copy()
        places = {str(name): i for i, name in enumerate(self.given.labels)}
        for row, task in enumerate(self.given.tasks):
            place = places.get(self.by_expert.get(self.keys[task], ""))
            if place is not None:
                found[row] = np.arange(found.shape[1]) == place
        return found

    def corrected(self) -> int:
        """Labels that an expert's answer replaces."""
        return sum(
            name >= 0 and str(self.given.labels[name]) != self.by_expert[self.keys[task]]
            for task, name in zip(self.given.tasks, self.aggregated.label, strict=True)
            if self.keys[task] in self.by_expert
        )


def adjudicate_round(
    services: Services, folder: RoundFolder, platform: Platform, *, alpha: float = 0.05
) -> Adjudicated:
    """Show doubtful tasks to the experts, or take what they have answered.

    The first call closes a complete round and chooses the tasks: ties, improbable labels,
    disagreements, and the policy's share of unanimous ones. Each goes to one expert, who sees
    nobody's answer. Later calls collect; an expert's answer stands.

    Raises
    ------
    InputError
        If answers are missing and the deadline isn't over, or nobody has answered.
    """
    with alone(services, folder.dataset):
        ensure_closed(folder, services.clock())
        if choose_review(folder):
            show(folder, platform, REVIEW)
            take(folder, platform, REVIEW)
    return adjudicated(folder, alpha=alpha)


def choose_review(folder: RoundFolder) -> tuple[Task, ...]:
    """The tasks for experts, chosen once; the caller holds the lock."""
    if not folder.has(_REVIEW_TASKS):
        tasks = _review(Decided(folder))
        folder.write(_REVIEW_TASKS, [one.model_dump(mode="json") for one in tasks])
    return folder.tasks(REVIEW)


def adjudicated(folder: RoundFolder, *, alpha: float = 0.05) -> Adjudicated:
    """How far the experts of a round are, by what was collected."""
    decided, tasks = Decided(folder), folder.tasks(REVIEW)
    people = measure_annotators(decided.given, decided.posterior, alpha=alpha, known=decided.known)
    answered = len(decided.by_expert)
    return Adjudicated(
        dataset=folder.dataset, round=folder.number,
        chosen=dict(Counter(one.reason for one in tasks)), answered=answered,
        waiting=len(tasks) - answered, corrected=decided.corrected(), annotators=people,
    )  # fmt: skip


def _review(decided: Decided) -> tuple[Task, ...]:
    """The tasks for experts, the least certain first, each to one of them in turn."""
    folder, limits = decided.folder, decided.folder.policy.review
    found = choose_for_review(
        decided.given, decided.aggregated, least_posterior=limits.least_posterior,
        least_agreement=limits.least_agreement, unanimous_share=limits.unanimous_share,
        seed=folder.policy.selection.seed + folder.number,
    )  # fmt: skip
    own = {task.id: task for task in folder.tasks()}
    chosen = [
        (own[decided.given.tasks[place]], REASONS[reason], float(inclusion))
        for place, reason, inclusion in zip(found.task, found.reason, found.inclusion, strict=True)
    ]
    asked = [one for one in chosen if one[0].gold is None]
    experts, number = folder.round.experts, folder.number
    return tuple(
        Task(
            id=task_id(folder.services, folder.dataset, number, task.key, REVIEW), key=task.key,
            place=place, reason=reason, inclusion=inclusion,
            annotators=(experts[place % len(experts)],),
        )
        for place, (task, reason, inclusion) in enumerate(asked)
    )  # fmt: skip
