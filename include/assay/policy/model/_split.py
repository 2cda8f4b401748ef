"""Which rows a model is tested on: a rule over the rows, never their position."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import Model, optional


class Split(Model):
    """How rows are divided into training rows and test rows."""

    by: Literal["time", "group", "stratified", "random"] = Field(
        description="`time`: the newest batches are tested on; `group`: all rows of a subject are "
        "on one side; `stratified`: at random within each class; `random`: by a hash of the key."
    )
    test_share: float | None = Field(
        None, gt=0, lt=1, description="Share of rows (`time`: of batches) that are tested on."
    )
    test_batches: int | None = Field(
        None, ge=1, description="With `time`: how many of the newest batches are tested on."
    )
    group: str | None = optional("With `group`: the column that names the subject.")
    shared_subjects: str | None = optional(
        "Why a subject may be on both sides, where the contract has an identifier and the split "
        "isn't `by: group`; refused otherwise."
    )
    gap_batches: int = Field(
        0, ge=0, description="With `time`: batches left out between training and test."
    )
    seed: int = Field(0, ge=0, description="Another seed draws other test rows.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        faults = []
        if (self.test_share is None) == (self.test_batches is None):
            faults.append("a split needs either test_share or test_batches")
        if self.test_batches is not None and self.by != "time":
            faults.append("test_batches needs `by: time`")
        if self.gap_batches and self.by != "time":
            faults.append("gap_batches needs `by: time`")
        if (self.group is not None) != (self.by == "group"):
            faults.append("`by: group` and `group` need each other")
        if faults:
            raise ValueError("; ".join(faults))
        return self
