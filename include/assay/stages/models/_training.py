"""A training run at work: its spec, the results so far, and everything that a stage needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from assay.lake import private_folder
from assay.page import PageContext
from assay.policy.model import ModelFile, load_model
from assay.stages.models import chain
from assay.stages.models._spec import TrainingSpec
from assay.stages.models.workspace import TrainingWorkspace, folder_of
from assay.stages.run._result import Finished
from assay.stages.work import Work

if TYPE_CHECKING:
    from assay.training import TrainingTable
    from assay.training._split import Split


@dataclass(frozen=True)
class Training(Work):
    """One training run of one model, with its services and the results of its stages.

    Parameters
    ----------
    spec : TrainingSpec
    text : str
        The model file as it was when the run began.
    sides : Split, optional
        The rows that own code has learned from, and those that it is tested on; the model file
        splits the rows otherwise.
    """

    spec: TrainingSpec
    text: str = ""
    sides: Split | None = None

    @property
    def model(self) -> str:
        """The model's name."""
        return self.spec.model

    @property
    def dataset(self) -> str:
        """The data set that is learned from."""
        return self.spec.data.dataset

    @property
    def version(self) -> str:
        """The training run's id."""
        return self.spec.training_run

    @property
    def subject(self) -> tuple[str, str]:
        """Data set, and the model with the id: two runs of one id don't work at once."""
        return lease_of(self.dataset, self.model, self.version)

    @property
    def name(self) -> str:
        """How messages name the run."""
        return f"{self.model} on {self.spec.data.name}"

    @cached_property
    def file(self) -> ModelFile:
        """The model file, as it was pinned."""
        return parse_model(self.model, self.text)

    @cached_property
    def workspace(self) -> TrainingWorkspace:
        """The run's artefacts."""
        return TrainingWorkspace(
            self.services.lake,
            (self.dataset, folder_of(self.model), self.version),
            nonce=lambda name: self.services.registry.nonce(self.version, name),
        )

    @property
    def packages(self) -> list[str]:
        """Packages of own code whose types the model may have."""
        return packages_of(self.file, self.spec.own.package if self.spec.own else None)

    def split(self, table: TrainingTable) -> Split:
        """The rows of the training table that are learned from, and those that are tested on."""
        from assay.training import split_rows

        return self.sides or split_rows(table, self.file)

    def with_sides(self, sides: Split) -> Training:
        """The same run with the rows that own code has named."""
        return replace(self, sides=sides)

    @property
    def page_context(self) -> PageContext:
        """What the page of a stage is about, and the page that it links back to."""
        return PageContext(self.name, back=self.workspace.overview.file)

    def restricted(self, reads: tuple[str, ...], writes: tuple[str, ...]) -> Training:
        """The run as one stage sees it, with a workspace that refuses undeclared artefacts."""
        narrowed = replace(self)
        workspace = self.workspace.restricted(reads, writes)
        narrowed.__dict__.update(file=self.file, workspace=workspace)
        return narrowed

    @property
    def missing(self) -> list[str]:
        """Stages that should have left a result and have left none."""
        if self.spec.known:
            return []
        return [name for name in chain.names() if name not in self.done]

    def finished(self, name: str, finished: Finished) -> Training:
        """The same run with what one more stage has finished with."""
        found = {**self.results, name: finished}
        order = [*chain.in_order(found), *(n for n in found if n not in chain.names())]
        return replace(self, results={n: found[n] for n in order})


def packages_of(file: ModelFile, own: str | None) -> list[str]:
    """Packages whose types a model may have: that of its file's entry, and of own code."""
    entry = file.estimator.entry
    named = [entry.partition(":")[0].partition(".")[0] if entry else None, own]
    return [package for package in named if package]


def lease_of(dataset: str, model: str, what: str) -> tuple[str, str]:
    """What a run takes the lease of: nobody else works on the same of this model then."""
    return dataset, f"{folder_of(model)}-{what}"


def parse_model(name: str, text: str) -> ModelFile:
    """Read a model file from its text, as it was when a run began."""
    with _as_file(name, text) as path:
        return load_model(path)


@contextmanager
def _as_file(name: str, text: str) -> Iterator[str]:
    with private_folder() as folder:
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        yield str(path)
