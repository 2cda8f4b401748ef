"""Ending a round without labels."""

from __future__ import annotations

from assay.errors import InputError
from assay.labelling.platforms import Platform
from assay.stages.labels.rounds._collect import close_round
from assay.stages.labels.rounds._folder import FIRST, REVIEW, RoundFolder, alone
from assay.stages.labels.rounds._publish import project_of
from assay.stages.labels.rounds._trouble import end_incidents, watched
from assay.stages.services import Services
from assay.verdict import Frozen


class Dropped(Frozen):
    """A round that was dropped: with whose reason, and how many answers stay unused."""

    dataset: str
    round: int
    author: str
    reason: str
    answers: int


def drop_round(
    services: Services, folder: RoundFolder, platform: Platform, *, author: str, reason: str
) -> Dropped:
    """End a round without labels, and take its tasks away; its records stay.

    The first reason stands. The next round may ask about the same rows again.

    Raises
    ------
    InputError
        If the round has landed.
    """
    with alone(services, folder.dataset):
        if folder.has("landed"):
            raise InputError(
                "the round has landed", where=folder.round.name,
                do="Its labels are a batch like others: roll the release of that back.",
            )  # fmt: skip
        if not folder.has("dropped"):
            folder.write("dropped", {
                "author": author, "reason": reason, "at": services.clock().isoformat(),
            })  # fmt: skip
        close_round(folder, "dropped")
        with watched(services, folder):
            for asking in (FIRST, REVIEW):
                platform.withdraw(project_of(folder, asking))
        end_incidents(services, folder)
    known = folder.read("dropped")
    return Dropped(
        dataset=folder.dataset, round=folder.number, author=known["author"],
        reason=known["reason"], answers=len(folder.annotations()),
    )  # fmt: skip
