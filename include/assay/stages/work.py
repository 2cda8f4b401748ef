"""A run of any subject at work, and its stages: each done once, and kept under seal.

A run of a batch (:mod:`assay.stages.run`) and a training run of a model
(:mod:`assay.stages.models`) are both a :class:`Work`: a folder named after all that the run derives
from, sealed results of its stages, and a lease.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import ValidationError

from assay.stages.artefacts import TextArtefact, Workspace
from assay.stages.lease import keep_lease, working
from assay.stages.run._result import JUDGING, Finished, StageResult
from assay.stages.services import Services
from assay.stages.stage import Stage
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.engine import Session

RecordT = TypeVar("RecordT", bound=Frozen)


class DoesNotApply(Exception):  # noqa: N818 - no error: the policy says so, or an earlier stage
    """A stage has nothing to do: its policy says so, or an earlier stage holds the run."""


@dataclass(frozen=True)
class Work:
    """One run, with the services it works with and the results of its stages.

    Parameters
    ----------
    services : Services
    spec : object
        What was asked and what is pinned; with ``run_id``, ``token`` and ``started``.
    results : mapping
        Stage → what it has finished with, in the order of the chain.
    """

    services: Services
    spec: Any
    results: Mapping[str, Finished] = field(default_factory=dict)

    @property
    def subject(self) -> tuple[str, str]:
        """What the run has the lease of; the first two parts of the names of its folders."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        """Id of all that the run derives from."""
        raise NotImplementedError

    @property
    def workspace(self) -> Workspace:
        """The run's artefacts."""
        raise NotImplementedError

    def restricted(self, reads: tuple[str, ...], writes: tuple[str, ...]) -> Self:
        """The run as one stage sees it, with a workspace that refuses undeclared artefacts."""
        raise NotImplementedError

    @property
    def done(self) -> dict[str, StageResult]:
        """Stage → its result, for each stage that has finished."""
        return {name: finished.result for name, finished in self.results.items()}

    @property
    def held_by(self) -> str | None:
        """The first stage that holds the run; None if none does."""
        return next((name for name, result in self.done.items() if result.holds), None)

    def session(self) -> AbstractContextManager[Session]:
        """An engine session that spills into the restricted spill zone."""
        return self.services.session()


def is_whole(work: Work, found: Finished | None, names: Collection[str]) -> bool:
    """Whether a stage has finished, and those artefacts that it wrote are as it wrote them."""
    written = {} if found is None else {n: sha for n, sha in found.wrote.items() if n in names}
    return found is not None and all(
        work.workspace.artefact(n).is_as(s) for n, s in written.items()
    )


def work_once(
    work: Work,
    stage: Stage,
    needed: Collection[str],
    *,
    name: str | None = None,
    still: Callable[[], bool] = lambda: True,
) -> Finished:
    """The stage's work, done now or found.

    The folder is named after all that the stage depends on, so what lies there finished is what
    the work would give again.

    Parameters
    ----------
    needed : collection of str
        Artefacts of the stage that are read later; where one isn't as it was written, the work is
        done again.
    name : str, optional
        Name of the kept result; the stage's own by default.
    still : callable, optional
        Whether what was found counts still.
    """
    kept = work.workspace.result(name or stage.name)
    about = ["version", *work.subject, work.version, kept.name]
    found = _found(work, about, kept, needed)
    if found is not None and still():
        keep_lease(work)
        return found
    written = {n for finished in work.results.values() for n in finished.wrote}
    narrowed = work.restricted(tuple(written.intersection(stage.reads)), stage.writes)
    with working(work):
        work.workspace.clear_aside()
        finished = stage.function(narrowed)
    finished = finished.model_copy(update={"wrote": narrowed.workspace.digests()})
    kept.write(work.services.seal.close(about, plain(finished)))
    return finished


def _found(
    work: Work, about: Sequence[str], kept: TextArtefact, needed: Collection[str]
) -> Finished | None:
    """What an earlier run of this very code finished, if all of it that is read later is whole."""
    found = read_sealed(work.services, kept, about, Finished)
    whole = is_whole(work, found, needed)
    return found if found is not None and whole and found.judging == JUDGING else None


def keep_sealed(
    services: Services, file: TextArtefact, about: Sequence[str], value: Frozen
) -> None:
    """Write a value as a sealed record about something."""
    file.write(services.seal.close(about, plain(value)))


def read_sealed(
    services: Services, file: TextArtefact, about: Sequence[str], model: type[RecordT]
) -> RecordT | None:
    """A sealed record; None where there is none that its seal vouches for."""
    if not file.exists():
        return None
    try:
        return model.model_validate(services.seal.open(about, file.path.read_bytes()))
    except ValidationError:  # no seal, or written by other code
        return None


def plain(value: Frozen) -> Any:
    """A value as JSON data; what isn't finite is null."""
    return json.loads(value.model_dump_json())
