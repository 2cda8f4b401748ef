"""A run at work: its spec, the results so far, and everything that a stage needs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from assay.contract import Contract
from assay.errors import InputError
from assay.keys import period_of
from assay.page import PageContext
from assay.policy import Policy
from assay.stages.run import chain
from assay.stages.run._result import StageResult
from assay.stages.run._spec import RunSpec
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.engine import Session

PolicyT = TypeVar("PolicyT", bound=Policy)


@dataclass(frozen=True)
class Run:
    """One run of one batch, with the services it works with and the results of its stages.

    Parameters
    ----------
    services : Services
    spec : RunSpec
    done : mapping
        Stage → its result, in the order of the chain, for each stage that has finished.
    """

    services: Services
    spec: RunSpec
    done: Mapping[str, StageResult] = field(default_factory=dict)

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.spec.dataset

    @property
    def batch(self) -> str:
        """Partition key of the batch."""
        return self.spec.batch

    @property
    def version(self) -> str:
        """Id of the batch version that the run makes.

        Raises
        ------
        InputError
            Before the input has landed, when the id isn't known.
        """
        if self.spec.version is None:
            raise InputError("the run's input hasn't landed", where=f"{self.dataset} {self.batch}")
        return self.spec.version

    @cached_property
    def contract(self) -> Contract:
        """The data set's contract."""
        return self.services.project.contract(self.dataset)

    def policy(self, model: type[PolicyT]) -> PolicyT:
        """The data set's policy of this model."""
        return self.services.policy(self.contract, model)

    @cached_property
    def workspace(self) -> BatchWorkspace:
        """The run's artefacts."""
        _, end = self.contract.partition.bounds(self.batch)
        return BatchWorkspace(
            self.services.lake,
            (self.dataset, self.batch, self.version),
            nonce=lambda name: self.services.registry.nonce(self.version, name),
            input_sha=self.spec.input_sha,
            period=period_of(end),
            reference=self.spec.asked.reference,
        )

    @property
    def page_context(self) -> PageContext:
        """What the page of a stage is about, and the page that it links back to."""
        return PageContext(f"{self.dataset} {self.batch}", back=self.workspace.overview.file)

    def restricted(self, reads: tuple[str, ...], writes: tuple[str, ...]) -> Run:
        """The run as one stage sees it, with a workspace that refuses undeclared artefacts."""
        narrowed = replace(self)
        workspace = self.workspace.restricted(reads, writes)
        narrowed.__dict__.update(contract=self.contract, workspace=workspace)
        return narrowed

    def session(self) -> AbstractContextManager[Session]:
        """An engine session that spills into the restricted spill zone."""
        return self.services.session()

    @property
    def held_by(self) -> str | None:
        """The first stage that holds the batch; None if none does."""
        return next((name for name, result in self.done.items() if result.holds), None)

    def blocked_by(self, name: str) -> str | None:
        """The earlier stage whose hold keeps a stage from working; None if the stage works.

        A run that asked to force goes on to a candidate, so that there is something to force; but
        nothing can be done without input.
        """
        earlier = chain.before(name)
        holding = [n for n, result in self.done.items() if result.holds and n in earlier]
        if self.spec.asked.force and chain.INGEST not in holding:
            return None
        return next(iter(holding), None)

    def landed(self, input_sha: str, version: str) -> Run:
        """The same run once its input and its version are known."""
        return replace(
            self, spec=self.spec.model_copy(update={"input_sha": input_sha, "version": version})
        )

    def finished(self, name: str, result: StageResult) -> Run:
        """The same run with one more result."""
        return replace(self, done={**self.done, name: result})

    def dump(self) -> dict[str, Any]:
        """Spec and results as JSON data, for the tasks after this one."""
        done = {name: result.model_dump(mode="json") for name, result in self.done.items()}
        return {"spec": self.spec.model_dump(mode="json"), "done": done}
