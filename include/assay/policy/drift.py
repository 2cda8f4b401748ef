"""The drift policy: which test and which effect judge each column, and against what reference.

A column is judged by one confirmatory test and one effect size. It fails when the test, corrected
over all columns, shows a shift *and* the effect reaches the limit. The owner writes every limit;
there is no default.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import (
    ColumnPath,
    Model,
    OptionalGatePolicy,
    by_name,
    level_text,
    named_at,
    optional,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Batch = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]


class ShareLimit(Model):
    """The largest share of rows, or change of a share, that may pass."""

    limit: float = Field(ge=0, lt=1, description="Largest share that passes, 0 to 1.")
    rationale: str | None = Field(None, description="What the limit comes from.")


class _ColumnTest(Model):
    limit: float = Field(gt=0, description="An effect as large as this is a shift that matters.")
    rationale: str | None = Field(None, description="What the limit comes from.")


class NumericTest(_ColumnTest):
    """How an ordered column (number, date, timestamp) is judged; missing values take no part."""

    test: Literal["kolmogorov_smirnov", "anderson_darling", "permutation"] = Field(
        description="The confirmatory test. `permutation` is Kolmogorov-Smirnov's D under seeded "
        "permutations, which keeps its size when values tie."
    )
    effect: Literal["ks_statistic", "psi", "jensen_shannon", "wasserstein"] = Field(
        description="The effect that the limit is for: D; PSI over the reference's deciles; "
        "Jensen-Shannon distance, base 2, over the same; Wasserstein distance over the reference's "
        "interquartile range."
    )
    ties: Literal["matter", "negligible"] = Field(
        "negligible",
        description="Say `matter` where many rows share a value. Kolmogorov-Smirnov's law then "
        "rejects too seldom and is refused: take chi_square or permutation.",
    )
    missing: ShareLimit | None = Field(
        None, description="Largest change of the share of missing values, either way."
    )

    @model_validator(mode="after")
    def _ties_need_another_test(self) -> Self:
        if self.test == "kolmogorov_smirnov" and self.ties == "matter":
            raise ValueError(
                "kolmogorov_smirnov loses its size where ties matter; "
                "use test: chi_square or test: permutation"
            )
        return self


class CategoryTest(_ColumnTest):
    """How a column of levels is judged; missing is a level of its own."""

    test: Literal["chi_square"] = Field(
        description="Chi-square test of homogeneity; rare levels are pooled, and what is still "
        "sparse is judged by seeded permutations."
    )
    effect: Literal["cramers_v", "psi", "jensen_shannon"] = Field(
        description="The effect that the limit is for: Cramér's V with its bias corrected; PSI; "
        "Jensen-Shannon distance, base 2."
    )
    unseen: ShareLimit | None = Field(
        None, description="Largest share of rows whose level the reference doesn't have."
    )


ColumnTest = Annotated[NumericTest | CategoryTest, Field(discriminator="test")]


class Slice(Model):
    """A part of the rows that is judged by itself, inside the same family of tests."""

    name: Name = Field(description="Name of the slice in verdicts.")
    column: str = Field(description="Column whose levels define the slice.")
    levels: tuple[str | int | float | bool, ...] = Field(
        min_length=1, description="Levels of that column that are in the slice."
    )
    columns: tuple[str, ...] = Field(
        min_length=1, description="Columns judged in the slice, each by its test in `columns:`."
    )

    @property
    def texts(self) -> tuple[str, ...]:
        """The levels as text, however the file writes them."""
        return tuple(map(level_text, self.levels))


class BatchRange(Model):
    """All batches of the calendar from one key to another, both included."""

    first: Batch = Field(description="First batch.")
    last: Batch = Field(description="Last batch.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.first) != len(self.last) or self.first > self.last:
            raise ValueError("first must be a batch of the same grain, not after last")
        return self


Batches = BatchRange | tuple[Batch, ...]


class Pinned(Model):
    """Named batches, the same for every batch that is judged."""

    kind: Literal["pinned"] = Field(description="A fixed reference.")
    batches: Batches = Field(description="A list of batches, or `first` and `last`.")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.batches == ():
            raise ValueError("names no batch")
        return self


class Previous(Model):
    """The nearest released batch before the one that is judged."""

    kind: Literal["previous"] = Field(description="The batch before.")


class Rolling(Model):
    """The nearest released batches before the one that is judged."""

    kind: Literal["rolling"] = Field(description="The last few batches.")
    batches: int = Field(ge=2, description="How many.")


class Season(Model):
    """Released batches before the one that is judged which share its season."""

    kind: Literal["season"] = Field(description="Earlier batches of the same season.")
    by: Literal["weekday", "iso_week", "month", "holiday"] = Field(
        description="What batches of one season share."
    )
    holidays: dict[str, tuple[dt.date, ...]] = by_name(
        "For `by: holiday`: name to dates. Days in none of them are one season."
    )
    batches: int | None = Field(None, ge=1, description="At most this many, the nearest; or all.")
    least: int = Field(ge=1, description="Fewer batches than this are no reference.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.by == "holiday") != bool(self.holidays):
            raise ValueError("`holidays` goes with by: holiday, and with no other")
        if self.batches is not None and self.batches < self.least:
            raise ValueError("`batches` is below `least`, so there never is a reference")
        return self


Reference = Annotated[Pinned | Previous | Rolling | Season, Field(discriminator="kind")]


class ConceptLimit(Model):
    """The largest change of one measure, either way, that may pass."""

    limit: float = Field(gt=0, lt=1, description="Largest change that passes, 0 to 1.")
    rationale: str | None = Field(None, description="What the limit comes from.")


ConceptMeasure = Literal["label_share", "accuracy", "precision", "recall", "auc"]


class Concept(Model):
    """Limits on the change of label, prediction and score, and which level is positive."""

    positive: str | int | float | bool = Field(
        description="The positive level, for label share, precision, recall and AUC."
    )
    limits: dict[ConceptMeasure, ConceptLimit] = by_name(
        "Measures that are judged, each with the change from the reference that "
        "matters; the others are only shown. AUC needs a column of role `probability`."
    )
    least_labelled: float | None = optional(
        "Share of rows that must have their label. Below it labels are late: the gate "
        "gives WARN and judges no measure.",
        gt=0,
        le=1,
    )

    @property
    def level(self) -> str:
        """The positive level as text, however the file writes it."""
        return str(level_text(self.positive))

    @model_validator(mode="after")
    def _says_when_labels_are_late(self) -> Self:
        if self.limits and self.least_labelled is None:
            raise ValueError("`limits` needs `least_labelled`: below it labels are late")
        return self


class Classifier(Model):
    """A classifier that tries to separate the batch's rows from the reference's.

    It finds shifts that no single column shows, such as a correlation that changes.
    """

    limit: float = Field(
        gt=0.5,
        lt=1,
        description="The AUC from which a shift matters; .5 separates nothing.",
    )
    rationale: str | None = Field(None, description="What the limit comes from.")
    columns: tuple[str, ...] = optional("Columns that it uses; by default all of `columns:`.", ())
    rows: int = Field(
        ge=100,
        description="Most rows of each table that it uses: those with the smallest seeded hash.",
    )
    effect: Literal["auc"] = Field("auc", description="The effect that the limit is for.")
    folds: int = Field(
        5, ge=2, le=20, description="Parts of the rows; each is scored by a fit on the others."
    )


class DriftPolicy(OptionalGatePolicy):
    """What counts as a shift, and against what."""

    noun: ClassVar[str] = "drift"

    alpha: float | None = optional(
        "Level of the corrected tests: the share of batches without any shift that may "
        "seem to have one.",
        gt=0,
        lt=0.5,
    )
    alpha_rationale: str | None = Field(None, description="What alpha comes from.")
    correction: Literal["benjamini_hochberg", "benjamini_yekutieli"] = Field(
        "benjamini_hochberg",
        description="Correction over the tests; Benjamini-Yekutieli holds under any dependence.",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of permutations and simulations.")
    least_number: int | None = optional(
        "Levels of a classified column are shown only with at least this many rows; "
        "without it none are.",
        ge=1,
    )
    most_levels: int | None = optional(
        "A column of levels that has more of them, in the batch or in its reference, isn't "
        "compared, and is inconclusive. Without it each is, which takes minutes where each row has "
        "a level of its own.",
        ge=2,
    )
    most_levels_rationale: str | None = Field(None, description="What most_levels comes from.")
    references: dict[Name, Reference] = by_name(
        "References by name; with a moving one, a pinned one is required."
    )
    bootstrap: Batches = Field(
        (), description="Batches that are released without a reference: a list, or first and last."
    )
    columns: dict[str, ColumnTest] = by_name(
        "Columns, each with its test, effect and limit. The observed table is judged "
        "by them, and the candidate too."
    )
    slices: tuple[Slice, ...] = Field((), description="Parts of the rows judged by themselves.")
    segments: tuple[str, ...] = Field(
        (),
        description="Columns whose levels explain a column that fails: the mix of their segments "
        "changed, or rows within segments did. By default the slices' columns, else every column "
        "with few levels.",
    )
    classifier: Classifier | None = Field(
        None, description="A test of all columns together, inside the same family."
    )
    concept: Concept | None = Field(None, description="Measures of label, prediction and score.")

    def _judged(self) -> dict[str, bool]:
        concept = self.concept is not None and bool(self.concept.limits)
        return {"columns": bool(self.columns), "slices": bool(self.slices), "concept": concept}

    def _faults(self) -> Iterator[str]:
        if self.alpha is None:
            yield "alpha is missing"
        if not self.columns and not (self.concept and self.concept.limits):
            yield "neither `columns` nor the `limits` of `concept` name anything to judge"
        kinds = {reference.kind for reference in self.references.values()}
        if kinds and "pinned" not in kinds:
            yield "a moving reference follows slow drift; add one of kind pinned"
        for name in dict.fromkeys((*self.columns, *self.classified_by)):
            if self.roles.get(name) == "identifier":
                yield f"column {name!r} identifies rows; identifiers take no part in drift"
        names = [part.name for part in self.slices]
        if len(set(names)) < len(names):
            yield "two slices have the same name"
        for part in self.slices:
            for name in part.columns:
                if name not in self.columns:
                    yield f"slice {part.name!r} names {name!r}, which has no test in columns"

    @property
    def moving(self) -> bool:
        """Whether a reference depends on which earlier batches were released."""
        return any(reference.kind != "pinned" for reference in self.references.values())

    @property
    def segmenting(self) -> tuple[str, ...]:
        """Columns whose levels are segments: those named, else the slices'."""
        return self.segments or tuple(dict.fromkeys(part.column for part in self.slices))

    @property
    def tests(self) -> int:
        """Number of confirmatory tests for one reference.

        One for each column, for each column of a slice, and for the classifier.
        """
        in_slices = sum(len(part.columns) for part in self.slices)
        return len(self.columns) + in_slices + (self.classifier is not None)

    @property
    def classified_by(self) -> tuple[str, ...]:
        """Columns that the classifier uses."""
        asked = () if self.classifier is None else self.classifier.columns
        return asked or tuple(self.columns)

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        yield from named_at(("roles",), self.roles)
        yield from named_at(("columns",), self.columns)
        for i, part in enumerate(self.slices):
            yield ("slices", i, "column"), part.column
        if self.classifier is not None:
            yield from named_at(("classifier", "columns"), self.classifier.columns)
        yield from named_at(("segments",), self.segments)
