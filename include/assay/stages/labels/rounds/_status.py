"""How far the rounds of a data set are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

from assay.errors import InputError
from assay.labelling.rounds import Progress, measure_progress
from assay.labelling.rounds.cost import Cost, measure_cost
from assay.stages.labels.rounds._agree import agree_on_round
from assay.stages.labels.rounds._collect import standing
from assay.stages.labels.rounds._folder import REVIEW, RoundFolder, rounds_of
from assay.stages.services import Services
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen

State = Literal["planned", "published", "closed", "with experts", "decided", "landed", "dropped"]


class RoundStatus(Frozen):
    """One round.

    Parameters
    ----------
    state : str
        The last step that is done.
    over : bool
        Whether its deadline is over and it is open.
    agreement : mapping of str to Estimate
        Figure to its value over all tasks; empty until there are answers.
    waiting : int
        Tasks that wait for an expert.
    refused : mapping of str to int
        Of the last collection.
    labels : int or None
        Labels that were delivered.
    cost : Cost
        Of annotators and experts.
    """

    dataset: str
    round: int
    state: State
    deadline: datetime
    over: bool
    progress: Progress
    agreement: dict[str, Estimate]
    waiting: int
    refused: dict[str, int]
    labels: int | None
    cost: Cost
    said: tuple[str, ...]


def round_status(services: Services, dataset: str) -> tuple[RoundStatus, ...]:
    """How far each round is, the newest first; nothing is changed."""
    return tuple(_status(services, one) for one in reversed(rounds_of(services, dataset)))


def _status(services: Services, folder: RoundFolder) -> RoundStatus:
    given = folder.annotations()
    waiting = len(folder.tasks(REVIEW)) - len(standing(folder, REVIEW))
    try:
        agreement = agree_on_round(folder).report.overall.figures if given else {}
    except InputError:
        agreement = {}
    progress = measure_progress(folder.tasks(), given)
    return RoundStatus(
        dataset=folder.dataset, round=folder.number, state=_state(folder, waiting),
        deadline=folder.round.deadline,
        over=not folder.has("closed") and services.clock() >= folder.round.deadline,
        progress=progress, agreement=agreement, waiting=waiting,
        refused=dict(Counter(one.reason for one in folder.refused())),
        labels=len(folder.read("landed")["rows"]) if folder.has("landed") else None,
        cost=measure_cost(
            [*given, *folder.annotations(REVIEW)], progress.answered,
            planned_at=folder.round.planned_at, price=folder.policy.price,
        ),
        said=folder.round.said,
    )  # fmt: skip


def _state(folder: RoundFolder, waiting: int) -> State:
    if folder.ended:
        return "landed" if folder.has("landed") else "dropped"
    if folder.has(f"{REVIEW}_tasks"):
        return "with experts" if waiting else "decided"
    if folder.has("closed"):
        return "closed"
    return "published" if folder.has("published") else "planned"
