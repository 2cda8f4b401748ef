"""How single predictions, and the model as a whole, are explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import ColumnPath, Model, by_name, named_at, optional

Why = Literal["least_certain", "misclassified"]


class ImportancePolicy(Model):
    """How the importance of each feature is measured, on test rows."""

    repeats: int = Field(ge=1, description="How often each feature is shuffled.")
    rows: int = Field(
        ge=2, description="Most test rows that it is measured on; of more, a sample by the seed."
    )
    partial_dependence: tuple[str, ...] = Field(
        (), description="Features whose partial dependence is drawn, on the same rows."
    )


class CounterfactualPolicy(Model):
    """The nearest changes that would flip a prediction: of which rows, and what may change."""

    rows: int = Field(ge=1, description="How many test rows are explained.")
    which: Annotated[tuple[Why, ...], Field(min_length=1)] = Field(
        ("least_certain", "misclassified"), description="Which rows, by turns."
    )
    each: int = Field(ge=1, description="Most counterfactuals of a row, each of another kind.")
    actionable: tuple[str, ...] | None = optional(
        "Features that may change; all others are immutable."
    )
    immutable: tuple[str, ...] | None = optional(
        "Features that may not change; all others may. Either this or `actionable`."
    )
    directions: dict[str, Literal["rises", "falls"]] = by_name(
        "Features that may change in one direction only: numbers, and levels in the order of the "
        "contract's closed list."
    )
    plausible: float = Field(
        gt=0,
        lt=1,
        description="Quantile of real rows' distances to their nearest other row, which bounds how "
        "far a counterfactual may lie from its nearest released row.",
    )
    rationale: str | None = Field(None, description="Why these features may change, and no others.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.actionable is None) == (self.immutable is None):
            raise ValueError("counterfactuals need either `actionable` or `immutable`")
        return self

    def may_change(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """Which of a model's features may change, in their order."""
        if self.actionable is not None:
            return tuple(name for name in features if name in self.actionable)
        return tuple(name for name in features if name not in (self.immutable or ()))


class RecoursePolicy(Model):
    """How the way to the favourable prediction is compared between groups of people.

    Rows without the favourable prediction are asked for the nearest change that gets it: the share
    that has one, and its cost, Gower's distance. The reference of a group is that of the fairness
    gate, else the largest group.
    """

    groups: tuple[str, ...] = Field(
        min_length=1, description="Columns whose levels are compared, such as protected attributes."
    )
    rows: int = Field(ge=1, description="Most rows of each group, at random by the seed.")
    least_number: int = Field(ge=1, description="Least rows of a group that is compared or shown.")
    share_gap: float = Field(
        gt=0, lt=1, description="Greatest difference of the shares that have such a change."
    )
    cost_gap: float = Field(gt=0, description="Greatest difference of the median costs.")
    finding: Literal["warn", "fail"] = Field(
        "warn",
        description="What a difference is that is shown to be beyond its limit: a WARN, or a FAIL. "
        "With `fail` a difference that may be beyond it is INCONCLUSIVE.",
    )
    rationale: str | None = Field(None, description="Where the limits come from.")


class Explanation(Model):
    """What is explained of each version; what is left out isn't."""

    importance: ImportancePolicy | None = optional("The importance of each feature.")
    counterfactuals: CounterfactualPolicy | None = optional("Counterfactuals of chosen test rows.")
    recourse: RecoursePolicy | None = optional("Recourse by group; it needs `counterfactuals`.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.importance is None and self.counterfactuals is None:
            raise ValueError("explain needs `importance` or `counterfactuals`")
        if self.recourse is not None and self.counterfactuals is None:
            raise ValueError("`recourse` needs `counterfactuals`, which say what may change")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """Columns by whose levels recourse is compared."""
        return self.recourse.groups if self.recourse else ()

    def feature_paths(self) -> Iterator[ColumnPath]:
        """Each feature that is named, with its place."""
        if self.importance:
            at: tuple[str | int, ...] = ("explain", "importance", "partial_dependence")
            yield from named_at(at, self.importance.partial_dependence)
        if found := self.counterfactuals:
            at = ("explain", "counterfactuals")
            yield from named_at((*at, "actionable"), found.actionable or ())
            yield from named_at((*at, "immutable"), found.immutable or ())
            yield from named_at((*at, "directions"), found.directions)

    def column_paths(self) -> Iterator[ColumnPath]:
        """Each column that is named, with its place."""
        yield from self.feature_paths()
        yield from named_at(("explain", "recourse", "groups"), self.groups)
