"""Collecting answers, and closing a round."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from assay.errors import InputError
from assay.labelling.platforms import Platform
from assay.labelling.rounds import Progress, latest, measure_progress, take_answers
from assay.stages.labels.rounds._folder import FIRST, RoundFolder, alone
from assay.stages.labels.rounds._publish import people_of, project_of
from assay.stages.services import Services
from assay.verdict import Frozen


class Collected(Frozen):
    """What a collection brought.

    Parameters
    ----------
    new, edited : int
        Annotations that are new, and those of them that replace an earlier answer.
    refused : mapping of str to int
        Reason to how many answers weren't taken.
    closed : bool
        Whether the round takes no more answers.
    """

    dataset: str
    round: int
    new: int
    edited: int
    refused: dict[str, int]
    progress: Progress
    closed: bool


def collect_answers(
    services: Services, folder: RoundFolder, platform: Platform, *, close: bool = False
) -> Collected:
    """Take the answers that are new; an answer that was changed is a new annotation.

    Parameters
    ----------
    close : bool
        Close the round after it: later answers are refused.

    Raises
    ------
    InputError
        If the platform has nothing of the round.
    """
    with alone(services, folder.dataset):
        found = take(folder, platform)
        if close and not found.closed:
            close_round(folder, "by hand")
            return found.model_copy(update={"closed": True})
        return found


def take(folder: RoundFolder, platform: Platform, asking: str = FIRST) -> Collected:
    """Take the answers of one asking; the caller holds the lock."""
    tasks, kept, now = folder.tasks(asking), folder.annotations(asking), folder.services.clock()
    closed = folder.has("closed") if asking == FIRST else folder.ended
    answers = platform.collect(project_of(folder, asking), people_of(folder, asking))
    found = take_answers(
        folder.round, tasks, answers, kept, people=folder.person, at=now, closed=closed
    )
    if found.new:
        folder.add_annotations(found.new, asking)
    name = f"{asking}_refused" if asking else "refused"
    if found.refused or folder.has(name):
        folder.write(name, [one.model_dump(mode="json") for one in found.refused])
    progress = measure_progress(tasks, [*kept, *found.new])
    return Collected(
        dataset=folder.dataset, round=folder.number, new=len(found.new),
        edited=sum(one.number > 1 for one in found.new),
        refused=dict(Counter(one.reason for one in found.refused)), progress=progress,
        closed=closed,
    )  # fmt: skip


def close_round(folder: RoundFolder, why: str) -> None:
    """Take no more answers; the caller holds the lock."""
    if not folder.has("closed"):
        folder.write("closed", {"at": folder.services.clock().isoformat(), "why": why})


def close_if_over(folder: RoundFolder, now: datetime) -> bool:
    """Close a round that is complete, or over with an answer; whether it is closed."""
    if folder.has("closed"):
        return True
    progress = measure_progress(folder.tasks(), folder.annotations())
    if progress.complete:
        close_round(folder, "complete")
    elif progress.given and now >= folder.round.deadline:
        close_round(folder, "the deadline is over")
    return folder.has("closed")


def ensure_closed(folder: RoundFolder, now: datetime) -> None:
    """Close a round that is complete or over.

    Raises
    ------
    InputError
        If answers are missing and the deadline isn't over, nobody has answered, or the round was
        dropped.
    """
    if folder.has("dropped"):
        raise InputError(
            "the round was dropped", where=f"{folder.dataset} round {folder.number}",
            do=f"Plan another one: assay label plan {folder.dataset}",
        )  # fmt: skip
    if close_if_over(folder, now):
        return
    progress = measure_progress(folder.tasks(), folder.annotations())
    missing = progress.asked - progress.given
    raise InputError(
        "the round is open", where=f"{folder.dataset} round {folder.number}",
        got=f"{missing} of {progress.asked} answers are missing",
        expected=f"all of them, or one and the deadline {folder.round.deadline:%Y-%m-%d %H:%M} UTC",
        do="Collect them, or close the round: assay label collect --close.",
    )  # fmt: skip


def standing(folder: RoundFolder, asking: str = FIRST) -> dict[tuple[str, str], str]:
    """The answer that stands, by task and annotator."""
    return {pair: one.answer for pair, one in latest(folder.annotations(asking)).items()}
