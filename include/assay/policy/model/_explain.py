"""How single predictions and the whole model are explained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assay.policy._base import Model, by_name, optional


class Counterfactuals(Model):
    """The nearest changes that would flip a prediction."""

    rows: int = Field(ge=1, description="How many rows: the least certain and the misclassified.")
    each: int = Field(3, ge=1, description="How many different ones for each row.")
    actionable: tuple[str, ...] = Field(
        min_length=1, description="Features that may change; all others are immutable."
    )
    directions: dict[str, Literal["rises", "falls"]] = by_name(
        "Features that may change in one direction only."
    )
    plausible: float = Field(
        gt=0, lt=1,
        description="Quantile of real rows' distances to their nearest neighbour, which bounds its "
        "own.",
    )  # fmt: skip
    groups: tuple[str, ...] = Field(
        (), description="Columns by whose levels the cost of recourse is compared."
    )


class Explanation(Model):
    """What is explained of a model version."""

    counterfactuals: Counterfactuals | None = optional("Counterfactuals of chosen rows.")
    importance_repeats: int = Field(
        ge=0,
        description="How often each feature is permuted to measure its importance; 0: not at all.",
    )
    partial_dependence: tuple[str, ...] = Field(
        (), description="Features whose partial dependence is drawn."
    )
