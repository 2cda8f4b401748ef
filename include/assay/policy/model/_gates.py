"""What a model must show before it is promoted. Every limit stands in the model file."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from assay.policy._base import Model, by_name, optional
from assay.policy.fairness import FairnessPolicy
from assay.verdict import OnInconclusive

Metric = Literal[
    "accuracy", "precision", "recall", "f1", "balanced_accuracy", "log_loss", "brier", "roc_auc",
    "pr_auc", "ece", "mae", "rmse", "r2",
]  # fmt: skip


class MetricLimit(Model):
    """A limit of a metric on the test rows: the whole interval must keep it."""

    metric: Metric = Field(description="The metric.")
    min: float | None = Field(None, description="Least value.")
    max: float | None = Field(None, description="Greatest value.")
    rationale: str | None = Field(None, description="Where the limit comes from.")

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(f"{self.metric} needs min or max")
        return self


class ChampionComparison(Model):
    """How a challenger is compared with the champion, on the same test rows."""

    metric: Literal["accuracy", "roc_auc", "log_loss", "brier", "mae", "rmse"] = Field(
        description="The metric that decides."
    )
    require: Literal["better", "not_worse"] = Field(
        description="`better`: the interval of the difference lies on the better side; "
        "`not_worse`: it isn't worse than by `margin`."
    )
    margin: float = Field(ge=0, description="The difference that doesn't matter.")
    rationale: str | None = Field(None, description="Where the margin comes from.")


class PerformanceGate(Model):
    """How well a model must do on its test rows."""

    limits: tuple[MetricLimit, ...] = Field(min_length=1, description="Limits on all test rows.")
    slices: tuple[str, ...] = Field(
        (), description="Columns: the limits of shares are judged within each of their levels too."
    )
    least_number: int = Field(ge=1, description="Least rows of a slice that is judged.")
    groups: str | None = optional(
        "Column whose rows depend on each other, such as a subject: intervals take them as one."
    )
    champion: ChampionComparison | None = optional("The comparison with the champion.")


class FlippedAttribute(Model):
    """A protected attribute that is changed, and what follows from it."""

    follows: dict[str, dict[str, str]] = by_name(
        "Another column → level of the attribute → the value that follows from it."
    )


class FlipGate(Model):
    """How many predictions may change if only a protected attribute is changed."""

    attributes: dict[str, FlippedAttribute] = Field(
        min_length=1, description="Protected attributes, by column."
    )
    max: float = Field(gt=0, lt=1, description="Greatest share of rows whose prediction changes.")
    rationale: str | None = Field(None, description="Where the limit comes from.")


class SanityGate(Model):
    """What would show that the model, or its data, isn't what it seems."""

    one_feature: float = Field(
        ge=0,
        le=1,
        description="Share of the model's gain over chance that one feature alone may reach.",
    )
    strong_features: dict[str, str] = by_name(
        "Features that may reach it alone, since they are known in time and simply good → why."
    )
    train_test_gap: float = Field(
        ge=0,
        description="Greatest difference of the first limit's metric between training and test.",
    )
    permutations: int = Field(
        ge=0, description="Refits with permuted labels, which must give chance."
    )
    proxy_auc: float = Field(
        gt=0.5, le=1, description="AUC from which a feature is reported as a proxy of an attribute."
    )
    duplicates: float | None = optional(
        "Greatest share of test rows that have an equal training row: the same features, label and "
        "watched columns. Not judged where it is left out.",
        ge=0,
        le=1,
    )
    rationale: str | None = Field(None, description="Where the limits come from.")


class Gates(Model):
    """The gates that a model passes before it may become the champion."""

    on_inconclusive: OnInconclusive = Field(
        description="What an INCONCLUSIVE verdict does: `hold` the model, or `release` it as WARN."
    )
    alpha: float = Field(
        gt=0, lt=0.5, description="Level of the tests; intervals are at 1 − alpha."
    )
    performance: PerformanceGate = Field(description="How well it must do.")
    sanity: SanityGate = Field(description="What would show leakage.")
    fairness: FairnessPolicy = Field(
        description="As a data set's fairness policy, over the test rows' predictions."
    )
    flip: FlipGate | None = optional("How many predictions may follow a protected attribute.")
