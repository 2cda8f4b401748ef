"""Where a model errs: planted segments are found, and even errors accuse none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joined_predictions import draw

from assay.errors import InputError
from assay.feedback import compare_marked_rows, find_segments

SEARCHED = ("origin", "hour", "carrier", "tail")


def table(day: dict[str, Any]) -> pa.Table:
    return pa.table({name: pa.array(day[name]) for name in SEARCHED})


def segments(day: dict[str, Any], wrong: np.ndarray, **more: Any) -> list[str]:
    usual = {"alpha": 0.05, "least_number": 30}
    return [one.name for one in find_segments(table(day), wrong, SEARCHED, **(usual | more))]


def test_a_planted_segment_is_found_as_the_pair_that_it_is():
    day = draw(4000, 1, bad=0.8)
    wrong = day["late"] != day["said"]
    [found] = find_segments(table(day), wrong, SEARCHED, alpha=0.05, least_number=30)
    assert found.name == "origin=EWR & hour>19"
    inside = (day["origin"] == "EWR") & (day["hour"] > 19)
    assert (found.rows, found.errors) == (inside.sum(), (wrong & inside).sum())
    rates = wrong[inside].mean(), wrong[~inside].mean()
    assert found.ratio.value == pytest.approx(rates[0] / rates[1], abs=1e-9)
    assert found.ratio.low > 1
    assert found.share_of_errors == pytest.approx((wrong & inside).sum() / wrong.sum())


def test_two_planted_segments_are_found_both():
    day = draw(6000, 2)
    random = np.random.default_rng(3)
    bad = (day["carrier"] == "C") | ((day["origin"] == "JFK") & (day["hour"] <= 9))
    wrong = random.random(6000) < np.where(bad, 0.5, 0.1)
    found = segments(day, wrong)
    assert "carrier=C" in found
    assert any("origin=JFK" in name and "hour≤9" in name for name in found)
    assert len(found) <= 3


def accused(sets: int, rows: int, seed: int, groups: bool = False) -> int:
    """How many sets of evenly spread errors have a segment named."""
    found = 0
    for one in range(sets):
        day = draw(rows, seed + one)
        random = np.random.default_rng(seed + one)
        of = random.integers(0, rows // 10, size=rows) if groups else None
        rate = 0.2 if of is None else random.beta(1, 4, size=rows // 10)[of]
        found += bool(segments(day, random.random(rows) < rate, groups=of))
    return found


def test_twenty_clean_sets_are_seldom_accused():
    """1 in 20 may be; 4 or more of 20 have a chance of .016 at that rate."""
    assert accused(20, 1500, seed=100) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("groups", [False, True])
def test_clean_sets_are_accused_at_most_at_the_level(groups):
    assert accused(300, 1500, 500, groups) / 300 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_rows_that_depend_on_each_other_count_less():
    day = draw(2000, 7)
    random = np.random.default_rng(8)
    wrong = random.random(2000) < np.where(day["carrier"] == "A", 0.3, 0.17)
    assert segments(day, wrong) == ["carrier=A"]
    four = {name: np.repeat(values, 4) for name, values in day.items()}
    of = np.repeat(np.arange(2000), 4)
    assert segments(four, np.repeat(wrong, 4), groups=of) == ["carrier=A"]
    weak = random.random(2000) < np.where(day["carrier"] == "A", 0.24, 0.17)
    if segments(day, weak) == []:
        assert segments(four, np.repeat(weak, 4), groups=of) == []
        assert segments(four, np.repeat(weak, 4)) != []


def test_missing_values_are_a_level_and_small_levels_are_no_segment():
    random = np.random.default_rng(9)
    missing = random.random(2000) < 0.2
    wrong = random.random(2000) < np.where(missing, 0.5, 0.1)
    column = pa.array(random.normal(size=2000), mask=missing)
    found = find_segments(pa.table({"x": column}), wrong, ("x",), alpha=0.05, least_number=30)
    assert [one.name for one in found] == ["x=missing"]
    few = find_segments(pa.table({"x": column}), wrong, ("x",), alpha=0.05, least_number=500)
    assert few == ()


def test_no_errors_all_errors_and_no_rows_give_no_segment():
    day = draw(200, 1)
    for wrong in (np.zeros(200, dtype=bool), np.ones(200, dtype=bool)):
        assert segments(day, wrong) == []
    nothing = table(day).slice(0, 0)
    assert find_segments(nothing, np.zeros(0), SEARCHED, alpha=0.05, least_number=1) == ()
    with pytest.raises(InputError, match="don't fit"):
        segments(day, np.zeros(3, dtype=bool))


def test_rows_that_were_imputed_are_to_blame_and_others_are_not():
    random = np.random.default_rng(10)
    imputed, clipped = random.random(3000) < 0.1, random.random(3000) < 0.1
    wrong = random.random(3000) < np.where(imputed, 0.4, 0.1)
    few = np.arange(3000) < 5
    marks = {"imputed: age": imputed, "clipped: fare": clipped, "suspected label": few}
    found = compare_marked_rows(wrong, marks, alpha=0.05, least_number=30)
    assert [one.to_blame for one in found] == [True, False, None]
    first = found[0]
    ratio = wrong[imputed].mean() / wrong[~imputed].mean()
    assert first.ratio.value == pytest.approx(ratio, abs=1e-9)
    assert first.ratio.low < ratio < first.ratio.high
    assert (first.rows + first.other_rows, first.errors + first.other_errors) == (3000, wrong.sum())


def test_a_mark_whose_other_rows_have_no_error_has_a_lower_end():
    wrong = np.arange(200) < 40
    [found] = compare_marked_rows(wrong, {"m": np.arange(200) < 100}, alpha=0.05, least_number=30)
    assert found.ratio.value is None
    assert found.ratio.low > 5
    assert found.to_blame


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80))
def test_any_mark_gives_finite_figures(rows):
    wrong, mark = (np.array([row[i] for row in rows], dtype=bool) for i in (0, 1))
    [found] = compare_marked_rows(wrong, {"m": mark}, alpha=0.05, least_number=1)
    found.ratio.model_dump_json()
    assert found.errors <= found.rows


def blamed(sets: int, seed: int) -> int:
    """How many of sets with three marks, none of which matters, have one blamed."""
    random, found = np.random.default_rng(seed), 0
    for _ in range(sets):
        wrong = random.random(1000) < 0.15
        marks = {name: random.random(1000) < 0.1 for name in "abc"}
        compared = compare_marked_rows(wrong, marks, alpha=0.05, least_number=30)
        found += any(one.to_blame for one in compared)
    return found


def test_marks_that_do_not_matter_are_seldom_blamed():
    assert blamed(400, 11) / 400 <= 0.025 + 2 * math.sqrt(0.025 * 0.975 / 400)
