"""The cleaning policy: an ordered list of steps, and how much they may change.

A step is told by its ``step:`` key. The order is parse, text, deduplicate, outliers, impute, then
derive and scale; a step that stands elsewhere says why in its ``reason:``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from assay.policy._base import ColumnPath, GatePolicy, Model

Scalar = bool | int | float | str
Share = Annotated[float, Field(ge=0, le=1)]
Columns = Annotated[tuple[str, ...], Field(min_length=1)]
RANK = {
    "parse": 0, "text": 1, "deduplicate": 2, "outliers": 3, "impute": 4, "derive": 5, "scale": 5,
}  # fmt: skip


class _Step(Model):
    reason: str | None = Field(
        None, min_length=1, description="Why this step stands outside the usual order."
    )
    rationale: str | None = Field(None, description="What the numbers of this step come from.")


class ParseColumn(Model):
    """How text becomes a typed value."""

    type: Literal["string", "integer", "number", "boolean", "date", "timestamp"] = Field(
        description="Type of the values."
    )
    null_values: tuple[str, ...] = Field((), description="Texts that mean null, as `?` or `NA`.")
    format: str | None = Field(
        None, description="strptime format of a date or timestamp; ISO 8601 without it."
    )
    on_error: Literal["null", "drop"] = Field(
        description="What happens to a text that doesn't parse: its cell becomes `null`, or its "
        "row is dropped; both are counted and logged. `drop` is refused for labels, predictions, "
        "keys, identifiers and protected attributes."
    )


class ParseStep(_Step):
    """Give text columns their types."""

    step: Literal["parse"] = Field(description="Text to typed values.")
    columns: dict[str, ParseColumn] = Field(min_length=1, description="Columns to parse.")


class TextColumn(Model):
    """How a text is brought to one spelling: trim, then case, then map."""

    trim: bool = Field(False, description="Remove white space at both ends.")
    case: Literal["upper", "lower"] | None = Field(None, description="One case for all letters.")
    map: dict[str, str | None] = Field(
        default_factory=dict,
        description="Spelling to replacement, null to remove; looked up after trim and case. "
        "Refused for labels, predictions, keys, identifiers and protected attributes.",
    )


class TextStep(_Step):
    """Trim, change case, map spellings."""

    step: Literal["text"] = Field(description="Spellings of text columns.")
    columns: dict[str, TextColumn] = Field(min_length=1, description="Columns to rewrite.")


class Order(Model):
    """One column of the order in which duplicates are ranked."""

    column: str = Field(description="Column to order by.")
    direction: Literal["asc", "desc"] = Field("asc", description="Ascending or descending.")
    nulls: Literal["first", "last"] = Field("last", description="Where nulls stand.")


class DeduplicateStep(_Step):
    """Keep the first row of each key."""

    step: Literal["deduplicate"] = Field(description="One row per key.")
    keys: Columns = Field(description="Columns that identify a row.")
    order_by: tuple[Order, ...] = Field(
        description="Which row of a key is kept: the first in this order. The landing row number "
        "breaks the ties that remain; `[]` says that it alone decides, so that the row that "
        "landed first stays."
    )
    null_keys: Literal["keep", "match"] = Field(
        "keep",
        description="Rows with a null in a key: `keep` them all (a null is unlike any other), or "
        "let nulls `match` each other.",
    )


class ZScore(Model):
    """Distance from the mean in standard deviations."""

    method: Literal["zscore"] = Field(description="Mean and standard deviation.")
    threshold: float = Field(gt=0, description="Outlier beyond this many standard deviations.")
    ddof: Literal[0, 1] = Field(description="Divisor n - ddof of the variance.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class MedianMad(Model):
    """Distance from the median in scaled median absolute deviations."""

    method: Literal["mad"] = Field(description="Median and MAD (times 1.4826).")
    threshold: float = Field(gt=0, description="Outlier beyond this many scaled MADs.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class Iqr(Model):
    """Tukey's fences."""

    method: Literal["iqr"] = Field(description="Quartiles.")
    factor: float = Field(gt=0, description="Fences this many IQRs beyond the quartiles.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class Forest(Model):
    """Isolation forest over all columns of the step together."""

    method: Literal["isolation_forest"] = Field(description="scikit-learn's IsolationForest.")
    name: str = Field(
        "forest", pattern=r"^[a-z][a-z0-9_]*$", description="Names `<name>__outlier`."
    )
    trees: int = Field(ge=1, le=1000, description="Number of trees.")
    rows: int = Field(ge=2, le=100_000, description="Rows of the reference sampled for fitting.")
    contamination: float = Field(
        gt=0, le=0.5, description="Share of the reference that lies beyond the threshold."
    )
    seed: int = Field(ge=0, lt=2**32, description="Seed of the sample and of the trees.")
    key: Columns = Field(description="Columns whose seeded hash chooses the sample.")


class OutliersStep(_Step):
    """Find values (or, by isolation forest, rows) that stand apart."""

    step: Literal["outliers"] = Field(description="Values far from the others.")
    columns: Columns = Field(description="Numeric columns.")
    by: Annotated[ZScore | MedianMad | Iqr | Forest, Field(discriminator="method")] = Field(
        description="The method and its numbers."
    )
    action: Literal["flag", "clip", "null", "drop"] = Field(
        description="`flag` adds `<column>__outlier`; `clip` moves the value to the bound; `null` "
        "empties the cell; `drop` drops the row. An isolation forest can flag or drop."
    )

    @model_validator(mode="after")
    def _forest_judges_rows(self) -> Self:
        if isinstance(self.by, Forest) and self.action in {"clip", "null"}:
            raise ValueError(
                "an isolation forest judges rows, which have no bound to clip to and no cell to "
                "empty; use flag or drop"
            )
        return self


class Fill(Model):
    """How the missing values of one column are filled."""

    method: Literal["mean", "median", "mode", "constant", "drop"] = Field(
        description="What takes the place of a missing value; `drop` drops the row instead."
    )
    value: Scalar | None = Field(None, description="The value of `constant`.")

    @model_validator(mode="after")
    def _constant_has_a_value(self) -> Self:
        if (self.method == "constant") != (self.value is not None):
            raise ValueError("`value` goes with method constant, and with no other")
        return self


class ImputeStep(_Step):
    """Fill missing values; each filled column gets a boolean `<column>__imputed`."""

    step: Literal["impute"] = Field(description="Missing values.")
    columns: dict[str, Fill] = Field(min_length=1, description="Columns to fill.")


class ScaleStep(_Step):
    """Fit a scaler for training and serving; the release itself keeps natural units."""

    step: Literal["scale"] = Field(description="Scaling, as an artefact beside the version.")
    columns: Columns = Field(description="Numeric columns.")
    method: Literal["normalise", "standardise"] = Field(
        description="`normalise`: (x - min) / (max - min). `standardise`: (x - mean) / sd, with "
        "the sd of the population (ddof 0), as scikit-learn has it."
    )
    output: Literal["artefact", "derived"] = Field(
        "artefact",
        description="`artefact`: the fitted transformer alone; `derived`: a scaled file as well.",
    )
    fit_on: Literal["reference", "batch"] = Field(
        "reference", description="A pinned reference; `batch` is refused."
    )

    @field_validator("fit_on")
    @classmethod
    def _never_on_the_batch(cls, value: str) -> str:
        if value == "batch":
            raise ValueError(
                "scaling may not be fitted on the batch: it forces the same mean and range into "
                "every batch, hides drift and leaks; use fit_on: reference"
            )
        return value


class DeriveStep(_Step):
    """New columns by expression."""

    step: Literal["derive"] = Field(description="Recorded feature engineering.")
    columns: dict[str, str] = Field(
        min_length=1,
        description="New column to expression, in a small grammar: arithmetic, comparisons, "
        "`and`, `or`, `not`, `is null`, `in (...)`, `if(c, a, b)` and a list of functions.",
    )


Step = Annotated[
    ParseStep | TextStep | DeduplicateStep | OutliersStep | ImputeStep | ScaleStep | DeriveStep,
    Field(discriminator="step"),
]


class Limit(Model):
    """A largest share, and where it comes from."""

    max_share: Share = Field(description="Largest share that passes, 0 to 1.")
    rationale: str | None = Field(None, description="What the limit comes from.")


class Budget(Model):
    """How much cleaning may change before the batch fails."""

    cells: Limit | None = Field(None, description="Cells changed, of all cells of the data.")
    rows: Limit | None = Field(None, description="Rows changed or dropped, of all rows.")
    dropped: Limit | None = Field(None, description="Rows dropped, of all rows.")
    columns: dict[str, Limit] = Field(
        default_factory=dict, description="Cells changed in one column, of all rows."
    )


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

    steps: tuple[Step, ...] = Field((), description="The steps, in order.")
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
            if RANK[step.step] < highest and not step.reason:
                raise ValueError(
                    f"steps.{index}: {step.step} stands after a later step; the order is parse, "
                    "text, deduplicate, outliers, impute, derive and scale, and another order "
                    "needs a reason in the step"
                )
            highest = max(highest, RANK[step.step])
        return self

    def column_paths(self) -> Iterable[ColumnPath]:
        """Columns of the data that the policy names, without those that its own steps add."""
        made = self.made_columns()
        for path, name in self._named():
            if name not in made:
                yield path, name

    def made_columns(self) -> frozenset[str]:
        """Columns that the steps add: derived ones and the flags of outliers and imputation."""
        return frozenset(name for step in self.steps for name in made_by(step))

    def _named(self) -> Iterator[ColumnPath]:
        for index, step in enumerate(self.steps):
            at: tuple[str | int, ...] = ("steps", index)
            if isinstance(step, DeduplicateStep):
                yield from (((*at, "keys", i), n) for i, n in enumerate(step.keys))
                for i, order in enumerate(step.order_by):
                    yield (*at, "order_by", i, "column"), order.column
            elif isinstance(step, OutliersStep | ScaleStep):
                yield from (((*at, "columns", i), n) for i, n in enumerate(step.columns))
                if isinstance(step, OutliersStep) and isinstance(step.by, Forest):
                    yield from (((*at, "by", "key", i), n) for i, n in enumerate(step.by.key))
            elif not isinstance(step, DeriveStep):
                yield from (((*at, "columns", n), n) for n in step.columns)
        yield from ((("roles", n), n) for n in self.roles)
        if self.budget:
            yield from ((("budget", "columns", n), n) for n in self.budget.columns)
        if self.groups:
            yield from ((("groups", "levels", n), n) for n in self.groups.levels)


def made_by(step: Step) -> tuple[str, ...]:
    """Columns that one step adds to the table."""
    if isinstance(step, DeriveStep):
        return tuple(step.columns)
    if isinstance(step, ImputeStep):
        return tuple(f"{n}__imputed" for n, fill in step.columns.items() if fill.method != "drop")
    if isinstance(step, OutliersStep) and step.action == "flag":
        if isinstance(step.by, Forest):
            return (f"{step.by.name}__outlier",)
        return tuple(f"{n}__outlier" for n in step.columns)
    return ()
