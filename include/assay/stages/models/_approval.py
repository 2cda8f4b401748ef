"""Approval: a person's answer to the question whether a version becomes the champion.

It is asked where the model file says ``promotion: {by: person}``. The one who asked for the
training can't approve. An answer to anything but what is decided on counts for nothing.
"""

from __future__ import annotations

from datetime import datetime

from assay.stages.models import chain
from assay.stages.models._records import keep_record, read_record
from assay.stages.models._training import Training
from assay.stages.run._approval import Approval
from assay.stages.work import plain


def ask_promotion(run: Training, asked_in: str, others: tuple[str, ...] = ()) -> None:
    """Put the question on record; an earlier answer counts no more."""
    question = Approval(shown=_shown(run), asked_in=asked_in, others=others)
    keep_record(run, chain.APPROVE, question)


def answer_promotion(
    run: Training, asked_in: str, *, approves: bool, by: str | None, at: datetime
) -> bool:
    """Put the answer on record; whether the version becomes the champion.

    It must come from a person who may answer and who didn't ask for the training, to the question
    of the same task, while all that was shown is still so.
    """
    asked = read_record(run, chain.APPROVE, Approval)
    if asked is None or (asked.asked_in, asked.shown) != (asked_in, _shown(run)):
        return False
    known = by is not None and (not asked.others or by in asked.others)
    approved = approves and known and by != run.spec.asked.by
    answered = {"by": by, "at": at, "approved": approved}
    keep_record(run, chain.APPROVE, asked.model_copy(update=answered))
    return approved


def approved_by(run: Training) -> str | None:
    """Who approved the version; None if nobody did."""
    found = read_record(run, chain.APPROVE, Approval)
    if found is None or not found.approved or found.shown != _shown(run):
        return None
    return found.by


def why_no_question(run: Training) -> str | None:
    """Why nobody is asked; None if a person must be."""
    if run.spec.known:
        return f"Trained before: {run.spec.known}."
    if run.missing:
        return f"{run.missing[0]} left no result: nothing is decided."
    if run.held_by:
        return f"{run.held_by} holds the version: the champion stays."
    if run.file.promotion.by == "gates":
        return "The model file leaves it to the gates."
    return None


def _shown(run: Training) -> str:
    results = {name: plain(finished) for name, finished in run.results.items()}
    shown = {"asked": plain(run.spec.asked), "version": run.version, "results": results}
    return run.services.seal.of(["shown", *run.subject], shown)
