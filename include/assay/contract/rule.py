"""The rules of a contract as the rest of the library reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["critical", "warning", "info"]
Metric = Literal[
    "nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount", "sql",
    "greatExpectations",
]  # fmt: skip
"""The standard's metrics, and the two other kinds of rules that are judged."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TypeOptions(_Part):
    """``logicalTypeOptions`` of a column: what a value of it may be.

    Bounds are numbers, or texts that say a date or a moment. ``format`` is the name of a format of
    texts (``uuid``), or the width of a number (``u8``); how a date is written is the column's own
    ``format``. ``where`` has the place of each option in the file.
    """

    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    exclusive_minimum: int | float | str | None = None
    exclusive_maximum: int | float | str | None = None
    multiple_of: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    timezone: bool | None = None
    default_timezone: str | None = None
    where: Mapping[str, str] = Field(default_factory=dict)


class Limits(_Part):
    """What a number is compared with; ``negated`` asks that it lie outside.

    Examples
    --------
    >>> str(Limits(max_value=5, strict_max=True)), str(Limits(min_value=3, max_value=3))
    ('less than 5', '3')
    """

    min_value: int | float | None = None
    max_value: int | float | None = None
    strict_min: bool = False
    strict_max: bool = False
    negated: bool = False

    @property
    def only_most(self) -> bool:
        """Whether it states a most alone, so that fewer is never worse."""
        return not self.negated and self.max_value is not None and not self.min_value

    def allows_none(self, unit: str) -> bool:
        """Whether not one row may be counted."""
        most = self.max_value
        if not self.only_most or most is None:
            return False
        return most <= 0 or (unit == "rows" and self.strict_max and most <= 1)

    def hold(self, number: float) -> bool:
        """Whether a number is as it must be."""
        low, high = self.min_value, self.max_value
        above = low is None or (number > low if self.strict_min else number >= low)
        below = high is None or (number < high if self.strict_max else number <= high)
        return (above and below) is not self.negated

    def __str__(self) -> str:
        low, high = self.min_value, self.max_value
        if low is None or high is None:
            more = f"{'more than' if self.strict_min else 'at least'} {low}"
            words = more if high is None else f"{self._less} {high}"
        else:
            words = str(low) if low == high else f"{low} to {high}"
        return f"not {words}" if self.negated else words

    @property
    def _less(self) -> str:
        return "less than" if self.strict_max else "at most"


class QualityRule(_Part):
    """One rule of ``quality`` that can be judged.

    Read ``metric``: what is counted or computed; ``columns``: of which columns; ``limits``: what
    the number must be, in ``unit``. A query has ``dialect``, the type of the server for whose SQL
    it is written; ``expectation`` is one of Great Expectations', with its type and arguments.
    """

    metric: Metric
    where: str
    columns: tuple[str, ...] = ()
    limits: Limits = Limits()
    unit: Literal["rows", "percent"] = "rows"
    severity: Severity = "critical"
    dimension: str | None = None
    words: str | None = None
    valid_values: tuple[Any, ...] | None = None
    missing_values: tuple[Any, ...] | None = None
    pattern: str | None = None
    query: str | None = None
    dialect: str | None = None
    tables: tuple[str, ...] = ()
    expectation: Mapping[str, Any] | None = None


class NotJudged(_Part):
    """What a contract says and nothing judges: its place, the statement, and why.

    ``rule`` is whether it says something of the data.

    Examples
    --------
    >>> print(NotJudged(where="loans.odcs.yaml:7", what="a rule in words", why="people read it"))
    not judged: loans.odcs.yaml:7: a rule in words (people read it)
    """

    where: str
    what: str
    why: str
    column: str | None = None
    rule: bool = True

    def __str__(self) -> str:
        return f"not judged: {self.where}: {self.what} ({self.why})"
