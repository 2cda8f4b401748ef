"""A person's answer to the question whether a version becomes the champion.

It is asked where the model file says ``promotion: {by: person}``. The one who asked for the
training can't approve.
"""

from __future__ import annotations

from typing import Final

from assay.stages.approval import Approvals
from assay.stages.models import chain
from assay.stages.models._records import keep_record, read_record
from assay.stages.models._training import Training

_APPROVALS: Final = Approvals[Training](chain.APPROVE, keep_record, read_record)
ask_promotion = _APPROVALS.ask
answer_promotion = _APPROVALS.answer


def approved_by(run: Training) -> str | None:
    """Who approved the version; None if nobody did."""
    found = _APPROVALS.given(run)
    return None if found is None else found.by


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
