"""Contract, suites and policies of a run, kept as they were when it started."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.contract import Contract
from assay.errors import AssayError
from assay.lake import private_folder
from assay.policy import Policy
from assay.policy.quality import QualityPolicy
from assay.policy.tighter import ORGANISATION
from assay.project import SUITES, Project
from assay.stages.run import chain
from assay.stages.services import Services
from assay.verdict import Frozen


def absent_policies(project: Project, dataset: str) -> frozenset[str]:
    """Names of the policy files that a data set may do without, and does."""
    nouns = chain.on_request()
    return frozenset(noun for noun in nouns if not project.policy(dataset, noun).exists())


class Texts(Frozen):
    """Path below the project's ``include`` → what the file held."""

    files: Mapping[str, str]

    @classmethod
    def read(cls, project: Project, dataset: str) -> Texts:
        """What stands in a data set's files now, whether or not it loads."""
        paths = [
            project.contracts / f"{dataset}.odcs.yaml",
            *(project.suite(dataset, which) for which in SUITES),
            *(project.policy(dataset, noun) for noun in chain.policy_models()),
            *(project.policy(ORGANISATION, noun) for noun in chain.policy_models()),
        ]
        return cls(files={
            str(path.relative_to(project.include)): path.read_bytes().decode("utf-8", "replace")
            for path in paths if path.is_file()
        })  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """The files by which a run judges, as a project of their own."""

    texts: Texts = field(default_factory=lambda: Texts(files={}))

    def of(self, project: Project) -> Project:
        """A project with these files in the place of its own."""
        return replace(project, include=self._include)

    @cached_property
    def _include(self) -> Path:
        """The files in a private folder, which goes with this object."""
        kept = ExitStack()
        weakref.finalize(self, kept.close)
        folder = kept.enter_context(private_folder())
        for name, text in self.texts.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return folder


@dataclass(frozen=True)
class LoadedRules:
    """What a run of now would be judged by, as far as it loads.

    What can't be loaded isn't there: the stage that needs it fails, where the run has a record.
    ``absent`` are the policies whose files the data set does without.
    """

    contract: Contract
    policies: Mapping[str, Policy]
    suites: Mapping[str, Any]
    absent: frozenset[str] = frozenset()

    @classmethod
    def of(cls, services: Services, contract: Contract) -> LoadedRules:
        """Load the policies and suites of a data set."""
        from assay.quality import load_suite

        policies: dict[str, Policy] = {}
        for noun, model in chain.policy_models().items():
            with suppress(AssayError):
                policies[noun] = services.policy(contract, model)
        suites = {}
        for which in SUITES:
            with suppress(AssayError):
                parameters = services.policy(contract, QualityPolicy).parameters
                path = services.project.suite(contract.dataset, which)
                suites[which] = load_suite(path, parameters)
        return cls(contract, policies, suites, absent_policies(services.project, contract.dataset))

    @property
    def hashes(self) -> dict[str, str]:
        """``contract``, ``policy drift``, ``suite raw`` … → the hash of its content."""
        hashes = {"contract": self.contract.hash}
        hashes |= {f"policy {noun}": policy.hash for noun, policy in self.policies.items()}
        return hashes | {f"suite {which}": suite.hash for which, suite in self.suites.items()}

    @property
    def idle(self) -> dict[str, str]:
        """Stage that doesn't apply to the data set → why not."""
        idle = {stage.name: stage.why_idle(self.policies, self.absent) for stage in chain.STAGES}
        return {name: why for name, why in idle.items() if why}
