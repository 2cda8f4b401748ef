from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.policy.retention import RetentionPolicy
from assay.retention import Inventory, Item, plan_retention

from .conftest import NOW, policy

moments = st.integers(0, 900).map(lambda days: NOW - timedelta(days=days))
zones = st.sampled_from(["landing", "quarantine", "work", "spill", "reports", "messages"])
items = st.builds(
    Item,
    zone=zones,
    path=st.uuids().map(str),
    dataset=st.sampled_from(["flights", "planes", "stranger", None]),
    batch=st.just("2026-01-01"),
    landed_at=moments,
    released_at=st.none() | moments,
    batch_end=st.none() | moments,
    needed_by=st.sampled_from([(), (), ("run r",), ("snapshot 1",)]),
    fingerprint=st.just("f"),
)
inventories = st.lists(items, max_size=12).map(lambda i: Inventory(items=tuple(i)))
counts = st.sampled_from(["landed_at", "released_at", "batch_end"])
ages = st.integers(1, 500)
periods = st.builds(lambda c, d: {"counts_from": c, "max_age_days": d}, counts, ages)
written = st.builds(lambda d: {"counts_from": "landed_at", "max_age_days": d}, ages)
policies = st.builds(
    policy,
    landing=periods,
    quarantine=periods,
    work=periods,
    reports=periods,
    spill=written,
    messages=written,
)
two = st.fixed_dictionaries({"flights": policies, "planes": policies})
Policies = dict[str, RetentionPolicy]


@settings(max_examples=80, deadline=None)
@given(inventories, two, moments, moments)
def test_a_later_moment_never_removes_less(
    inventory: Inventory, given_policies: Policies, one: datetime, other: datetime
) -> None:
    early, late = (
        {r.path for r in plan_retention(inventory, given_policies, at).removals}
        for at in sorted((one, other))
    )
    assert early <= late


@settings(max_examples=80, deadline=None)
@given(inventories, two, moments)
def test_every_item_is_judged_once_and_what_is_needed_never_goes(
    inventory: Inventory, given_policies: Policies, now: datetime
) -> None:
    plan = plan_retention(inventory, given_policies, now)
    needed = {i.path for i in inventory.items if i.needed_by}
    going = {r.path for r in plan.removals}
    waiting = {d.path for d in plan.delayed}
    assert not going & needed
    assert waiting <= needed
    for removal in plan.removals:
        assert removal.due == removal.since + timedelta(days=removal.max_age_days) <= now


@settings(max_examples=30, deadline=None)
@given(inventories, two, moments, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order(
    inventory: Inventory, given_policies: Policies, now: datetime, random: object
) -> None:
    shuffled = list(inventory.items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Inventory(items=tuple(shuffled))
    one, two_ = (
        {r.model_dump_json() for r in plan_retention(i, given_policies, now).removals}
        for i in (inventory, other)
    )
    assert one == two_


@pytest.mark.parametrize(
    "broken",
    [
        {"zones": {}},
        {"zones": {**policy().model_dump()["zones"], "landing": {"max_age_days": 3}}},
        {"zones": {**policy().model_dump()["zones"], "attic": {}}},
        {
            "zones": {
                **policy().model_dump()["zones"],
                "spill": {"counts_from": "released_at", "max_age_days": 3},
            }
        },
    ],
)
def test_a_policy_must_give_every_zone_a_period(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RetentionPolicy.model_validate(broken)
