"""References are chosen by partition key alone."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as hs
from pydantic import ValidationError

from assay.contract import Partition
from assay.drift import choose_references
from assay.policy.drift import DriftPolicy

DAYS = Partition(grain="day", first="2013-02-01", last="2013-02-20")
PINNED = {"kind": "pinned", "batches": ["2013-02-01", "2013-02-02"]}
BOOTSTRAP = {"first": "2013-02-01", "last": "2013-02-02"}


def policy(bootstrap=BOOTSTRAP, **references):
    return DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": 0.01,
            "columns": {
                "x": {"test": "kolmogorov_smirnov", "effect": "ks_statistic", "limit": 0.1}
            },
            "references": references,
            "bootstrap": bootstrap,
        }
    )


def choose(judging, batch, states, partition=DAYS):
    released = {key: f"v{key}" for key, state in states.items() if state == "released"}
    return choose_references(judging, batch, partition, released, states)


def all_released(until="2013-02-20"):
    return dict.fromkeys(DAYS.keys("2013-02-01", until), "released")


def batches(choice, name):
    return [key for key, _ in choice.chosen[name]]


def test_pinned_by_list_and_by_range_with_version_ids():
    choice = choose(policy(base=PINNED), "2013-02-05", all_released())
    assert choice.chosen["base"] == (
        ("2013-02-01", "v2013-02-01"),
        ("2013-02-02", "v2013-02-02"),
    )
    assert choice.versions == ("v2013-02-01", "v2013-02-02")
    ranged = policy(base={"kind": "pinned", "batches": BOOTSTRAP})
    assert choose(ranged, "2013-02-05", all_released()).chosen == choice.chosen


def test_a_pinned_batch_that_is_not_decided_is_waited_for_never_left_out():
    for state in ("running", "candidate", None):
        states = all_released() | {"2013-02-02": state}
        states = {k: s for k, s in states.items() if s is not None}
        choice = choose(policy(base=PINNED), "2013-02-05", states)
        assert choice.undecided == ("2013-02-02",)
        assert not choice.chosen


@pytest.mark.parametrize("state", ["held", "forced", "erased", "expired"])
def test_a_pinned_batch_that_was_decided_against_leaves_no_reference(state):
    choice = choose(policy(base=PINNED), "2013-02-05", all_released() | {"2013-02-01": state})
    assert not choice.chosen
    assert "2013-02-01" in choice.unavailable["base"]


def test_a_pinned_batch_is_never_compared_with_itself_or_a_later_one():
    choice = choose(policy(bootstrap=(), base=PINNED), "2013-02-02", all_released())
    assert not choice.chosen
    assert choice.undecided == ()


def test_a_bootstrap_batch_is_compared_with_nothing_and_waits_for_nothing():
    choice = choose(policy(base=PINNED), "2013-02-01", {})
    assert choice.bootstrap
    assert choice.undecided == ()


def test_previous_and_rolling_pass_over_held_and_forced_batches():
    judging = policy(base=PINNED, last={"kind": "previous"}, few={"kind": "rolling", "batches": 3})
    states = all_released() | {"2013-02-09": "held", "2013-02-08": "forced"}
    choice = choose(judging, "2013-02-10", states)
    assert batches(choice, "last") == ["2013-02-07"]
    assert batches(choice, "few") == ["2013-02-05", "2013-02-06", "2013-02-07"]


def test_a_moving_reference_waits_for_what_it_could_choose_and_no_further():
    judging = policy(base=PINNED, last={"kind": "previous"})
    states = all_released() | {"2013-02-09": "running", "2013-02-05": "running"}
    assert choose(judging, "2013-02-10", states).undecided == ("2013-02-09",)


def test_too_few_batches_are_no_rolling_reference():
    judging = policy(base=PINNED, few={"kind": "rolling", "batches": 4})
    choice = choose(judging, "2013-02-04", all_released())
    assert list(choice.chosen) == ["base"]
    assert "4 are needed" in choice.unavailable["few"]


@pytest.mark.parametrize(
    ("season", "expected"),
    [
        ({"by": "weekday", "least": 2}, ["2013-02-04", "2013-02-11"]),
        ({"by": "weekday", "least": 1, "batches": 1}, ["2013-02-11"]),
        ({"by": "iso_week", "least": 1, "batches": 5}, None),
        (
            {"by": "holiday", "least": 1, "holidays": {"storm": ["2013-02-08", "2013-02-18"]}},
            ["2013-02-08"],
        ),
        ({"by": "month", "least": 3, "batches": 3}, ["2013-02-15", "2013-02-16", "2013-02-17"]),
    ],
)
def test_seasons(season, expected):
    judging = policy(base=PINNED, same={"kind": "season", **season})
    choice = choose(judging, "2013-02-18", all_released())
    if expected is None:
        assert "same" in choice.unavailable
    else:
        assert batches(choice, "same") == expected


def test_yearly_batches_have_references_too():
    years = Partition(grain="year", first="2015", last="2018")
    judging = policy(bootstrap=["2015"], base={"kind": "pinned", "batches": [2015]})
    choice = choose(judging, "2017", {"2015": "released"}, years)
    assert choice.chosen["base"] == (("2015", "v2015"),)


states_of_days = hs.fixed_dictionaries(
    {
        key: hs.sampled_from(["released", "held", "forced"])
        for key in DAYS.keys("2013-02-03", "2013-02-12")
    }
)
ALL_KINDS = {
    "base": PINNED,
    "last": {"kind": "previous"},
    "few": {"kind": "rolling", "batches": 3},
    "same": {"kind": "season", "by": "weekday", "least": 1},
}


@settings(max_examples=40, deadline=None)
@given(states_of_days, hs.randoms(use_true_random=False))
def test_the_order_of_processing_changes_no_choice(outcomes, random):
    """Batches in any order, stopped ones again until none stops: the same references."""
    judging = policy(**ALL_KINDS)
    outcomes = {"2013-02-01": "released", "2013-02-02": "released"} | outcomes
    orders = [sorted(outcomes), sorted(outcomes, reverse=True)]
    orders.append(random.sample(orders[0], len(orders[0])))
    results = []
    for order in orders:
        states, chosen = {}, {}
        for _ in range(len(order) + 1):
            for key in order:
                if key in states:
                    continue
                choice = choose(judging, key, states)
                if not choice.undecided:
                    chosen[key] = choice
                    states[key] = outcomes[key]
        assert set(states) == set(outcomes)
        results.append(chosen)
    assert results[0] == results[1] == results[2]


@settings(max_examples=40, deadline=None)
@given(states_of_days)
def test_only_strictly_earlier_released_batches_are_chosen(outcomes):
    states = {"2013-02-01": "released", "2013-02-02": "released"} | outcomes
    for key in outcomes:
        choice = choose(policy(**ALL_KINDS), key, states)
        for batch, version in itertools.chain.from_iterable(choice.chosen.values()):
            assert batch < key
            assert states[batch] == "released"
            assert version == f"v{batch}"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(states_of_days, hs.sets(hs.sampled_from(list(DAYS.keys("2013-02-03", "2013-02-12")))))
def test_what_is_not_expected_is_in_no_reference_and_waited_for_by_none(outcomes, closed):
    """Whether it arrived or not: a calendar with gaps is a calendar without these days."""
    states = {"2013-02-01": "released", "2013-02-02": "released"} | outcomes
    left = {key: state for key, state in states.items() if key not in closed}
    for state in (None, "running", "released", "not_expected"):
        every = left | (dict.fromkeys(closed, state) if state else {})
        released = {key: f"v{key}" for key, state in every.items() if state == "released"}
        choice = choose_references(
            policy(**ALL_KINDS), "2013-02-13", DAYS, released, every, lambda key: key not in closed
        )
        gone = choose(policy(**ALL_KINDS), "2013-02-13", left | dict.fromkeys(closed, "held"))
        assert (choice.chosen, choice.undecided) == (gone.chosen, ())


def test_a_range_of_pinned_batches_passes_over_what_is_not_expected():
    days = {"first": "2013-02-01", "last": "2013-02-04"}
    judging = policy(bootstrap=(), base={"kind": "pinned", "batches": days})
    states = {"2013-02-01": "released", "2013-02-04": "not_expected"}
    closed = {"2013-02-02", "2013-02-03"}
    released = {"2013-02-01": "v1"}
    choice = choose_references(
        judging, "2013-02-05", DAYS, released, states, lambda k: k not in closed
    )
    assert batches(choice, "base") == ["2013-02-01"]
    none = choose_references(judging, "2013-02-05", DAYS, {}, {}, lambda _: False)
    assert (none.chosen, none.undecided) == ({}, ())
    assert "no batch of the range" in none.unavailable["base"]


def test_a_moving_reference_needs_a_pinned_one_beside_it():
    with pytest.raises(ValidationError, match="pinned"):
        policy(last={"kind": "previous"})
