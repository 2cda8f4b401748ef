"""What becomes of versions whose period has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.policy.retention import RetentionPolicy
from assay.retention import Inventory, PlannedVersion, VersionItem, plan_retention

from .conftest import DAY, NOW, policy


def keeping(
    *, days: int = 100, grace: int = 10, points: int = 2, then: str = "archive", **more: Any
) -> RetentionPolicy:
    plain = policy(archive={"counts_from": "landed_at", "max_age_days": 900}).model_dump()
    released = {
        "counts_from": "released_at", "max_age_days": days, "grace_days": grace,
        "rollback_points": points, "then": then,
    }  # fmt: skip
    unreleased = {"counts_from": "landed_at", "max_age_days": 30}
    versions = {
        "released": released,
        "unreleased": unreleased,
        "trash_days": 7,
        **more.pop("versions", {}),
    }
    return RetentionPolicy.model_validate(plain | {"versions": versions} | more)


def item(age: int, **more: Any) -> VersionItem:
    given: dict[str, Any] = {
        "dataset": "flights", "batch": "2026-01-01", "version": "a" * 32,
        "landed_at": NOW - (age + 1) * DAY, "released_at": NOW - age * DAY,
        "pointed": True, "spans": ((7, 7),), "bytes": 10,
    }  # fmt: skip
    return VersionItem(**given | more)


def planned(one: VersionItem, rules: RetentionPolicy, latest: int = 7, now: datetime = NOW) -> Any:
    inventory = Inventory(items=(), versions=(one,), latest={"flights": latest})
    return plan_retention(inventory, {"flights": rules}, now)


def actions(one: VersionItem, rules: RetentionPolicy, latest: int = 7) -> tuple[str, ...]:
    plan = planned(one, rules, latest)
    return plan.versions[0].actions if plan.versions else ()


def test_first_it_leaves_the_snapshot_then_it_goes() -> None:
    rules = keeping()
    assert actions(item(99), rules) == ()
    assert actions(item(100), rules) == ("withdraw",), "a rollback point will hold it"
    left = item(100, pointed=False)
    plan = planned(left, rules, latest=8)
    assert plan.versions == ()
    assert "rollback to snapshot 7" in plan.kept[0].kept_by[0]
    assert actions(left, rules, latest=10) == ("archive", "remove"), "no rollback point holds it"
    assert actions(item(110, pointed=False), rules, latest=8) == ("archive", "remove"), "grace"
    assert actions(item(110), rules) == ("withdraw", "archive", "remove")
    assert actions(item(100), keeping(points=0)) == ("withdraw", "archive", "remove")
    assert actions(item(100), keeping(points=0, then="remove")) == ("withdraw", "remove")


def test_what_was_never_released_has_a_period_of_its_own_and_no_archive() -> None:
    never = item(0, spans=(), pointed=False, released_at=None, landed_at=NOW - 30 * DAY)
    plan = planned(never, keeping())
    assert plan.versions[0].actions == ("remove",)
    assert plan.versions[0].why == "versions that were never released are kept 30 days from " \
        "landed_at"  # fmt: skip


@pytest.mark.parametrize(
    ("more", "kept_by"),
    [
        ({"holds": [{"batches": "all", "reason": "case 12"}]}, "legal hold: case 12"),
        ({"holds": [{"batches": ["2026-01-01"], "reason": "x"}]}, "legal hold: x"),
        (
            {"holds": [{"batches": {"first": "2025-12-31", "last": "2026-01-02"}, "reason": "x"}]},
            "legal hold: x",
        ),
        ({"holds": [{"batches": "all", "reason": "x", "until": NOW.date()}]}, "legal hold: x"),
        ({"holds": [{"batches": "all", "reason": "x", "until": date(2026, 5, 31)}]}, None),
        ({"holds": [{"batches": ["2026-01-02"], "reason": "x"}]}, None),
    ],
)
def test_a_legal_hold_comes_before_everything(more: Any, kept_by: str | None) -> None:
    rules = keeping(points=0, **more)
    plan = planned(item(5000), rules)
    assert [k.kept_by for k in plan.kept] == ([(kept_by,)] if kept_by else [])
    assert bool(plan.versions) == (kept_by is None)


def test_a_statutory_minimum_comes_before_the_maximum_of_what_was_never_released() -> None:
    never = item(0, spans=(), pointed=False, released_at=None, landed_at=NOW - 60 * DAY)
    assert actions(never, keeping()) == ("remove",)
    assert actions(never, keeping(versions={"min_age_days": 90})) == ()


def test_what_was_brought_back_stays_until_the_day_is_over() -> None:
    back = item(500, pointed=False, spans=((1, 1),), stay=date(2026, 5, 31))
    assert actions(back, keeping()) == ("archive", "remove")
    assert actions(item(500, pointed=False, spans=((1, 1),), stay=NOW.date()), keeping()) == ()


def test_a_run_keeps_its_batch() -> None:
    assert planned(item(500, working="run-7"), keeping()).kept[0].kept_by == ("run run-7",)


def test_without_periods_versions_stay_for_ever() -> None:
    assert planned(item(99999), policy()).versions == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"versions": {"min_age_days": 101}},
        {"zones": policy().model_dump()["zones"]},
        {"holds": [{"batches": "all", "reason": ""}]},
    ],
)
def test_rules_that_contradict_each_other_are_refused(broken: Any) -> None:
    with pytest.raises(ValidationError):
        RetentionPolicy.model_validate(keeping().model_dump(mode="json") | broken | (
            {"versions": keeping().model_dump(mode="json")["versions"] | broken["versions"]}
            if "versions" in broken else {}
        ))  # fmt: skip


moments = st.integers(0, 300).map(lambda days: NOW - timedelta(days=days))
versions = st.builds(
    VersionItem,
    dataset=st.just("flights"),
    batch=st.sampled_from(["2026-01-01", "2026-01-02", "2026-01-03"]),
    version=st.uuids().map(lambda u: u.hex),
    landed_at=moments,
    released_at=st.none() | moments,
    batch_end=st.none() | moments,
    spans=st.sets(st.integers(1, 9)).map(lambda n: tuple((i, i) for i in sorted(n))),
    working=st.sampled_from([None, None, None, "run"]),
).map(lambda v: replace(v, pointed=(9, 9) in v.spans))
inventories = st.lists(versions, max_size=12).map(
    lambda v: Inventory(items=(), versions=tuple(v), latest={"flights": 9})
)
rules = st.builds(
    keeping,
    days=st.integers(1, 200),
    grace=st.integers(0, 60),
    points=st.integers(0, 9),
    then=st.sampled_from(["archive", "remove"]),
)


def of(plan: Any, action: str) -> set[str]:
    return {v.version for v in plan.versions if action in v.actions}


@settings(max_examples=150, deadline=None)
@given(inventories, rules, moments, moments)
def test_a_later_moment_never_decides_for_less(
    inventory: Inventory, given_rules: RetentionPolicy, one: datetime, other: datetime
) -> None:
    early, late = (
        plan_retention(inventory, {"flights": given_rules}, at) for at in sorted((one, other))
    )
    for action in ("withdraw", "remove"):
        assert of(early, action) <= of(late, action)


@settings(max_examples=150, deadline=None)
@given(inventories, rules, moments)
def test_nothing_goes_that_a_retained_snapshot_needs(
    inventory: Inventory, given_rules: RetentionPolicy, now: datetime
) -> None:
    plan = plan_retention(inventory, {"flights": given_rules}, now)
    released = given_rules.versions.released  # type: ignore[union-attr]
    by_id: dict[str, PlannedVersion] = {v.version: v for v in plan.versions}
    after = 10 if of(plan, "withdraw") else 9
    retained = set(range(after - released.rollback_points, after))
    for one in inventory.versions:
        ends = by_id.get(one.version)
        if ends is None or "remove" not in ends.actions:
            continue
        assert not one.pointed or "withdraw" in ends.actions, "readers never get what is gone"
        in_grace = now < ends.due + timedelta(days=released.grace_days)
        held = {n for n, _ in one.spans if n in retained and (n != 9 or one.pointed)}
        assert not (in_grace and held)


@settings(max_examples=60, deadline=None)
@given(inventories, rules, moments)
def test_every_version_is_decided_once(
    inventory: Inventory, given_rules: RetentionPolicy, now: datetime
) -> None:
    plan = plan_retention(inventory, {"flights": given_rules}, now)
    names = [v.version for v in plan.versions]
    assert len(set(names)) == len(names)
    assert all(v.due <= now for v in plan.versions)
    assert not {v.name for v in plan.versions} & {k.name for k in plan.kept}
