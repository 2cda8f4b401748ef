"""The fairness policy: groups, outcomes, metrics and their limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from assay.errors import PolicyError
from assay.policy._base import (
    ColumnPath,
    Model,
    OptionalGatePolicy,
    by_name,
    level_text,
    named_at,
    optional,
)

OutcomeColumn = Literal["prediction", "label"]
_ROUNDED: Final = 1e-3
"""Published shares are rounded, so that their sum may be a little above 1."""


def _many(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _both(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"label": value, "prediction": value}


Scalar = bool | int | float | str
Level = Annotated[str, BeforeValidator(level_text, json_schema_input_type=Scalar)]
LevelOrMissing = Annotated[
    str | None, BeforeValidator(level_text, json_schema_input_type=Scalar | None)
]
Levels = Annotated[
    tuple[Level, ...],
    BeforeValidator(_many, json_schema_input_type=Scalar | tuple[Scalar, ...]),
    Field(min_length=1),
]


class Favourable(Model):
    """The values of each outcome column that are good for the person."""

    label: Levels = Field(description="Favourable values of the label.")
    prediction: Levels = Field(description="Favourable values of the prediction.")


class Population(Model):
    """Shares of groups in the population that the data are about."""

    name: str = Field(
        min_length=1, description="Which population, where and when, e.g. `residents, 2020 census`."
    )
    shares: dict[Level, Annotated[float, Field(gt=0, le=1)]] = Field(
        min_length=1,
        description="Level to its share of the population. Levels that are left out are not "
        "compared; the shares add up to 1 at most.",
    )

    @model_validator(mode="after")
    def _shares_of_a_whole(self) -> Self:
        if sum(self.shares.values()) > 1 + _ROUNDED:
            total = f"{sum(self.shares.values()):.4g}"
            raise ValueError(f"shares of one population add up to 1 at most, not to {total}")
        return self


class ControlFeature(Model):
    """A column whose levels may explain a gap: rates are also shown within each level."""

    levels: tuple[Level, ...] = Field(
        (), description="Levels that may be named in reports, where no contract lists them."
    )
    rationale: str | None = Field(
        None, description="Why a gap within its levels says more than the gap over all rows."
    )


class Attribute(Model):
    """One protected attribute: its reference group and the groups that must be judged."""

    reference: Level = Field(description="The level that all others are compared with.")
    required_groups: tuple[LevelOrMissing, ...] | Literal["all"] = Field(
        description="Levels that must be judged (null: missing), or `all` that are found. A "
        "required group that is absent or too small is INCONCLUSIVE; another group is judged too "
        "where it is large enough, else listed with its share of rows as a WARN."
    )
    levels: tuple[Level, ...] = Field(
        (), description="Further levels that may be named in reports, where no contract lists them."
    )
    population: Population | None = optional(
        "The population that the data are about: each level's share of the rows is "
        "shown beside its share there. Not judged."
    )
    rationale: str | None = Field(None, description="Why this reference and these groups.")


class _Metric(Model):
    attributes: tuple[str, ...] = Field(
        (), description="Attributes that it is judged on, and their intersections; all by default."
    )
    rationale: str | None = Field(None, description="Where the limit comes from.")

    def covers(self, attributes: Iterable[str]) -> bool:
        """Whether it is judged on this attribute, or on this intersection of several."""
        return not self.attributes or set(attributes) <= set(self.attributes)

    @property
    def outcomes(self) -> tuple[OutcomeColumn, ...]:
        """The outcome columns that the metric reads: one where it names one, else both."""
        return (self.outcome,) if hasattr(self, "outcome") else ("label", "prediction")


class DisparateImpact(_Metric):
    """Ratio of a group's favourable rate to the reference's."""

    metric: Literal["disparate_impact"] = Field(description="Ratio of favourable rates.")
    outcome: OutcomeColumn = Field(description="Whose rates: of the `prediction` or the `label`.")
    min: float = Field(gt=0, le=1, description="Least ratio, e.g. 0.8 for the four-fifths rule.")
    max: float | None = Field(None, ge=1, description="Greatest ratio, where there is one.")


class DemographicParity(_Metric):
    """Difference of a group's favourable rate from the reference's."""

    metric: Literal["demographic_parity_difference"] = Field(
        description="Difference of favourable rates."
    )
    outcome: OutcomeColumn = Field(description="Whose rates: of the `prediction` or the `label`.")
    max: float = Field(gt=0, lt=1, description="Greatest absolute difference.")


class EqualizedOdds(_Metric):
    """Differences of true and false positive rates from the reference's, each judged."""

    metric: Literal["equalized_odds"] = Field(
        description="Differences of true and of false positive rates; positive is favourable."
    )
    max: float = Field(gt=0, lt=1, description="Greatest absolute difference of either rate.")


