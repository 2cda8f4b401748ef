"""An expectation that is proposed, with the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Stage = Literal["raw", "clean"]
NOT_NULL: Final = "expect_column_values_to_not_be_null"
SHARE: Final = "expect_column_proportion_of_non_null_values_to_be_between"
Aspect = tuple[str, tuple[str, ...]]
"""The subject of an expectation, and its columns."""

_SAME: Final[Mapping[str, str]] = {
    "expect_column_values_to_be_of_type": "type",
    "expect_column_values_to_be_in_type_list": "type",
    "expect_column_values_to_parse": "type",
    "expect_column_values_to_be_in_set": "levels",
    "expect_column_distinct_values_to_be_in_set": "levels",
    "expect_column_distinct_values_to_equal_set": "levels",
    "expect_column_values_to_match_regex": "pattern",
    "expect_column_values_to_match_regex_list": "pattern",
    "expect_column_values_to_match_like_pattern": "pattern",
    "expect_column_values_to_match_strftime_format": "pattern",
    "expect_column_values_to_be_dateutil_parseable": "pattern",
    "expect_column_values_to_not_match_regex": "characters",
    "expect_column_value_lengths_to_equal": "length",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_table_row_count_to_equal": "rows",
    "expect_table_row_count_to_be_between": "rows",
    "expect_table_columns_to_match_set": "columns",
    "expect_table_columns_to_match_ordered_list": "columns",
    "expect_column_values_to_be_unique": "unique",
    "expect_compound_columns_to_be_unique": "unique",
}


@dataclass(frozen=True)
class Proposal:
    """One expectation, why it is proposed, and the numbers behind it.

    ``stage`` is the suite that it belongs to: for rows as they arrive, or for values after
    cleaning. ``evidence`` holds counts, and values only of columns that aren't about
    people.
    """

    type: str
    kwargs: Mapping[str, Any]
    rationale: str
    evidence: Mapping[str, Any]
    stage: Stage = "raw"
    severity: str = "warning"

    @property
    def aspect(self) -> Aspect:
        """Its subject: two expectations with one aspect judge the same property of a column."""
        return aspect(self.type, self.kwargs)

    def expectation(self) -> dict[str, Any]:
        """The expectation in Great Expectations' JSON, the evidence in its ``meta``."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": self.severity,
            "meta": {"rationale": self.rationale, "evidence": dict(self.evidence)},
        }


@dataclass(frozen=True)
class Remark:
    """What was found in a column and isn't proposed, with the reason."""

    column: str
    text: str


def aspect(kind: str, kwargs: Mapping[str, Any]) -> Aspect:
    """The aspect of an expectation: its subject and its columns.

    Examples
    --------
    >>> aspect("expect_column_values_to_be_of_type", {"column": "a", "type_": "int64"})
    ('type', ('a',))
    """
    named = [kwargs.get(k) for k in ("column", "column_A", "column_B")]
    columns = [c for c in (*named, *(kwargs.get("column_list") or ())) if isinstance(c, str)]
    what = str(kwargs.get("unexpected_rows_query") or _SAME.get(kind, kind))
    return what, () if what == "columns" else tuple(sorted(set(columns)))


def aspects(expectations: Iterable[tuple[str, Mapping[str, Any]]]) -> set[Aspect]:
    """The aspects of some expectations; those with a row condition don't count.

    Where no null is expected at all, no least share of values need be.
    """
    whole = [(k, kwargs) for k, kwargs in expectations if not kwargs.get("row_condition")]
    never = [kwargs for k, kwargs in whole if k == NOT_NULL and kwargs.get("mostly", 1) == 1]
    return {aspect(k, kwargs) for k, kwargs in whole} | {aspect(SHARE, k) for k in never}
