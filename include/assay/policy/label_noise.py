"""The label noise policy: which labels are judged, and how large a share of them may be wrong.

It is optional: a data set whose labels nobody asks to have judged has no such file. Its batches
aren't judged then, and their versions derive from nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import Field, model_validator

from assay.errors import PolicyError
from assay.policy._base import ColumnPath, Model, OptionalGatePolicy, named_at, optional


class WrongShare(Model):
    """The largest share of wrong labels that may pass."""

    fail: float = Field(gt=0, lt=1, description="A larger share fails the batch.")
    warn: float | None = optional("A larger share is a WARN; without it none is.", gt=0, lt=1)
    rationale: str = Field(min_length=1, description="What the limits come from.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn is not None and self.warn >= self.fail:
            raise ValueError("`warn` is at or above `fail`, so that it would never be reached")
        return self


class CheckedSample(Model):
    """Rows whose labels an expert has checked, as a data set of its own."""

    dataset: str = Field(
        description="Data set of the checked rows. Those that readers have when the run begins are "
        "used; a release of more makes a new version of the batch at its next run."
    )
    key: tuple[str, ...] = Field(
        min_length=1,
        description="Columns by which checked rows are found in the batch; both data sets have "
        "them by these names. Together they are unique over all batches.",
    )
    label: str = Field(description="The checked data set's column of the expert's label.")
    inclusion: str | None = optional(
        "The checked data set's column of the probability with which the row was drawn. Rows "
        "without one were chosen on purpose, and take no part. Without it, the checked rows are "
        "taken to be drawn at random among suspects, and among all others."
    )
    max_share: WrongShare = Field(description="The largest share of wrong labels by these rows.")


@dataclass(frozen=True)
class Rules:
    """What every judgement needs; present wherever the gate applies."""

    label: str
    folds: int
    alpha: float
    least_rows: int
    least_number: int
    most_rows: int
    max_estimated: WrongShare


class LabelNoisePolicy(OptionalGatePolicy):
    """How large a share of the labels may be wrong, and how that is found out."""

    noun: ClassVar[str] = "label_noise"

    label: str | None = optional("Column of the label that is judged.")
    without: tuple[str, ...] = optional(
        "Columns that the model doesn't learn from. It never learns from keys, identifiers, and "
        "columns of role `prediction` or `probability`.",
        (),
    )
    groups: tuple[str, ...] = optional(
        "Columns for whose levels the share of suspects is shown. Not judged.", ()
    )
    folds: int | None = optional(
        "Parts of the rows; each is predicted by a model that was fitted on the others.",
        ge=2,
        le=20,
    )
    alpha: float | None = optional("One minus the confidence of intervals.", gt=0, lt=0.5)
    least_rows: int | None = optional(
        "Fewer rows with a label can't be judged: INCONCLUSIVE.", ge=20
    )
    least_number: int | None = optional(
        "A label with fewer rows can't be judged: INCONCLUSIVE. A group with fewer rows isn't "
        "shown. At least the number of folds.",
        ge=2,
    )
    most_rows: int | None = optional(
        "Of more rows, the model sees this many: those with the smallest seeded hash.", ge=100
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of the sample, the folds and the model.")
    max_estimated: WrongShare | None = optional(
        "The largest share that the detector may estimate, where no checked row says more. What "
        "the other columns can't predict is in it, so that it belongs to one data set."
    )
    checked: CheckedSample | None = optional(
        "Rows that an expert has checked. Where there are some, the verdict follows from them; "
        "else from the detector's estimate."
    )

    @property
    def rules(self) -> Rules:
        """What every judgement needs.

        Raises
        ------
        PolicyError
            If the gate doesn't apply, so that there is nothing to judge by.
        """
        values = {name: getattr(self, name) for name in Rules.__dataclass_fields__}
        if None in values.values():
            raise PolicyError("the label noise gate doesn't apply, so it has no rules to judge by")
        return Rules(**values)

    def _judged(self) -> dict[str, bool]:
        return {"label": self.label is not None, "max_estimated": self.max_estimated is not None}

    def _faults(self) -> Iterator[str]:
        for name in Rules.__dataclass_fields__:
            if getattr(self, name) is None:
                yield f"{name} is missing"
        if (self.least_number or 0) < (self.folds or 0):
            yield "least_number is below folds: each fold needs a row of each label"
        if self.most_rows and self.least_rows and self.most_rows < self.least_rows:
            yield "most_rows is below least_rows, so that nothing could be judged"
        if self.label in (*self.without, *self.groups):
            yield "the label is neither left out nor a group"

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        yield from named_at(("roles",), self.roles)
        if self.label is not None:
            yield ("label",), self.label
        yield from named_at(("without",), self.without)
        yield from named_at(("groups",), self.groups)
        if self.checked is not None:
            yield from named_at(("checked", "key"), self.checked.key)
