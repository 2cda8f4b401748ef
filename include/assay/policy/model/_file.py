"""The model file as a whole, and its loader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from assay.policy._base import Model, Policy, by_name, level_text, optional
from assay.policy._load import load_policy
from assay.policy.model._data import TrainingData
from assay.policy.model._estimator import Estimator, Preprocessing
from assay.policy.model._explain import Explanation
from assay.policy.model._gates import Gates
from assay.policy.model._split import Split

ClassName = Annotated[
    str, BeforeValidator(level_text, json_schema_input_type=bool | int | float | str)
]


class Label(Model):
    """What a model learns to say."""

    column: str | None = optional("The column that holds it.")
    expression: str | None = optional(
        "An expression of the small grammar that gives it, such as `arr_delay > 15`."
    )
    kind: Literal["class", "number"] = Field("class", description="A class, or a number.")
    favourable: ClassName | None = optional(
        "The class that the figures are about: the positive class of precision, recall and AUC."
    )
    meaning: str | None = optional("What that class means, for people.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.column is None) == (self.expression is None):
            raise ValueError("a label needs either `column` or `expression`")
        if (self.kind == "class") != (self.favourable is not None):
            raise ValueError("`kind: class` and `favourable` need each other")
        return self


class Promotion(Model):
    """How a version that passed its gates becomes the champion."""

    by: Literal["gates", "person"] = Field(
        description="`gates`: by itself once they pass; `person`: a person approves it."
    )
    rationale: str | None = Field(None, description="Why.")


class Tracking(Model):
    """Where training runs are recorded, beside MLflow."""

    wandb: bool = Field(False, description="Also with Weights & Biases; offline without its key.")


class ModelFile(Policy):
    """What is trained on a data set, how it is judged, and how it is promoted."""

    noun: ClassVar[str] = "model"

    description: str = Field(min_length=1, description="What the model is for, in a sentence.")
    owner: str = Field(min_length=1, description="The team that answers for it.")
    data: TrainingData = Field(description="The rows that it learns from.")
    label: Label = Field(description="What it learns to say.")
    moments: tuple[str, ...] = Field(
        min_length=1, description="Moments in the life of a row, in their order."
    )
    predicted_at: str = Field(description="The moment at which the model is asked.")
    known_from: dict[str, tuple[str, ...]] = Field(
        description="Moment → the columns that have their value from then on."
    )
    features: tuple[str, ...] = Field(
        min_length=1, description="The columns that it sees; each known when it is asked."
    )
    protected_features: dict[str, str] = by_name(
        "Protected attributes among the features → why the model may see them."
    )
    split: Split = Field(description="Which rows it is tested on.")
    preprocessing: tuple[Preprocessing, ...] = Field(
        (),
        description="Steps of scikit-learn, in their order; a column without one passes as it is.",
    )
    estimator: Estimator = Field(description="The estimator.")
    gates: Gates = Field(description="What it must show.")
    explain: Explanation | None = optional("What is explained of each version.")
    promotion: Promotion = Field(description="How it becomes the champion.")
    tracking: Tracking = Field(Tracking(wandb=False), description="Where it is recorded too.")
    compare_refits: int = Field(
        8, ge=0, le=8, description="Most refits of `assay experiments compare --explain`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        if self.predicted_at not in self.moments:
            yield f"predicted_at {self.predicted_at!r} isn't one of the moments"
        for moment in self.known_from:
            if moment not in self.moments:
                yield f"known_from names {moment!r}, which isn't one of the moments"
        for name in self.protected_features:
            if name not in self.features:
                yield f"protected_features names {name!r}, which isn't a feature"


def load_model(path: Path | str) -> ModelFile:
    """Load one model file.

    Raises
    ------
    PolicyError
        With every fault: file, line, what was got, what was expected.
    """
    return load_policy(path, ModelFile)
