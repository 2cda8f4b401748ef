"""One feedback at work: which batch of which model, and the released versions that it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import Field

from assay.errors import PolicyError
from assay.page import PageContext
from assay.policy.model import FeedbackPolicy, ModelFile
from assay.records.models import DataUsed
from assay.records.uses import Origin
from assay.stages.feedback.workspace import FeedbackWorkspace, folder_of
from assay.stages.models._training import parse_model
from assay.stages.run._result import Finished
from assay.stages.work import Work
from assay.verdict import Frozen


class Sources(Frozen):
    """The released versions that the feedback on one batch is made of.

    Parameters
    ----------
    predictions : DataUsed
        The batch of predictions.
    described : DataUsed
        The same batch of the data set that the model learns from.
    outcomes : DataUsed, optional
        Batches of a data set of outcomes that hold some of the rows; None where the label of
        ``described`` is the outcome.
    earlier : DataUsed, optional
        Earlier batches of predictions that were made elsewhere, by which they are calibrated.
    earlier_described : DataUsed, optional
        The same batches of the data set that the model learns from.
    """

    predictions: DataUsed
    described: DataUsed
    outcomes: DataUsed | None = None
    earlier: DataUsed | None = None
    earlier_described: DataUsed | None = None

    def used(self) -> Iterator[DataUsed]:
        """Each of them once."""
        seen = set()
        given = (self.predictions, self.described, self.outcomes, self.earlier,
                 self.earlier_described)  # fmt: skip
        for one in given:
            if one is not None and (one.dataset, one.digest) not in seen:
                seen.add((one.dataset, one.digest))
                yield one

    def origins(self) -> Iterator[Origin]:
        """The versions whose rows are judged."""
        judged = {self.predictions.dataset: self.predictions, self.described.dataset:
                  self.described}  # fmt: skip
        if self.outcomes is not None:
            judged[self.outcomes.dataset] = self.outcomes
        for used in judged.values():
            for batch, version in used.versions.items():
                yield Origin.of_version(used.dataset, batch, version)


class FeedbackSpec(Frozen):
    """One feedback: on which batch, of which versions, asked by whom.

    Parameters
    ----------
    feedback : str
        The id, a keyed hash of the sources and of what judges them.
    """

    model: str
    batch: str
    run_id: str
    started: datetime
    token: int
    by: str | None = None
    feedback: str = Field(pattern=r"^[0-9a-f]{32}$")
    sources: Sources

    @property
    def dataset(self) -> str:
        """The data set of the predictions."""
        return self.sources.predictions.dataset


class JudgedBatch(Frozen):
    """What a run has found of one batch."""

    spec: FeedbackSpec
    finished: Finished


class JudgedRun(Frozen):
    """What a run of feedback has found, sealed for the tasks after it; empty if nothing applied."""

    batches: tuple[JudgedBatch, ...] = ()


@dataclass(frozen=True)
class FeedbackWork(Work):
    """The feedback on one batch, with its services.

    Parameters
    ----------
    text : str
        The model file as it was when the work began.
    """

    spec: FeedbackSpec
    text: str = ""

    @property
    def version(self) -> str:
        """The id of the feedback."""
        return self.spec.feedback

    @property
    def subject(self) -> tuple[str, str]:
        """Nobody else works on the same feedback."""
        return lease_of(self.spec.dataset, self.spec.model, self.spec.feedback)

    @property
    def name(self) -> str:
        """How messages and pages name it."""
        return f"{self.spec.model} {self.spec.batch}"

    @cached_property
    def file(self) -> ModelFile:
        """The model file."""
        return parse_model(self.spec.model, self.text)

    @property
    def policy(self) -> FeedbackPolicy:
        """Its section ``feedback``."""
        return policy_of(self.spec.model, self.file)

    @cached_property
    def workspace(self) -> FeedbackWorkspace:
        """The artefacts."""
        key = (self.spec.dataset, folder_of(self.spec.model), self.spec.feedback)
        return FeedbackWorkspace(self.services.lake, key)

    @property
    def page_context(self) -> PageContext:
        """What the page is about."""
        return PageContext(self.name)

    def restricted(self, reads: tuple[str, ...], writes: tuple[str, ...]) -> FeedbackWork:
        """The work as its stage sees it."""
        narrowed: Any = replace(self)
        narrowed.__dict__.update(file=self.file, workspace=self.workspace.restricted(reads, writes))
        return narrowed  # type: ignore[no-any-return]


def policy_of(model: str, file: ModelFile) -> FeedbackPolicy:
    """The section ``feedback`` of a model file.

    Raises
    ------
    PolicyError
        If it has none.
    """
    if file.feedback is None:
        raise PolicyError(
            "the model file has no section feedback", where=model,
            do="Write one: include/docs/models.md explains its keys.",
        )  # fmt: skip
    return file.feedback


def lease_of(dataset: str, model: str, feedback: str) -> tuple[str, str]:
    """What a feedback takes the lease of."""
    return dataset, f"{folder_of(model)}-{feedback}"
