"""The model file as a whole, and its loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from assay.document import content_hash
from assay.policy._base import (
    ColumnPath,
    Model,
    Policy,
    by_name,
    level_text,
    named_at,
    optional,
)
from assay.policy._load import load_policy
from assay.policy.model._data import TrainingData
from assay.policy.model._estimator import Estimator, Preprocessing
from assay.policy.model._explain import Explanation
from assay.policy.model._feedback import FeedbackPolicy
from assay.policy.model._gates import Gates
from assay.policy.model._split import Split
from assay.policy.model._synthetic import SyntheticRows
from assay.verdict import OnInconclusive


def class_name(value: Any) -> str:
    """A class as text, as a model file writes it.

    Examples
    --------
    >>> class_name(True), class_name(1.0), class_name("late")
    ('true', '1', 'late')
    """
    return str(level_text(value))


ClassName = Annotated[
    str, BeforeValidator(level_text, json_schema_input_type=bool | int | float | str)
]


class AllBut(Model):
    """All columns that are known when the model is asked, but some."""

    all_but: tuple[str, ...] = Field(
        description="Columns that the model doesn't see. The others of `known_from`, up to "
        "`predicted_at`, are its features, in their order there."
    )


def _listed(value: Any, info: ValidationInfo) -> Any:
    """Features as a list, where a file says which ones it leaves out."""
    if not isinstance(value, Mapping):
        return value
    without = AllBut.model_validate(value).all_but
    known = _known_at(info.data.get("moments", ()), info.data)
    if stray := [name for name in without if name not in known]:
        raise ValueError(f"all_but names {stray[0]!r}, which isn't known when the model is asked")
    return tuple(name for name in known if name not in without)


def _known_at(moments: tuple[str, ...], data: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that are known at the moment of the prediction, in the order of the file."""
    asked = data.get("predicted_at")
    if asked not in moments:
        return ()
    until = moments[: moments.index(asked) + 1]
    known: Mapping[str, tuple[str, ...]] = data.get("known_from", {})
    return tuple(name for moment in until for name in known.get(moment, ()))


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


