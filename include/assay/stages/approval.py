"""Approval: a second person's answer to a question about a run, of a batch or of a model.

The task that asks seals what it shows. The same task, once it is given the answer, seals who gave
it and when. An answer to anything but what is decided on counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from assay.stages.work import Work, plain
from assay.verdict import Frozen

WorkT = TypeVar("WorkT", bound=Work)


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
        Whether the answer is yes, and counts.
    """

    shown: str
    asked_in: str
    others: tuple[str, ...] = ()
    by: str | None = None
    at: datetime | None = None
    approved: bool = False


@dataclass(frozen=True)
class Approvals(Generic[WorkT]):
    """The approvals of one kind of run, among its sealed records.

    Parameters
    ----------
    name : str
        The record's name.
    keep, read : callable
        Keep and read a sealed record of a run by its name.
    """

    name: str
    keep: Callable[[WorkT, str, Frozen], None]
    read: Callable[[WorkT, str, type[Approval]], Approval | None]

    def ask(self, run: WorkT, asked_in: str, others: tuple[str, ...] = ()) -> None:
        """Put the question on record; an earlier answer counts no more."""
        self.keep(run, self.name, Approval(shown=_shown(run), asked_in=asked_in, others=others))

    def answer(
        self, run: WorkT, asked_in: str, *, approves: bool, by: str | None, at: datetime
    ) -> bool:
        """Put the answer on record; return whether it is an approval that counts.

        It must come from a second person who may answer, to the question of the same task, while
        all that was shown is still so.
        """
        asked = self.read(run, self.name, Approval)
        if asked is None or (asked.asked_in, asked.shown) != (asked_in, _shown(run)):
            return False
        known = by is not None and (not asked.others or by in asked.others)
        approved = approves and known and by != run.spec.asked.by
        answered = {"by": by, "at": at, "approved": approved}
        self.keep(run, self.name, asked.model_copy(update=answered))
        return approved

    def given(self, run: WorkT) -> Approval | None:
        """The approval of what is decided on; None if there is none."""
        found = self.read(run, self.name, Approval)
        if found is None or not found.approved or found.shown != _shown(run):
            return None
        return found


def _shown(run: Work) -> str:
    results = {name: plain(finished) for name, finished in run.results.items()}
    shown = {"asked": plain(run.spec.asked), "version": run.version, "results": results}
    return run.services.seal.of(["shown", *run.subject], shown)