class EqualOpportunity(_Metric):
    """Difference of true positive rates from the reference's."""

    metric: Literal["equal_opportunity_difference"] = Field(
        description="Difference of true positive rates; positive is favourable."
    )
    max: float = Field(gt=0, lt=1, description="Greatest absolute difference.")


Metric = Annotated[
    DisparateImpact | DemographicParity | EqualizedOdds | EqualOpportunity,
    Field(discriminator="metric"),
]


@dataclass(frozen=True)
class Rules:
    """What every judgement needs; present wherever the gate applies."""

    favourable: Favourable
    alpha: float
    least_number: int


class FairnessPolicy(OptionalGatePolicy):
    """How outcomes are compared between groups of people."""

    noun: ClassVar[str] = "fairness"

    favourable: (
        Annotated[
            Favourable,
            BeforeValidator(_both, json_schema_input_type=Favourable | Scalar | tuple[Scalar, ...]),
        ]
        | None
    ) = Field(
        None,
        description="Values that are good for the person: a value, a list, or one of these each "
        "for `label` and `prediction`. It is the positive class of all rates.",
    )
    meaning: str | None = Field(
        None, description="What the favourable outcome means, for people, e.g. `loan granted`."
    )
    alpha: float | None = Field(
        None, gt=0, lt=0.5, description="Level of the Holm test; intervals are at 1 − alpha."
    )
    least_number: int | None = optional(
        "Least denominator of a rate that is judged; smaller counts show as `<n`.", ge=1
    )
    attributes: dict[str, Attribute] = by_name("Protected attributes, by column.")
    intersections: tuple[tuple[str, ...], ...] = Field(
        (), description="Combinations of attributes that are judged as groups of their own."
    )
    intersection_depth: int | None = Field(
        None, ge=2, description="Most attributes in a combination; needed with `intersections`."
    )
    control_features: dict[str, ControlFeature] = by_name(
        "Columns within whose levels the rates of each attribute are shown too, "
        "next to those over all rows (Simpson's paradox). Not judged; a difference from the "
        "reference group that reverses its direction is a WARN."
    )
    metrics: tuple[Metric, ...] = Field((), description="What is judged, with its limits.")

    @property
    def grouping(self) -> tuple[str, ...]:
        """Columns whose levels are counted separately: attributes and control features."""
        return tuple(dict.fromkeys([*self.attributes, *self.control_features]))

    @property
    def rules(self) -> Rules:
        """What every judgement needs.

        Raises
        ------
        PolicyError
            If the gate doesn't apply, so that there is nothing to judge by.
        """
        if self.favourable is None or self.alpha is None or self.least_number is None:
            raise PolicyError("the fairness gate doesn't apply, so it has no rules to judge by")
        return Rules(self.favourable, self.alpha, self.least_number)

    def _judged(self) -> dict[str, bool]:
        return {"metrics": bool(self.metrics), "attributes": bool(self.attributes)}

    def _faults(self) -> Iterator[str]:
        for name in ("favourable", "alpha", "least_number"):
            if getattr(self, name) is None:
                yield f"{name} is missing"
        for name in ("attributes", "metrics"):
            if not getattr(self, name):
                yield f"{name} names nothing to judge"
        yield from self._faults_of_metrics()
        yield from self._faults_of_intersections()

    def _faults_of_metrics(self) -> Iterator[str]:
        seen: set[tuple[str, tuple[str, ...], str]] = set()
        for metric in self.metrics:
            for name in metric.attributes or tuple(self.attributes):
                if name not in self.attributes:
                    yield f"{metric.metric} names {name!r}, which is not in attributes"
                key = (metric.metric, metric.outcomes, name)
                if key in seen:
                    yield f"{metric.metric} is listed twice for {name}"
                seen.add(key)

    def _faults_of_intersections(self) -> Iterator[str]:
        if self.intersections and self.intersection_depth is None:
            yield "intersections need an intersection_depth"
        for combination in self.intersections:
            shown = " × ".join(combination)
            if len(set(combination)) < max(2, len(combination)):
                yield f"intersection {shown} needs two different attributes or more"
            if self.intersection_depth and len(combination) > self.intersection_depth:
                yield f"intersection {shown} is deeper than {self.intersection_depth}"
            for name in combination:
                if name not in self.attributes:
                    yield f"intersection {shown} names {name!r}, which is not in attributes"

    def column_paths(self) -> Iterable[ColumnPath]:
        """Each column that the policy names, with the place of the name in the document."""
        yield from named_at(("roles",), self.roles)
        yield from named_at(("attributes",), self.attributes)
        yield from named_at(("control_features",), self.control_features)
        for place, metric in enumerate(self.metrics):
            yield from named_at(("metrics", place, "attributes"), metric.attributes)
