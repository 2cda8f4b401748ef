"""What keeps an item past its maximum age, by which rule, under which legal basis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.lake import Lake
from assay.policy.retention import RetentionPolicy
from assay.retention import Inventory, VersionItem, plan_retention, render_plan, take_inventory
from assay.retention.page import render_plan_page
from assay.retention.totals import freed, keeps, totals

from .conftest import DAY, NOW, Write, policy

B = "2026-01-01"
LAW = {"kind": "law", "name": "Commercial Code, section 257"}
VERSIONS = {
    "released": {
        "counts_from": "landed_at", "max_age_days": 100, "grace_days": 10, "rollback_points": 1,
        "then": "remove",
    },
    "unreleased": {"counts_from": "landed_at", "max_age_days": 50},
    "trash_days": 5,
}  # fmt: skip


def rules(**keys: Any) -> RetentionPolicy:
    return RetentionPolicy.model_validate({**policy().model_dump(), **keys})


def look(lake: Lake, **known: Any) -> Inventory:
    given_: dict[str, Any] = {"latest": {}, "pointers": {}, "live": {}, "committed": (), **known}
    return take_inventory(lake, (), (), batch_end=lambda *_: None, **given_)


def test_a_class_shortens_periods_and_brings_its_basis(lake: Lake, write: Write) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 40, "1234")
    write(f"reports/flights/{B}/v/report.html", 40)
    found = rules(
        basis={"kind": "contract", "name": "terms"},
        classes={"identifier": {"max_age_days": 30, "basis": LAW}},
    )
    assert plan_retention(look(lake), {"flights": found.for_classes({"sensitive"})}, NOW).due == 0
    plan = plan_retention(
        look(lake), {"flights": found.for_classes({"identifier"})}, NOW, {"flights": "identifier"}
    )
    (removal,) = plan.removals
    assert removal.why == "landing is kept 30 days from landed_at"
    assert removal.basis == "law: Commercial Code, section 257"
    assert [t.model_dump() for t in totals(plan)] == [
        {"zone": "landing", "classification": "identifier", "items": 1, "files": 1, "bytes": 4}
    ]
    assert freed(plan) == 4
    assert "Commercial Code" in render_plan(plan)
    assert "Commercial Code" in render_plan_page(plan)


def test_the_statutory_minimum_is_above_a_shorter_class(lake: Lake, write: Write) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 40, "12")
    landing = {"counts_from": "landed_at", "max_age_days": 90, "min_age_days": 60}
    zones = {**policy().zones.model_dump(exclude_none=True), "landing": landing}
    found = rules(zones=zones, classes={"identifier": {"max_age_days": 30}})
    mine = {"flights": found.for_classes({"identifier"})}
    plan = plan_retention(look(lake), mine, NOW)
    assert plan.due == 0
    assert [(d.rule, d.needed_by, d.bytes) for d in plan.delayed] == [
        ("statutory minimum", ("the statutory minimum, until 2026-06-21",), 2)
    ]
    assert plan_retention(look(lake), mine, NOW + 20 * DAY).removals


def test_the_strongest_rule_is_named_and_the_others_are_shown(lake: Lake, write: Write) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 400, "123")
    held = rules(holds=[{"batches": "all", "reason": "case 12"}])
    plan = plan_retention(look(lake, live={("flights", B): "r7"}), {"flights": held}, NOW)
    (delayed,) = plan.delayed
    assert delayed.rule == "legal hold"
    assert delayed.needed_by == ("legal hold: case 12", "run r7")
    assert [k.model_dump() for k in keeps(plan)] == [{"rule": "legal hold", "items": 1, "bytes": 3}]
    assert "case 12" in render_plan_page(plan)


@pytest.mark.parametrize(
    "faulty",
    [
        {"zones": {"landing": {"counts_from": "landed_at", "max_age_days": 5, "min_age_days": 6}}},
        {"basis": {"kind": "habit", "name": "we always did"}},
        {"basis": {"kind": "law", "name": ""}},
        {"approve_above": {}},
        {"classes": {"identifier": {"max_age_days": 0}}},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(faulty: dict[str, Any]) -> None:
    zones = {**policy().zones.model_dump(exclude_none=True), **faulty.pop("zones", {})}
    with pytest.raises(ValidationError):
        rules(**{**faulty, "zones": zones})


def test_without_new_keys_a_policy_means_what_it_meant() -> None:
    plain = policy()
    assert plain.for_classes({"identifier", "sensitive"}) == plain
    assert plain.without_basis == ["landing", "quarantine", "work", "reports"]
    assert rules(basis=LAW).without_basis == []


@given(
    age=st.integers(0, 300),
    least=st.integers(0, 150),
    cap=st.integers(1, 200),
    held=st.booleans(),
    works=st.booleans(),
    stay=st.integers(-50, 50),
    pointed=st.booleans(),
)
def test_no_version_goes_before_its_minimum_under_a_hold_or_in_use(
    age: int, least: int, cap: int, held: bool, works: bool, stay: int, pointed: bool
) -> None:
    versions = {**VERSIONS, "min_age_days": min(least, 100)}
    found = rules(
        versions=versions,
        classes={"sensitive": {"max_age_days": cap, "zones": ["released"]}},
        holds=[{"batches": "all", "reason": "case"}] if held else [],
    ).for_classes({"sensitive"})
    item = VersionItem(
        dataset="flights", batch=B, version="a" * 32, landed_at=NOW - timedelta(days=age),
        pointed=pointed, spans=((1, None),), working="r1" if works else None,
        stay=(NOW + timedelta(days=stay)).date(),
    )  # fmt: skip
    inventory = Inventory(items=(), versions=(item,), latest={"flights": 1})
    plan = plan_retention(inventory, {"flights": found}, NOW)
    past = age >= min(cap, 100)
    assert len(plan.versions) + len(plan.kept) == past
    if plan.versions:
        assert not held
        assert not works
        assert age >= min(least, 100)
        assert stay < 0
    if plan.kept and held:
        assert plan.kept[0].rule == "legal hold"


def test_a_plan_page_escapes_what_it_shows() -> None:
    inventory = Inventory(items=(), unclaimed=("<script>",))
    page = render_plan_page(plan_retention(inventory, {}, datetime(2026, 1, 1, tzinfo=UTC)))
    assert "<script>" not in page
