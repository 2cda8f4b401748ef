"""The cleaning policy: an ordered list of steps, and how much they may change.

The ``step:`` key names the kind of a step. The order is parse, text,
deduplicate, outliers, impute, then derive and scale; a step in another place says why in its
``reason:``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import ColumnPath, GatePolicy, Model, by_name, named_at
from assay.policy.cleaning_steps import AnyStep, usual_order

Share = Annotated[float, Field(ge=0, le=1)]


class Limit(Model):
    """A largest share, and where it comes from."""

    max_share: Share = Field(description="Largest share that passes, 0 to 1.")
    rationale: str | None = Field(None, description="What the limit comes from.")


class Budget(Model):
    """How much cleaning may change before the batch fails."""

    cells: Limit | None = Field(None, description="Cells changed, of all cells of the data.")
    rows: Limit | None = Field(None, description="Rows changed or dropped, of all rows.")
    dropped: Limit | None = Field(None, description="Rows dropped, of all rows.")
    columns: dict[str, Limit] = by_name("Cells changed in one column, of all rows.")


class Groups(Model):
    """How the report counts by protected group."""

    least_number: int = Field(ge=1, description="Counts below this are shown as `<n`.")
    levels: dict[str, tuple[str, ...]] = Field(
        min_length=1,
        description="Protected column to its closed list of levels. Only these may be named; "
        "anything else is counted as `other`, null as `missing`.",
    )
    rationale: str | None = Field(None, description="What the least number comes from.")


class CleaningPolicy(GatePolicy):
    """How a batch is cleaned: the steps, their log, their budget."""

    noun: ClassVar[str] = "cleaning"

    steps: tuple[AnyStep, ...] = Field((), description="The steps, in order.")
    budget: Budget | None = Field(None, description="How much may be changed.")
    groups: Groups | None = Field(None, description="Counts by protected group.")
    change_log: Literal["cells", "values"] = Field(
        "cells",
        description="`cells` logs row, column and rule; `values` adds the values before and "
        "after, which makes the log a file for a restricted zone.",
    )

    @model_validator(mode="after")
    def _steps_in_order(self) -> Self:
        highest = 0
        for index, step in enumerate(self.steps):
            if step.rank < highest and not step.reason:
                raise ValueError(
                    f"steps.{index}: {step.step} comes after a later step; the order is "
                    f"{usual_order()}, and another order needs a reason in the step"
                )
            highest = max(highest, step.rank)
        return self

    def column_paths(self) -> Iterable[ColumnPath]:
        """Columns of the data that the policy names, without those that its own steps add."""
        added = self.made_columns()
        yield from ((path, name) for path, name in self._named() if name not in added)

    def made_columns(self) -> frozenset[str]:
        """Columns that the steps add: derived ones and the flags of outliers and imputation."""
        return frozenset(name for step in self.steps for name in step.added_columns())

    def needed_libraries(self) -> tuple[str, ...]:
        """Libraries, beside the engine, whose version can change the result."""
        return tuple(dict.fromkeys(n for step in self.steps for n in step.needed_libraries()))

    def _named(self) -> Iterator[ColumnPath]:
        for index, step in enumerate(self.steps):
            yield from ((("steps", index, *place), name) for place, name in step.named_columns())
        yield from named_at(("roles",), self.roles)
        if self.budget:
            yield from named_at(("budget", "columns"), self.budget.columns)
        if self.groups:
            yield from named_at(("groups", "levels"), self.groups.levels)