class Comparison(Model):
    """How much may be spent on finding what made the difference between two versions."""

    refits: int = Field(
        ge=0,
        le=6,
        description="Most refits of one `assay experiments compare --explain`: 6 where data, "
        "preprocessing and hyperparameters all differ, 2 where two of them do, else none.",
    )
    rationale: str | None = Field(None, description="Why so many.")


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
    features: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed, json_schema_input_type=tuple[str, ...] | AllBut),
        Field(min_length=1),
    ] = Field(
        description="The columns that it sees, each known when it is asked: a list, or "
        "`{all_but: […]}`. A joined column is `<dataset>.<column>`."
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
    synthetic: SyntheticRows | None = optional(
        "Made rows that it is fitted on beside real ones; by default there are none."
    )
    gates: Gates = Field(description="What it must show.")
    explain: Explanation | None = optional("What is explained of each version.")
    feedback: FeedbackPolicy | None = optional(
        "How its predictions are judged once their outcomes are there. It isn't a part of what a "
        "training run derives from."
    )
    promotion: Promotion = Field(description="How it becomes the champion.")
    compare: Comparison | None = optional(
        "How much may be spent on what made the difference between two versions. It isn't a part "
        "of what a training run derives from."
    )
    tracking: Tracking = Field(Tracking(wandb=False), description="Where it is recorded too.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what makes and judges a version; ``feedback`` and ``compare`` come after."""
        without = {"feedback", "compare"}
        if self.synthetic is None:  # a file that asks for no made rows keeps its hash
            without.add("synthetic")
        return content_hash(self.model_dump(mode="json", exclude=without))

    @property
    def on_inconclusive(self) -> OnInconclusive:
        """What an INCONCLUSIVE verdict of a gate does to the model."""
        return self.gates.on_inconclusive

    @property
    def known(self) -> tuple[str, ...]:
        """Columns that are known when the model is asked, in the order of the file."""
        return _known_at(self.moments, {
            "predicted_at": self.predicted_at, "known_from": self.known_from,
        })  # fmt: skip

    @property
    def protected(self) -> tuple[str, ...]:
        """Columns that its gates compare people by, and those that they change."""
        flipped = self.gates.flip.attributes if self.gates.flip else ()
        return tuple(dict.fromkeys([*self.gates.fairness.attributes, *flipped]))

    @property
    def watched(self) -> tuple[str, ...]:
        """Columns that no feature needs to be: by them rows are compared, grouped or changed."""
        gates = self.gates
        names = [*gates.performance.slices, *gates.fairness.grouping, *self.protected]
        if gates.flip:
            names += [n for a in gates.flip.attributes.values() for n in a.follows]
        names += self.explain.groups if self.explain else ()
        groups = (self.split.group, gates.performance.groups)
        return tuple(dict.fromkeys([*names, *(name for name in groups if name)]))

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the file names, with its place; expressions name theirs themselves."""
        if self.label.column:
            yield ("label", "column"), self.label.column
        yield from named_at(("features",), self.features)
        for moment, names in self.known_from.items():
            yield from named_at(("known_from", moment), names)
        for place, step in enumerate(self.preprocessing):
            yield from named_at(("preprocessing", place, "columns"), step.columns)
        for name, join in self.data.joins.items():
            yield from named_at(("data", "joins", name, "by"), join.by)
        if self.split.group:
            yield ("split", "group"), self.split.group
        yield from self._paths_of_gates()
        if self.explain:
            yield from self.explain.column_paths()
        yield from self._paths_of_feedback()

    def _paths_of_gates(self) -> Iterator[ColumnPath]:
        performance = ("gates", "performance")
        yield from named_at((*performance, "slices"), self.gates.performance.slices)
        strong = self.gates.sanity.strong_features
        yield from named_at(("gates", "sanity", "strong_features"), strong)
        if self.gates.performance.groups:
            yield (*performance, "groups"), self.gates.performance.groups
        for place, name in self.gates.fairness.column_paths():
            yield ("gates", "fairness", *place), name
        for name, flipped in (self.gates.flip.attributes if self.gates.flip else {}).items():
            at = ("gates", "flip", "attributes", name)
            yield at, name
            yield from named_at((*at, "follows"), flipped.follows)

    def _paths_of_feedback(self) -> Iterator[ColumnPath]:
        if self.feedback is None:
            return
        yield from named_at(("feedback", "slices"), self.feedback.slices)
        yield from named_at(("feedback", "segments"), self.feedback.segments)
        if self.feedback.group:
            yield ("feedback", "group"), self.feedback.group

    def _faults(self) -> Iterator[str]:
        if self.predicted_at not in self.moments:
            yield f"predicted_at {self.predicted_at!r} isn't one of the moments"
        for moment in self.known_from:
            if moment not in self.moments:
                yield f"known_from names {moment!r}, which isn't one of the moments"
        named = [name for names in self.known_from.values() for name in names]
        for name in sorted({name for name in named if named.count(name) > 1}):
            yield f"known_from has {name!r} twice; the first moment at which it is known is enough"
        for name in sorted({name for name in self.features if self.features.count(name) > 1}):
            yield f"features has {name!r} twice"
        for name in self.protected_features:
            if name not in self.features:
                yield f"protected_features names {name!r}, which isn't a feature"
        if self.synthetic and self.synthetic.method != "copula" and self.label.kind == "number":
            yield f"synthetic rows by {self.synthetic.method!r} need a class as label"


def load_model(path: Path | str) -> ModelFile:
    """Load one model file.

    Raises
    ------
    PolicyError
        With every fault: file, line, what was got, what was expected.
    """
    return load_policy(path, ModelFile)
