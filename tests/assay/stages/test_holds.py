"""Nothing deletes what is held, and every hold is on record."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import AccessError, InputError
from assay.stages.index import follow_registry
from assay.stages.upkeep import apply_sweep, plan_sweep, rebuild_catalog
from assay.stages.upkeep.holds import lift_hold, listed_holds, place_hold

DAY, OTHER = "2024-01-01", "2024-01-02"
CASE = "case 2026/114"


def landed(train: Any, batch: str) -> str:
    """A folder that is long past its period."""
    file = train.services.lake.make("landing", "visits", batch, "abc", "rows.parquet")
    file.write_text("x")
    at = train.later(days=-4000).services.clock().timestamp()
    os.utime(file, (at, at))
    return f"landing/visits/{batch}/abc"


def test_a_sweep_keeps_what_is_held_until_the_hold_is_lifted(ready: Any) -> None:
    held, free = landed(ready, DAY), landed(ready, OTHER)
    hold = place_hold(ready.services, "visits", DAY, reason=CASE, author="ann")
    services = ready.later(days=4000).services
    plan = plan_sweep(services)
    assert not [r.path for r in plan.removals if f"/visits/{DAY}/" in r.path]
    assert not [v for v in plan.versions if (v.dataset, v.batch) == ("visits", DAY)]
    assert f"legal hold: {CASE}" in {d.path: d for d in plan.delayed}[held].needed_by
    result = apply_sweep(services, plan.hash)
    assert free in result.removed
    assert services.lake.path(*held.split("/"), "rows.parquet").is_file()
    lift_hold(services, "visits", hold.id[:8], reason="closed", author="bob")
    assert held in {r.path for r in plan_sweep(services).removals}


def test_a_hold_after_the_plan_refuses_the_plan(ready: Any) -> None:
    held = landed(ready, DAY)
    plan = plan_sweep(ready.services)
    assert held in {r.path for r in plan.removals}
    place_hold(ready.services, "visits", "all", reason=CASE, author="ann")
    with pytest.raises(InputError, match="isn't the plan that is due now"):
        apply_sweep(ready.services, plan.hash)
    assert ready.services.lake.path(*held.split("/")).is_dir()


def test_a_hold_on_a_version_holds_its_batch(ready: Any) -> None:
    version = ready.services.catalog.snapshots.version_of("visits", DAY)
    hold = place_hold(ready.services, "visits", version[:10], reason=CASE, author="ann")
    assert (hold.version, hold.covers.batches) == (version, (DAY,))
    plan = plan_sweep(ready.later(days=9000).services)
    assert DAY not in {v.batch for v in plan.versions if v.dataset == "visits"}


def test_holds_are_on_record_and_outlive_the_catalog(ready: Any) -> None:
    first = place_hold(ready.services, "visits", DAY, reason=CASE, author="ann")
    assert place_hold(ready.services, "visits", DAY, reason=CASE, author="eve") == first
    lift_hold(ready.services, "visits", first.id, reason="closed", author="bob")
    again = lift_hold(ready.services, "visits", first.id, reason="no", author="eve")
    assert again.lifted is not None
    assert again.lifted.by == "bob"
    second = place_hold(ready.services, "visits", DAY, reason=CASE, author="ann")
    assert second.id != first.id
    rebuild_catalog(ready.services)
    follow_registry(ready.services)
    found = {h.id: h for h in listed_holds(ready.services)}
    assert [h.lifted and h.lifted.reason for h in (found[first.id],)] == ["closed"]
    assert found[second.id].lifted is None


@pytest.mark.parametrize("which", ["2024-02..2024-01", "2024-01..2024-01-03", "feed", "a..b"])
def test_what_names_no_batch_is_refused(ready: Any, which: str) -> None:
    with pytest.raises(InputError):
        place_hold(ready.services, "visits", which, reason=CASE, author="ann")
    assert listed_holds(ready.services) == []


def test_a_role_places_and_another_lifts(ready: Any) -> None:
    (ready.project / "include/policies/visits/access.yaml").write_text(
        "roles:\n  counsel: {may: [place_hold]}\n  owner: {may: [lift_hold]}\n"
        "log: {anchor_minutes: 5}\n"
    )
    asked: Any = {"reason": CASE, "author": "ann"}
    for role in (None, "owner", "stranger"):
        with pytest.raises(AccessError):
            place_hold(ready.services, "visits", DAY, role=role, **asked)
    hold = place_hold(ready.services, "visits", DAY, role="counsel", **asked)
    with pytest.raises(AccessError):
        lift_hold(ready.services, "visits", hold.id, role="counsel", **asked)
    assert lift_hold(ready.services, "visits", hold.id, role="owner", **asked).lifted


@given(
    held=st.sets(st.sampled_from(["2023", "2024", "2024-01", DAY, OTHER, "all"]), max_size=3),
    later=st.integers(0, 9000),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_plan_never_holds_a_held_thing(ready: Any, held: set[str], later: int) -> None:
    services = ready.later(days=later).services
    for hold in listed_holds(services):
        lift_hold(services, "visits", hold.id, reason="next", author="ann")
    for day in (DAY, OTHER):
        landed(ready, day)
    for which in sorted(held):
        place_hold(services, "visits", which, reason=CASE, author="ann")
    plan = plan_sweep(services)
    going = {r.batch for r in plan.removals if r.dataset == "visits"}
    going |= {v.batch for v in plan.versions if v.dataset == "visits"}
    for batch in filter(None, going):
        assert not [h for h in held if h == "all" or batch.startswith(h) or h.startswith(batch)]
