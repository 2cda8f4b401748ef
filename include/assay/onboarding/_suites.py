"""The texts of a first pair of suites."""

from __future__ import annotations

import json
from typing import Any

from assay.onboarding._numbers import rounded_down, wilson
from assay.onboarding._profile import Profile


def render_raw_suite(name: str, profile: Profile) -> str:
    """What a batch must keep as it arrives: rows at all, and no more nulls than the sample's."""
    expectations = [_some_rows()]
    for column in profile.columns:
        if 0 < column.nulls < profile.rows:
            least = rounded_down(wilson(profile.rows - column.nulls, profile.rows)[0])
            rationale = (
                f"{column.nulls} of {profile.rows} rows of the sample are null; mostly is the "
                "lower end of the 95 % Wilson interval of the share that isn't."
            )
            kwargs = {"column": column.name, "mostly": least}
            expectations.append(
                _expectation("expect_column_values_to_not_be_null", kwargs, rationale)
            )
    return _suite(f"{name}.raw", expectations)


def render_clean_suite(name: str, profile: Profile) -> str:
    """What a cleaned batch must keep: rows at all, and numbers in the sample's range, widened."""
    expectations = [_some_rows()]
    for column in profile.columns:
        if column.levels is not None and column.padded:
            expectations.append(_closed_list(column.name, column.levels))
        if column.low is not None and column.high is not None and column.name not in profile.keys:
            whole = column.type == "integer"
            kwargs = {
                "column": column.name,
                "min_value": int(column.low) if whole else column.low,
                "max_value": int(column.high) if whole else column.high,
            }
            rationale = (
                "The range of the sample with a tenth of its span to spare on each side, rounded "
                "outward."
            )
            expectations.append(
                _expectation("expect_column_values_to_be_between", kwargs, rationale)
            )
    return _suite(f"{name}.clean", expectations)


def _closed_list(name: str, levels: tuple[str, ...]) -> dict[str, Any]:
    """A closed list that holds only once texts are trimmed, so that no contract can state it."""
    return _expectation(
        "expect_column_values_to_be_in_set",
        {"column": name, "value_set": list(levels)},
        f"All {len(levels)} levels of the sample, trimmed.",
    )


def _some_rows() -> dict[str, Any]:
    return _expectation(
        "expect_table_row_count_to_be_between",
        {"min_value": 1},
        "A batch without a row says nothing, so it can't be released.",
        severity="critical",
    )


def _expectation(
    kind: str, kwargs: dict[str, Any], rationale: str, severity: str = "warning"
) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {"rationale": rationale},
    }


def _suite(name: str, expectations: list[dict[str, Any]]) -> str:
    suite = {"name": name, "expectations": expectations}
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"
