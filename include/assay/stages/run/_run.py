"""A run at work: its spec, the results so far, and everything that a stage needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from assay.contract import Contract
from assay.errors import InputError
from assay.keys import period_of
from assay.page import PageContext
from assay.policy import Policy, load_policy
from assay.policy.quality import QualityPolicy
from assay.project import Project
from assay.records.runs import BatchState
from assay.stages.run import chain
from assay.stages.run._result import Finished
from assay.stages.run._rules import Rules
from assay.stages.run._spec import RunSpec
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.work import Work

PolicyT = TypeVar("PolicyT", bound=Policy)


@dataclass(frozen=True)
class Run(Work):
    """One run of one batch, with the services it works with and the results of its stages.

    Parameters
    ----------
    spec : RunSpec
    rules : Rules
        Contract, suites and policies as they were when the run started.
    """

    spec: RunSpec
    rules: Rules = field(default_factory=Rules)

    @property
    def subject(self) -> tuple[str, str]:
        """Data set and batch."""
        return self.dataset, self.batch

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
        """The data set's contract, as it was pinned.

        Raises
        ------
        InputError
            If the run has no record of it, and it has changed since.
        """
        contract = self._project("contract").contract(self.dataset)
        self._refuse_changed("contract", contract.hash)
        return contract

    def policy(self, model: type[PolicyT]) -> PolicyT:
        """The data set's policy of this model; as it was pinned, if a stage follows it.

        Raises
        ------
        InputError
            If the run has no record of it, and it has changed since.
        """
        what = f"policy {model.noun}"
        path = self._project(what).policy(self.dataset, model.noun)
        policy = load_policy(path, model, columns=self.contract.column_names)
        if model.noun in chain.policy_models():
            self._refuse_changed(what, policy.hash)
        return policy

    @property
    def policies(self) -> dict[str, Policy]:
        """Name of a policy file → the policy, of those that stages follow.

        A stage that is there on request has none where the data set had no file at the start.
        """
        pinned = self.spec.pinned
        unasked = {s.noun for s in chain.STAGES if s.on_request and s.name in pinned.idle}
        nouns = {n for n in unasked if f"policy {n}" not in pinned.hashes}
        models = chain.policy_models().items()
        return {noun: self.policy(model) for noun, model in models if noun not in nouns}

    def suite(self, which: Literal["raw", "clean"]) -> Any:
        """The suite of the rows as they land, or as they are cleaned; as it was pinned.

        Raises
        ------
        InputError
            If the run has no record of it, and it has changed since.
        """
        from assay.quality import load_suite

        path = self._project(f"suite {which}").suite(self.dataset, which)
        suite = load_suite(path, self.policy(QualityPolicy).parameters)
        self._refuse_changed(f"suite {which}", suite.hash)
        return suite

    def _project(self, what: str) -> Project:
        """The project as it was when the run started, for what could be loaded then."""
        known = what in self.spec.pinned.hashes and self.rules.texts.files
        return self.rules.of(self.services.project) if known else self.services.project

    def _refuse_changed(self, what: str, content: str) -> None:
        """Refuse to judge by other rules than those of the run's start."""
        if self.spec.pinned.hashes.get(what) != content:
            raise InputError(
                f"the {what} has changed since the run began",
                where=f"{self.dataset} {self.batch}",
                do="Run the batch again: a new run is judged by what is in force now.",
            )

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
        return PageContext(
            f"{self.dataset} {self.batch}",
            back=self.workspace.overview.file,
            labels=self.contract.labels,
        )

    def restricted(self, reads: tuple[str, ...], writes: tuple[str, ...]) -> Run:
        """The run as one stage sees it, with a workspace that refuses undeclared artefacts."""
        narrowed = replace(self)
        workspace = self.workspace.restricted(reads, writes)
        narrowed.__dict__.update(contract=self.contract, workspace=workspace)
        return narrowed

    @property
    def not_expected(self) -> bool:
        """Whether nothing arrived and nothing was expected, so that no stage has work."""
        found = self.done.get(chain.INGEST)
        return found is not None and found.state == BatchState.NOT_EXPECTED

    def blocked_by(self, name: str) -> str | None:
        """The earlier stage whose hold keeps a stage from working; None if the stage works.

        A run that asked to force goes on to a candidate, so that there is something to force; but
        nothing can be done without input, and nobody can force what the privacy policy holds.
        """
        earlier = chain.before(name)
        holding = [n for n, result in self.done.items() if result.holds and n in earlier]
        if self.spec.asked.force and not {chain.INGEST, chain.PROTECT} & set(holding):
            return None
        return next(iter(holding), None)

    @property
    def missing(self) -> list[str]:
        """Stages that should have left a result and have left none."""
        if self.not_expected:
            return []
        idle = {*self.done, *self.spec.pinned.idle}
        return [name for name in chain.names() if name not in idle and not self.blocked_by(name)]

    def landed(self, input_sha: str | None, version: str | None) -> Run:
        """The same run once its input and its version are known.

        Results on another version are none of this one.
        """
        about = {"input_sha": input_sha, "version": version}
        same = version == self.spec.version
        spec = self.spec.model_copy(update=about)
        return replace(self, spec=spec, results=self.results if same else {})

    def finished(self, name: str, finished: Finished) -> Run:
        """The same run with what one more stage has finished with."""
        run = self.landed(finished.input_sha, finished.version) if name == chain.INGEST else self
        found = {**run.results, name: finished}
        order = [*chain.in_order(found), *(n for n in found if n not in chain.names())]
        return replace(run, results={n: found[n] for n in order})
