"""Approval: a second person's answer to the question whether a held batch is released all the same.

The task that asks seals what it shows. The same task, once it is given the answer, seals who gave
it and when. An answer to anything but what is decided on counts for nothing.
"""

from __future__ import annotations

from datetime import datetime

from assay.stages.run import chain
from assay.stages.run._records import keep_record, read_record
from assay.stages.run._run import Run
from assay.stages.work import plain
from assay.verdict import Frozen


class Approval(Frozen):
    """A question to a second person, and the answer once it is given.

    Parameters
    ----------
    shown : str
        Digest of what is decided on: what was asked by whom, the version, every result.
    asked_in : str
        Id of the task instance that asks; its answer comes back to itself alone.
    others : tuple of str
        Who may answer; empty where the settings don't list the users.
    by, at : str and datetime, optional
        Who answered, and when.
    approved : bool
        Whether the answer lets the batch out.
    """

    shown: str
    asked_in: str
    others: tuple[str, ...] = ()
    by: str | None = None
    at: datetime | None = None
    approved: bool = False


def ask_approval(run: Run, asked_in: str, others: tuple[str, ...] = ()) -> None:
    """Put the question on record; an earlier answer counts no more."""
    question = Approval(shown=_shown(run), asked_in=asked_in, others=others)
    keep_record(run, chain.APPROVE, question)


def answer_approval(
    run: Run, asked_in: str, *, approves: bool, by: str | None, at: datetime
) -> bool:
    """Put the answer on record; whether it lets the batch out.

    It must come from a second person who may answer, to the question of the same task, while all
    that was shown is still so.
    """
    asked = read_record(run, chain.APPROVE, Approval)
    if asked is None or (asked.asked_in, asked.shown) != (asked_in, _shown(run)):
        return False
    known = by is not None and (not asked.others or by in asked.others)
    approved = approves and known and by != run.spec.asked.by
    answered = {"by": by, "at": at, "approved": approved}
    keep_record(run, chain.APPROVE, asked.model_copy(update=answered))
    return approved


def approval_of(run: Run) -> Approval | None:
    """The answer that lets the batch out although it is held; None if there is none."""
    found = read_record(run, chain.APPROVE, Approval) if run.spec.asked.force else None
    if found is None or not found.approved or found.shown != _shown(run):
        return None
    return found


def approved_by(run: Run) -> str | None:
    """Who lets the batch out although it is held; None if nobody does."""
    found = approval_of(run)
    return None if found is None else found.by


def _shown(run: Run) -> str:
    results = {name: plain(finished) for name, finished in run.results.items()}
    shown = {"asked": plain(run.spec.asked), "version": run.spec.version, "results": results}
    return run.services.seal.of(["shown", run.dataset, run.batch], shown)
