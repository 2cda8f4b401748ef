"""The section `explain` of a model file."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from assay.policy.model import Explanation

WAYS: dict[str, Any] = {"rows": 10, "each": 2, "actionable": ["hour"], "plausible": 0.99}
WHOLE: dict[str, Any] = {
    "importance": {"repeats": 3, "rows": 500, "partial_dependence": ["hour"]},
    "counterfactuals": WAYS,
    "recourse": {"groups": ["SEX"], "rows": 40, "least_number": 30, "share_gap": 0.2,
                 "cost_gap": 0.1},
}  # fmt: skip


def test_a_whole_section_loads() -> None:
    found = Explanation.model_validate(WHOLE)
    assert found.recourse is not None
    assert (found.groups, found.recourse.finding) == (("SEX",), "warn")
    assert [name for _, name in found.column_paths()] == ["hour", "hour", "SEX"]


def test_what_may_change_is_listed_or_all_but_some() -> None:
    found = Explanation.model_validate({"counterfactuals": WAYS}).counterfactuals
    assert found is not None
    assert found.may_change(("day", "hour")) == ("hour",)
    without = {**WAYS, "actionable": None, "immutable": ["day"]}
    found = Explanation.model_validate({"counterfactuals": without}).counterfactuals
    assert found is not None
    assert found.may_change(("day", "hour", "origin")) == ("hour", "origin")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "explain needs `importance` or `counterfactuals`"),
        ({**WHOLE, "counterfactuals": None}, "`recourse` needs `counterfactuals`"),
        ({"counterfactuals": {**WAYS, "immutable": ["day"]}}, "either `actionable` or `immutable`"),
        ({"counterfactuals": {**WAYS, "actionable": None}}, "either `actionable` or `immutable`"),
        ({"counterfactuals": {**WAYS, "plausible": 1.0}}, "less than 1"),
        ({"counterfactuals": {**WAYS, "which": []}}, "at least 1 item"),
        ({"counterfactuals": {**WAYS, "directions": {"hour": "up"}}}, "'rises' or 'falls'"),
        ({"importance": {"repeats": 0, "rows": 500}}, "greater than or equal to 1"),
        ({**WHOLE, "recourse": {**WHOLE["recourse"], "finding": "hold"}}, "'warn' or 'fail'"),
    ],
)
def test_a_fault_is_named(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Explanation.model_validate(section)
