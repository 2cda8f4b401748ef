"""Which released rows a model learns from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay.policy._base import Model, by_name, optional


class LastBatches(Model):
    """The newest batches of the snapshot."""

    last: int = Field(ge=1, description="How many of the newest batches.")


class BatchesBetween(Model):
    """The batches between two keys, both included."""

    first: str = Field(description="The first batch.")
    last: str = Field(description="The last batch.")


class Join(Model):
    """A reference data set whose columns are joined to the rows, by its key."""

    by: dict[str, str] = Field(
        min_length=1, description="Column of the rows → column of the reference data set's key."
    )
    columns: tuple[str, ...] = Field(
        min_length=1, description="Columns that are joined, as `<dataset>.<column>` in features."
    )


class TrainingData(Model):
    """The data set, which of its batches and rows, and what is joined to them."""

    dataset: str = Field(description="The data set whose released rows are learned from.")
    batches: (
        Literal["all"]
        | LastBatches
        | BatchesBetween
        | Annotated[tuple[str, ...], Field(min_length=1)]
    ) = Field("all", description="`all`, `{last: 30}`, `{first: …, last: …}`, or a list of keys.")
    where: str | None = optional(
        "Rows that are kept: an expression of the small grammar over the data set's columns."
    )
    joins: dict[str, Join] = by_name(
        "Reference data set → what is joined from it. The training run pins its snapshot."
    )
