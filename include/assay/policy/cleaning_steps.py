"""The steps of a cleaning policy: one model a kind of step.

A model says what a policy may write. The class of the same kind in ``assay.cleaning.steps`` does
the work. A new kind of step is a subclass of ``Step`` here and a class there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, Union

from pydantic import Field, field_validator, model_validator

from assay.moment_format import MomentFormat
from assay.policy._base import ColumnPath, Model, by_name, named_at, optional
from assay.policy.cleaning_step import Step

Scalar = bool | int | float | str
Columns = Annotated[tuple[str, ...], Field(min_length=1)]


class ParseColumn(Model):
    """How text becomes a typed value."""

    type: Literal["string", "integer", "number", "boolean", "date", "timestamp"] = Field(
        description="Type of the values."
    )
    null_values: tuple[str, ...] = Field((), description="Texts that mean null, as `?` or `NA`.")
    format: MomentFormat | None = optional(
        "strptime format of a date or timestamp; ISO 8601 without it."
    )
    on_error: Literal["null", "drop"] = Field(
        description="What happens to a text that doesn't parse: its cell becomes `null`, or its "
        "row is dropped; both are counted and logged. `drop` is refused for labels, predictions, "
        "keys, identifiers and protected attributes."
    )


class ParseStep(Step):
    """Give text columns their types."""

    rank = 0
    step: Literal["parse"] = Field(description="Text to typed values.")
    columns: dict[str, ParseColumn] = Field(min_length=1, description="Columns to parse.")


class TextColumn(Model):
    """How a text is brought to one spelling: trim, then case, then map."""

    trim: bool = Field(False, description="Remove white space at both ends.")
    case: Literal["upper", "lower"] | None = Field(None, description="One case for all letters.")
    map: dict[str, str | None] = by_name(
        "Spelling to replacement, null to remove; looked up after trim and case. "
        "Refused for labels, predictions, keys, identifiers and protected attributes."
    )


class TextStep(Step):
    """Trim, change case, map spellings."""

    rank = 1
    step: Literal["text"] = Field(description="Spellings of text columns.")
    columns: dict[str, TextColumn] = Field(min_length=1, description="Columns to rewrite.")


class Order(Model):
    """One column of the order in which duplicates are ranked."""

    column: str = Field(description="Column to order by.")
    direction: Literal["asc", "desc"] = Field("asc", description="Ascending or descending.")
    nulls: Literal["first", "last"] = Field("last", description="Where nulls stand.")


class DeduplicateStep(Step):
    """Keep the first row of each key."""

    rank = 2
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

    def named_columns(self) -> Iterator[ColumnPath]:
        """List the keys and the columns of the order."""
        yield from named_at(("keys",), self.keys)
        for i, order in enumerate(self.order_by):
            yield ("order_by", i, "column"), order.column


class OutlierMethod(Model):
    """How outliers are found; a method judges each column by itself, except the forest."""

    kind: ClassVar[str] = "outliers"
    libraries: ClassVar[tuple[str, ...]] = ()
    method: str

    def flags(self, columns: Collection[str]) -> tuple[str, ...]:
        """List the flags of outliers."""
        return tuple(f"{name}__outlier" for name in columns)

    def named_columns(self) -> Iterator[ColumnPath]:
        """List further columns that the method reads."""
        return iter(())


class ZScore(OutlierMethod):
    """Distance from the mean in standard deviations."""

    method: Literal["zscore"] = Field(description="Mean and standard deviation.")
    threshold: float = Field(gt=0, description="Outlier beyond this many standard deviations.")
    ddof: Literal[0, 1] = Field(description="Divisor n - ddof of the variance.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class MedianMad(OutlierMethod):
    """Distance from the median in scaled median absolute deviations."""

    method: Literal["mad"] = Field(description="Median and MAD (times 1.4826).")
    threshold: float = Field(gt=0, description="Outlier beyond this many scaled MADs.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class Iqr(OutlierMethod):
    """Tukey's fences."""

    method: Literal["iqr"] = Field(description="Quartiles.")
    factor: float = Field(gt=0, description="Fences this many IQRs beyond the quartiles.")
    min_n: int | None = Field(None, ge=1, description="Fewer values than this are INCONCLUSIVE.")


class Forest(OutlierMethod):
    """Isolation forest over all columns of the step together."""

    kind = "outliers.isolation_forest"
    libraries = ("scikit-learn",)
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

    def flags(self, columns: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002
        """List its one flag, which judges rows."""
        return (f"{self.name}__outlier",)

    def named_columns(self) -> Iterator[ColumnPath]:
        """List the key of the sample."""
        yield from named_at(("key",), self.key)


class OutliersStep(Step):
    """Find values (or, by isolation forest, rows) that stand apart."""

    rank = 3
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

    @property
    def kind(self) -> str:
        """The kind of work: bounds by column, or a forest over rows."""
        return self.by.kind

    def needed_libraries(self) -> tuple[str, ...]:
        """List what the method needs."""
        return self.by.libraries

    def named_columns(self) -> Iterator[ColumnPath]:
        """List the columns, and those of the method."""
        yield from super().named_columns()
        yield from ((("by", *place), name) for place, name in self.by.named_columns())

    def added_columns(self) -> tuple[str, ...]:
        """List the flags, where the step flags."""
        return self.by.flags(self.columns) if self.action == "flag" else ()


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


class ImputeStep(Step):
    """Fill missing values; each filled column gets a boolean `<column>__imputed`."""

    rank = 4
    step: Literal["impute"] = Field(description="Missing values.")
    columns: dict[str, Fill] = Field(min_length=1, description="Columns to fill.")

    def added_columns(self) -> tuple[str, ...]:
        """List the flags of the columns that are filled."""
        return tuple(f"{n}__imputed" for n, fill in self.columns.items() if fill.method != "drop")


class ScaleStep(Step):
    """Fit a scaler for training and serving; the release itself keeps natural units."""

    rank = 5
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

    def scaling(self, output: str | None = None) -> str | None:
        """Name the method, where the scaler is for this output."""
        return self.method if output in {None, self.output} else None


class DeriveStep(Step):
    """New columns by expression."""

    rank = 5
    step: Literal["derive"] = Field(description="Recorded feature engineering.")
    columns: dict[str, str] = Field(
        min_length=1,
        description="New column to expression, in a small grammar: arithmetic, comparisons, "
        "`and`, `or`, `not`, `is null`, `in (...)`, `if(c, a, b)` and a list of functions.",
    )

    def expressions(self) -> Mapping[str, str]:
        """List the derived columns, each with its expression."""
        return self.columns

    def named_columns(self) -> Iterator[ColumnPath]:
        """List none: an expression names its columns itself."""
        return iter(())

    def added_columns(self) -> tuple[str, ...]:
        """List the derived columns."""
        return tuple(self.columns)


def any_step() -> Any:
    """The type of a step of any kind that is registered."""
    return Annotated[Union[tuple(Step.kinds.values())], Field(discriminator="step")]  # noqa: UP007


if TYPE_CHECKING:
    AnyStep = Step
else:
    AnyStep = any_step()


def usual_order() -> str:
    """Name all kinds of steps in their usual order."""
    *first, last = sorted(Step.kinds, key=lambda kind: (Step.kinds[kind].rank, kind))
    return f"{', '.join(first)} and {last}"
