"""How a model's predictions are judged once their outcomes are there. Every limit stands here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from assay.document import content_hash
from assay.policy._base import Model, optional
from assay.policy.model._gates import Metric, MetricLimit
from assay.verdict import OnInconclusive


def predictions_of(model: str) -> str:
    """The data set that a model's predictions are."""
    return f"{model}_predictions"


class MarginToTest(Model):
    """How much worse than on the test rows a metric may be."""

    metric: Metric = Field(description="The metric.")
    margin: float = Field(ge=0, description="The worsening that doesn't matter.")
    rationale: str | None = Field(None, description="Where the margin comes from.")


class Predicted(Model):
    """Predictions that were made elsewhere, as a data set has them."""

    dataset: str = Field(description="The data set, one batch for each batch of the model's own.")
    prediction: str = Field(description="Its column with what was predicted.")
    probability: str | None = optional(
        "Its column with the probability of the favourable class; without it nothing is estimated."
    )


class Outcomes(Model):
    """A data set of its own that says what became of the rows."""

    dataset: str = Field(description="The data set; it has the key of the predictions.")
    column: str | None = optional("Its column with the outcome.")
    expression: str | None = optional("An expression over its columns that gives the outcome.")
    match: Literal["batch", "key"] = Field(
        "batch",
        description="Where the outcome of a row is: in the `batch` of the same key, or in any "
        "batch, found by the row's `key` alone.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.column is None) == (self.expression is None):
            raise ValueError("outcomes need either `column` or `expression`")
        return self


class RowChecks(Model):
    """What makes a row suspect, beside what cleaning did to it.

    The error rate of suspect rows is compared with that of the others; none of it is judged.
    """

    near_limit: float | None = optional(
        "A value is near quarantine within this many interquartile ranges of the batch of a limit "
        "by which suite or contract set rows aside.",
        gt=0,
    )
    label_folds: int | None = optional(
        "Labels are suspected where a fit on the other rows of the batch contradicts them "
        "(confident learning): the number of parts, each predicted by a fit on the others.",
        ge=2,
        le=20,
    )
    rationale: str | None = Field(None, description="Where the numbers come from.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.near_limit is None and self.label_folds is None:
            raise ValueError("row_checks names no check; leave it out, or give one")
        return self


class FeedbackPolicy(Model):
    """How predictions are judged against their outcomes, batch by batch.

    A limit or margin is judged on all rows of the batch and within each level of the slices, as one
    family of tests (Holm).
    """

    predictions: Predicted | None = optional(
        "Predictions that were made elsewhere; by default those of `score__<model>`."
    )
    outcomes: Outcomes | None = optional(
        "A data set of outcomes; by default the label of the model's own data set, which may come "
        "with a later version of the batch."
    )

    on_inconclusive: OnInconclusive = Field(
        description="What an INCONCLUSIVE verdict does: `hold` the model, or `release` it as WARN."
    )
    alpha: float = Field(
        gt=0, lt=0.5, description="Level of the tests; intervals are at 1 − alpha."
    )
    least_labelled: float = Field(
        gt=0,
        le=1,
        description="Least share of predictions whose outcome has come; below it nothing is judged "
        "and the verdict is WARN.",
    )
    least_number: int = Field(
        ge=1, description="Least rows with an outcome of a batch or slice that is judged or shown."
    )
    limits: tuple[MetricLimit, ...] = Field(
        (), description="Limits that the whole interval must keep."
    )
    against_test: tuple[MarginToTest, ...] = Field(
        (), description="How much worse than on the test rows the model may be."
    )
    slices: tuple[str, ...] = Field((), description="Columns whose levels are judged as well.")
    group: str | None = optional(
        "The column of what rows depend on, such as a subject: its rows count together."
    )
    segments: tuple[str, ...] = Field(
        (), description="Columns, and pairs of them, that are searched for segments of many errors."
    )
    row_checks: RowChecks | None = optional(
        "Rows that are suspect: near quarantine, or of a label that the other rows contradict."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def predicted_in(self, model: str) -> str:
        """The data set that holds the predictions which are judged."""
        return self.predictions.dataset if self.predictions else predictions_of(model)

    def _faults(self) -> Iterator[str]:
        if not self.limits and not self.against_test:
            yield "feedback needs limits or against_test; otherwise it judges nothing"
        if self.predictions and self.against_test:
            yield "against_test needs predictions of the model itself; leave it out"
        for key, given in (("limits", self.limits), ("against_test", self.against_test)):
            names = [one.metric for one in given]
            for name in sorted({name for name in names if names.count(name) > 1}):
                yield f"{key} names {name} twice"

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the section's content, defaults included; comments don't count."""
        return content_hash(self.model_dump(mode="json"))
