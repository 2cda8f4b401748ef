"""One sentence for a reason: what happened, how much against which limit, why."""

from __future__ import annotations

from typing import Any

import pytest

from assay.reasons import ReasonCode
from assay.verdict import Outcome, Reason
from assay.wording import few, folded, sentence


def reason(code: str, message: str, **more: Any) -> Reason:
    return Reason(code=code, outcome=Outcome.FAIL, message=message, **more)


def test_a_sentence_has_its_column_numbers_and_cause_once() -> None:
    found = reason(
        "schema_mismatch", "The column is missing.", column="pm25", numbers={"found": 3},
        cause="the source renamed it",
    )  # fmt: skip
    told = "pm25: The column is missing: found 3. Why: the source renamed it."
    assert sentence(found) == told
    assert sentence(found.model_dump(mode="json")) == told
    named = reason("drift_detected", "pm25 differs by 0.3; the limit is 0.2", column="pm25",
                   numbers={"effect": 0.3})  # fmt: skip
    assert sentence(named) == "pm25 differs by 0.3; the limit is 0.2."


@pytest.mark.parametrize("code", ["made_up", "disparity"])
def test_what_leaves_the_house_names_no_group_and_no_unknown_text(code: str) -> None:
    found = reason(code, "rate of SECRET is low", column="sex",
                   numbers={"ratio": 0.5, "level": "SECRET"}, about="passed = 1")  # fmt: skip
    assert "SECRET" in sentence(found)
    outside = sentence(found, outside=True)
    assert "SECRET" not in outside
    assert "ratio 0.5" in outside
    assert outside.endswith("; passed = 1.")


def test_every_code_has_a_sentence_that_may_leave() -> None:
    for code in ReasonCode:
        assert sentence({"code": code.value}, outside=True).endswith(".")


def test_lists_fold() -> None:
    assert few(["a", "b", "c", "d"]) == "a, b, c, d"
    assert few(range(17)) == "0, 1, 2 … and 14 more"
    assert folded(["a"], 1, "x") == ["a"]
    assert folded(["a", "b"], 1, "batches") == ["a", "… and 1 more batches"]
