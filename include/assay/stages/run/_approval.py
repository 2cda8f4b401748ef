"""A second person's answer to the question whether a held batch is released all the same."""

from __future__ import annotations

from typing import Final

from assay.stages.approval import Approval, Approvals
from assay.stages.run import chain
from assay.stages.run._records import keep_record, read_record
from assay.stages.run._run import Run

_APPROVALS: Final = Approvals[Run](chain.APPROVE, keep_record, read_record)
ask_approval = _APPROVALS.ask
answer_approval = _APPROVALS.answer


def approval_of(run: Run) -> Approval | None:
    """The answer that lets the batch out although it is held; None if there is none."""
    return _APPROVALS.given(run) if run.spec.asked.force else None


def approved_by(run: Run) -> str | None:
    """Who lets the batch out although it is held; None if nobody does."""
    found = approval_of(run)
    return None if found is None else found.by
