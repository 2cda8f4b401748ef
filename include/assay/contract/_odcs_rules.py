"""The rules that a contract file states: options of a logical type, and ``quality``."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AllowInfNan, Field, Strict, StrictBool, StrictInt, StrictStr

from assay.contract._odcs_base import Odcs

Number = StrictInt | Annotated[float, Strict(), AllowInfNan(False)]
Bound = Number | StrictStr


class LogicalTypeOptions(Odcs):
    """``logicalTypeOptions`` of every logical type; which one may have which, others judge."""

    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = None
    exclusive_maximum: Bound | None = None
    multiple_of: Number | None = Field(None, gt=0)
    min_length: StrictInt | None = Field(None, ge=0)
    max_length: StrictInt | None = Field(None, ge=0)
    pattern: StrictStr | None = None
    format: StrictStr | None = None
    timezone: StrictBool | None = None
    default_timezone: StrictStr | None = None


_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusive_minimum", "exclusive_maximum"})
OPTIONS: Final = {
    "string": frozenset({"min_length", "max_length", "pattern", "format"}),
    "integer": _BOUNDS | {"multiple_of", "format"},
    "number": _BOUNDS | {"multiple_of", "format"},
    "boolean": frozenset[str](),
    "date": _BOUNDS | {"format"},
    "timestamp": _BOUNDS | {"format", "timezone", "default_timezone"},
}
"""Logical type → the options that it has, by the standard."""


class Arguments(Odcs):
    """``arguments`` of a library metric."""

    valid_values: tuple[Any, ...] | None = None
    missing_values: tuple[Any, ...] | None = None
    pattern: StrictStr | None = None
    properties: tuple[str, ...] = ()


class Quality(Odcs):
    """One entry of ``quality``, of a column or of the table."""

    standard = frozenset({
        "id", "authoritativeDefinitions", "businessImpact", "customProperties", "description",
        "method", "name", "tags",
    })  # fmt: skip
    type: StrictStr | None = None
    metric: StrictStr | None = None
    rule: StrictStr | None = None
    arguments: Arguments = Field(default_factory=Arguments)
    unit: StrictStr | None = None
    query: StrictStr | None = None
    engine: StrictStr | None = None
    implementation: Any = None
    severity: str | None = None
    dimension: str | None = None
    schedule: str | None = None
    scheduler: str | None = None
    must_be: StrictBool | Number | None = None
    must_not_be: StrictBool | Number | None = None
    must_be_greater_than: Number | None = None
    must_be_greater_or_equal_to: Number | None = None
    must_be_less_than: Number | None = None
    must_be_less_or_equal_to: Number | None = None
    must_be_between: tuple[Number, Number] | None = None
    must_not_be_between: tuple[Number, Number] | None = None
