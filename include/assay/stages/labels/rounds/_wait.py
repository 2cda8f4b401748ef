"""Waiting for answers: new ones are collected, and what is wrong with the platform is reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from assay.errors import InputError
from assay.labelling.platforms import PlatformDown, PlatformError, PlatformLost
from assay.labelling.rounds import measure_progress, take_answers
from assay.reasons import ReasonCode
from assay.stages.labels.rounds._adjudicate import choose_review
from assay.stages.labels.rounds._collect import Collected, close_if_over, ensure_closed, take
from assay.stages.labels.rounds._folder import FIRST, REVIEW, RoundFolder, alone
from assay.stages.labels.rounds._platforms import open_platform
from assay.stages.labels.rounds._publish import is_shown, people_of, project_of, show
from assay.stages.labels.rounds._trouble import close, report, watched
from assay.stages.services import Services
from assay.verdict import Frozen


class Awaited(Frozen):
    """How a wait stands.

    Parameters
    ----------
    over : bool
        Whether nothing is waited for any more.
    trouble : str or None
        What is wrong with the platform, in a sentence; answers can't be collected meanwhile.
    asked, given : int
        Answers that are asked for, and those that were collected.
    refused : mapping of str to int
        Of the last collection: reason to how many answers weren't taken.
    until : datetime
        What isn't answered then isn't waited for.
    """

    over: bool
    trouble: str | None = None
    asked: int
    given: int
    refused: dict[str, int]
    until: datetime


class Look(Frozen):
    """What a collection would find; nothing is changed.

    Parameters
    ----------
    over : bool
        Whether it would end the wait.
    new : int
        Answers that it would take.
    trouble : str or None
        Why the platform can't be asked.
    passing : bool
        Whether that may pass by itself soon.
    """

    over: bool = False
    new: int = 0
    trouble: str | None = None
    passing: bool = False


def await_answers(services: Services, folder: RoundFolder, environ: Mapping[str, str]) -> Awaited:
    """Collect the annotators' new answers; close the round where all are there, or it is over.

    Where the platform fails, an incident is open until it answers again, and the round stays open
    meanwhile, however late it is. A platform that has lost the round gets it again.

    Raises
    ------
    InputError
        If the deadline is over and nobody has answered. The round stays open.
    """
    with alone(services, folder.dataset):
        if not folder.has("closed"):
            found = _collected(services, folder, environ, FIRST)
            if isinstance(found, str):
                return _awaited(folder, FIRST, trouble=found)
            if not close_if_over(folder, services.clock()):
                _check_answered(services, folder)
                return _awaited(folder, FIRST, refused=found.refused)
        close(services, folder, ReasonCode.PLATFORM_FAILS, ReasonCode.ROUND_UNANSWERED)
        return _awaited(folder, FIRST, over=True)


def await_experts(services: Services, folder: RoundFolder, environ: Mapping[str, str]) -> Awaited:
    """Show doubtful tasks to the experts, and collect what they have decided.

    They have as many days as the annotators had, from the round's closing on. Then what they
    haven't decided on isn't waited for.

    Raises
    ------
    InputError
        If the round is open, or nobody has answered.
    """
    with alone(services, folder.dataset):
        ensure_closed(folder, services.clock())
        if not choose_review(folder) or folder.has("landed"):
            return _awaited(folder, REVIEW, over=True)
        found = _collected(services, folder, environ, REVIEW)
        if isinstance(found, str):
            return _awaited(folder, REVIEW, trouble=found)
        over = found.progress.complete or services.clock() >= deadline_of(folder, REVIEW)
        return _awaited(folder, REVIEW, over=over, refused=found.refused)


def look(
    services: Services, folder: RoundFolder, environ: Mapping[str, str], asking: str = FIRST
) -> Look:
    """Look whether a collection would bring something; read only, so that no lock is needed."""
    tasks, kept, now = folder.tasks(asking), folder.annotations(asking), services.clock()
    project = project_of(folder, asking)
    try:
        answers = list(open_platform(folder, environ).collect(project, people_of(folder, asking)))
    except PlatformError as error:
        return Look(trouble=str(error), passing=isinstance(error, PlatformDown))
    found = take_answers(folder.round, tasks, answers, kept, people=folder.person, at=now)
    progress = measure_progress(tasks, [*kept, *found.new])
    ended = folder.has("closed") if asking == FIRST else folder.ended
    over = ended or progress.complete or now >= deadline_of(folder, asking)
    return Look(over=over, new=len(found.new))


def deadline_of(folder: RoundFolder, asking: str = FIRST) -> datetime:
    """When an asking is no longer waited for."""
    if asking == FIRST:
        return folder.round.deadline
    closed = datetime.fromisoformat(folder.read("closed")["at"])
    return closed + timedelta(days=folder.policy.round.deadline_days)


def _collected(
    services: Services, folder: RoundFolder, environ: Mapping[str, str], asking: str
) -> Collected | str:
    """What a collection brought; or what is wrong with the platform, which is reported."""
    try:
        with watched(services, folder):
            platform = open_platform(folder, environ)
            if not is_shown(folder, asking):
                show(folder, platform, asking)
            try:
                return take(folder, platform, asking)
            except PlatformLost as lost:
                report(services, folder, ReasonCode.PLATFORM_FAILS, lost)
                show(folder, platform, asking)
                return take(folder, platform, asking)
    except PlatformError as error:
        return str(error)


def _check_answered(services: Services, folder: RoundFolder) -> None:
    if folder.annotations() or services.clock() < folder.round.deadline:
        return
    error = InputError(
        "nobody has answered until the deadline", where=folder.round.name,
        do="Ask people to answer, then start it again: the round stays open.",
    )  # fmt: skip
    report(services, folder, ReasonCode.ROUND_UNANSWERED, error)
    raise error


def _awaited(
    folder: RoundFolder, asking: str, *, over: bool = False, trouble: str | None = None,
    refused: Mapping[str, int] | None = None,
) -> Awaited:  # fmt: skip
    progress = measure_progress(folder.tasks(asking), folder.annotations(asking))
    return Awaited(
        over=over, trouble=trouble, asked=progress.asked, given=progress.given,
        refused=dict(refused or {}), until=deadline_of(folder, asking),
    )  # fmt: skip
