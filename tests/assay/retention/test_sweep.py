import multiprocessing
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.lake import Lake
from assay.policy.retention import RetentionPolicy
from assay.records.indexing import CommittedVersion, ReleasedVersion
from assay.records.runs import Arrival
from assay.retention import (
    Inventory,
    RetentionPlan,
    apply_retention,
    plan_retention,
    render_plan,
    render_result,
    take_inventory,
)

from .conftest import DAY, NOW, Write, policy

B = "2026-01-01"
Policies = dict[str, RetentionPolicy]


def run(version: str | None, sha: str, started: datetime) -> Arrival:
    return Arrival("flights", B, sha, version, started)


def stored(version: str) -> CommittedVersion:
    return CommittedVersion("flights", B, version, NOW - 60 * DAY, False, {}, 7)


def released(version: str, at: datetime, first: int, last: int | None = None) -> ReleasedVersion:
    return ReleasedVersion("flights", B, version, ((first, last),), at)


def look(lake: Lake, **known: Any) -> Inventory:
    given: dict[str, Any] = {
        "latest": {},
        "pointers": {},
        "live": {},
        "committed": (),
        "batch_end": lambda dataset, batch: datetime.fromisoformat(f"{batch}T00:00+00:00") + DAY,
        **known,
    }
    return take_inventory(lake, given.pop("runs", ()), given.pop("released", ()), **given)


def paths(plan: RetentionPlan) -> list[str]:
    return [r.path for r in plan.removals]


def test_what_is_past_its_age_goes_and_says_why(
    lake: Lake, write: Write, policies: Policies
) -> None:
    write(f"landing/flights/{B}/old/rows.parquet", 91)
    write(f"landing/flights/{B}/old/original", 91)
    write(f"landing/flights/{B}/new/rows.parquet", 89)
    write(f"quarantine/flights/{B}/v1/raw.parquet", 31)
    write(f"landing/flights/{B}/.incoming-ab/original", 200)
    plan = plan_retention(look(lake), policies, NOW)
    assert paths(plan) == [
        f"landing/flights/{B}/.incoming-ab",
        f"landing/flights/{B}/old",
        f"quarantine/flights/{B}/v1",
    ]
    removal = plan.removals[1]
    assert removal.why == "landing is kept 90 days from landed_at"
    assert removal.since == NOW - 91 * DAY
    assert removal.due == NOW - DAY
    assert (removal.files, removal.bytes) == (2, 2)
    result = apply_retention(plan, plan.hash, lake, look(lake))
    assert result.removed == tuple(paths(plan))
    assert [i.path for i in look(lake).items] == [f"landing/flights/{B}/new"]


def test_what_a_period_counts_from(lake: Lake, write: Write) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 50)
    write(f"work/flights/{B}/v1/candidate.parquet", 49)
    write(f"work/flights/{B}/v2/candidate.parquet", 20)
    known = {
        "runs": [
            run(None, "another", NOW - 70 * DAY),
            run("v1", "sha", NOW - 60 * DAY),
            run("v1", "sha", NOW - 5 * DAY),
        ],
        "released": [released("v1", NOW - 40 * DAY, 1)],
        "committed": [stored("v1")],
        "pointers": {"flights": 2},
    }
    landing, first, second = look(lake, **known).items
    assert landing.landed_at == first.landed_at == NOW - 60 * DAY, "the first run, not the file"
    assert landing.released_at == first.released_at == NOW - 40 * DAY, "the first release"
    assert landing.batch_end == datetime(2026, 1, 2, tzinfo=UTC)
    assert second.landed_at == NOW - 20 * DAY
    assert second.released_at is None
    plan = plan_retention(look(lake, **known), {"flights": policy()}, NOW)
    assert [(r.path[-2:], r.why) for r in plan.removals] == [
        ("v1", "work is kept 14 days from released_at"),
        ("v2", "work is kept 14 days from landed_at (it has no released_at)"),
    ]
    by_end = policy(landing={"counts_from": "batch_end", "max_age_days": 151})
    assert paths(plan_retention(look(lake, **known), {"flights": by_end}, NOW))[0] != landing.path
    by_end = policy(landing={"counts_from": "batch_end", "max_age_days": 150})
    assert paths(plan_retention(look(lake, **known), {"flights": by_end}, NOW))[0] == landing.path


def test_what_a_run_or_a_snapshot_needs_stays(lake: Lake, write: Write, policies: Policies) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    write(f"work/flights/{B}/v1/candidate.parquet", 500)
    working = look(lake, live={("flights", B): "run-7"})
    plan = plan_retention(working, policies, NOW)
    assert plan.removals == ()
    assert [d.needed_by for d in plan.delayed] == [("run run-7",), ("run run-7",)]
    known: dict[str, Any] = {
        "released": [released("v1", NOW - 300 * DAY, 3, 3)],
        "pointers": {"flights": 3},
    }
    plan = plan_retention(look(lake, **known), policies, NOW)
    assert paths(plan) == [f"landing/flights/{B}/sha"]
    assert "snapshot 3" in plan.delayed[0].needed_by[0]
    plan = plan_retention(look(lake, **known, committed=[stored("v1")]), policies, NOW)
    assert len(plan.removals) == 2


def test_spill_and_messages_count_from_when_they_were_written(
    lake: Lake, write: Write, policies: Policies
) -> None:
    write("spill/duckdb-dead/a.tmp", 3)
    write("spill/duckdb-live/a.tmp", 3)
    write("spill/duckdb-live/b.tmp", 0.1)
    write("messages/flights-incident-1-opened-slack-ab.json", 31)
    write("messages/flights-incident-2-opened-slack-ab.json", 29)
    plan = plan_retention(look(lake), {**policies, "planes": policy()}, NOW)
    assert paths(plan) == [
        "messages/flights-incident-1-opened-slack-ab.json",
        "spill/duckdb-dead",
    ]
    apply_retention(plan, plan.hash, lake, look(lake))
    assert len(look(lake).items) == 2


DIGESTS = (
    "weekly-flight_team-2026-W01-slack-7b5336e85005.json",
    "weekly-incident-team-2026-W01-slack-7b5336e85005.html",
    "backfill-flights-slack-7b5336e85005-12.json",
    "quiet-2026-01-02T0700Z-slack-7b5336e85005-3.json",
)


def test_a_letter_that_tells_of_several_data_sets_has_the_shortest_period(
    lake: Lake, write: Write
) -> None:
    for name in DIGESTS[2:]:
        write(f"messages/{name}", 11)
    young = write(f"messages/{DIGESTS[0]}", 9)
    write("messages/flights-incident-1-opened-slack-ab.json", 11)
    write("messages/gone-incident-1-opened-slack-ab.json", 11)
    rules = {
        "flights": policy(),
        "planes": policy(messages={"counts_from": "landed_at", "max_age_days": 10}),
    }
    plan = plan_retention(look(lake), rules, NOW)
    assert paths(plan) == [f"messages/{name}" for name in DIGESTS[2:]]
    assert len(plan.problems) == 1, "of a data set that nobody has a policy for"
    apply_retention(plan, plan.hash, lake, look(lake))
    assert young.exists()


def test_a_hold_of_a_data_set_keeps_what_may_tell_of_it(lake: Lake, write: Write) -> None:
    for name in DIGESTS:
        write(f"messages/{name}", 50)
    write("messages/flights-incident-1-opened-slack-ab.json", 50)
    held = RetentionPolicy.model_validate(
        policy().model_dump() | {"holds": [{"batches": "all", "reason": "case 12"}]}
    )
    plan = plan_retention(look(lake), {"flights": policy(), "planes": held}, NOW)
    assert paths(plan) == ["messages/flights-incident-1-opened-slack-ab.json"]
    assert {d.needed_by for d in plan.delayed} == {("legal hold: case 12",)}
    assert len(plan.delayed) == len(DIGESTS)


def test_unclaimed_files_and_data_sets_without_policy_are_problems(
    lake: Lake, write: Write, policies: Policies
) -> None:
    write(f"landing/planes/{B}/sha/rows.parquet", 900)
    write("landing/stray.txt", 900)
    write("work/flights/stray.txt", 900)
    write(f"reports/flights/{B}/stray.txt", 900)
    (lake.home / "dump.sql").write_text("")
    plan = plan_retention(look(lake), policies, NOW)
    assert plan.removals == ()
    assert plan.problems == (
        "dump.sql: no zone claims it",
        "landing/stray.txt: no zone claims it",
        f"reports/flights/{B}/stray.txt: no zone claims it",
        "work/flights/stray.txt: no zone claims it",
        f"landing/planes/{B}/sha: no period of data set 'planes' for the zone landing",
    )


def test_another_hash_is_refused(lake: Lake, write: Write, policies: Policies) -> None:
    file = write(f"landing/flights/{B}/sha/rows.parquet", 500)
    plan = plan_retention(look(lake), policies, NOW)
    with pytest.raises(InputError, match="isn't the plan that was approved"):
        apply_retention(plan, "0" * 64, lake, look(lake))
    assert file.exists()
    assert plan_retention(look(lake), policies, NOW + DAY).hash == plan.hash


def test_a_changed_world_is_refused_wholly(lake: Lake, write: Write, policies: Policies) -> None:
    write(f"landing/flights/{B}/a/rows.parquet", 500)
    write(f"landing/flights/{B}/b/rows.parquet", 500)
    plan = plan_retention(look(lake), policies, NOW)
    write(f"landing/flights/{B}/b/manifest.json", 0)
    with pytest.raises(InputError, match="landing/flights/2026-01-01/b: it changed"):
        apply_retention(plan, plan.hash, lake, look(lake))
    assert len(look(lake).items) == 2
    (lake.home / f"landing/flights/{B}/b/manifest.json").unlink()
    with pytest.raises(InputError, match="needed now by run run-8"):
        apply_retention(plan, plan.hash, lake, look(lake, live={("flights", B): "run-8"}))
    assert len(look(lake).items) == 2


def test_apply_twice_is_apply_once(lake: Lake, write: Write, policies: Policies) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    plan = plan_retention(look(lake), policies, NOW)
    plan = RetentionPlan.model_validate_json(plan.model_dump_json())
    first = apply_retention(plan, plan.hash, lake, look(lake))
    second = apply_retention(plan, plan.hash, lake, look(lake))
    assert (len(first.removed), len(second.removed)) == (1, 0)
    assert second.gone_before == first.removed
    assert plan_retention(look(lake), policies, NOW).removals == ()


@pytest.mark.parametrize(
    "path", [f"landing/../catalog/{B}/x", "registry/git/a/b", "landing/flights", "landing//a/b"]
)
def test_a_forged_plan_removes_nothing_else(
    lake: Lake, write: Write, policies: Policies, path: str
) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    inventory = look(lake)
    plan = plan_retention(inventory, policies, NOW)
    forged = plan.model_copy(
        update={"removals": (plan.removals[0].model_copy(update={"path": path}),)}
    )
    item = inventory.items[0].model_copy(update={"path": path})
    lying = inventory.model_copy(update={"items": (item,)})
    with pytest.raises(InputError, match="no sweep may remove"):
        apply_retention(forged, forged.hash, lake, lying)


def test_a_link_is_removed_and_not_followed(
    lake: Lake, write: Write, policies: Policies, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("x")
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    (lake.home / f"landing/flights/{B}/sha/link").symlink_to(outside)
    plan = plan_retention(look(lake), policies, NOW + 500 * DAY)
    apply_retention(plan, plan.hash, lake, look(lake))
    assert (outside / "keep.txt").exists()
    shutil.rmtree(lake.home / "landing" / "flights")
    (lake.home / "landing" / "flights").symlink_to(outside)
    sub = outside / B / "sha"
    sub.mkdir(parents=True)
    (sub / "rows.parquet").write_text("x")
    write(f"landing/planes/{B}/sha/rows.parquet", 500)
    plan = plan_retention(look(lake), {**policies, "planes": policy()}, NOW + 500 * DAY)
    assert plan.problems == ("landing/flights: it is a link, and no sweep follows one",)
    assert paths(plan) == [f"landing/planes/{B}/sha"]


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.01, 0.03])
def test_a_killed_sweep_is_finished_by_the_next(
    lake: Lake, write: Write, policies: Policies, delay: float
) -> None:
    for unit in range(60):
        for part in range(5):
            write(f"work/flights/{B}/v{unit:02d}/{part}.parquet", 500)
    keep = write(f"work/flights/{B}/young/a.parquet", 1)
    inventory = look(lake)
    plan = plan_retention(inventory, policies, NOW)
    fork = multiprocessing.get_context("fork")
    sweep = fork.Process(target=apply_retention, args=(plan, plan.hash, lake, inventory))
    sweep.start()
    time.sleep(delay)
    sweep.kill()
    sweep.join()
    result = apply_retention(plan, plan.hash, lake, look(lake))
    assert len(result.removed) + len(result.gone_before) == 60
    assert [p for p in (lake.home / "work").rglob("*") if p.is_file()] == [keep]
    assert not list((lake.home / "work").glob(".removing-*"))


def test_a_plan_as_text(lake: Lake, write: Write, policies: Policies) -> None:
    empty = plan_retention(look(lake), policies, NOW)
    assert render_plan(empty) == "Nothing is past its maximum age.\n"
    write(f"landing/flights/{B}/sha/rows.parquet", 91, "x" * 1500)
    write(f"quarantine/flights/{B}/v/raw.parquet", 91)
    write("landing/stray.txt", 1)
    plan = plan_retention(look(lake), policies, NOW)
    assert render_plan(plan) == (
        f"landing/flights/{B}/sha\n"
        "    landing is kept 90 days from landed_at: 2026-03-02, due 2026-05-31 (1 files, 1.5 kB)\n"
        f"quarantine/flights/{B}/v\n"
        "    quarantine is kept 30 days from landed_at: 2026-03-02, due 2026-04-01 (1 files, 1 B)\n"
        "\nProblems:\n  landing/stray.txt: no zone claims it\n"
        "\n2 due (landing 1, quarantine 1), 1.5 kB.\n"
        f"Apply it: assay retention apply {plan.hash}\n"
    )
    done = apply_retention(plan, plan.hash, lake, look(lake))
    assert render_result(done) == "Removed 2 (2 files, 1.5 kB).\n"
    again = apply_retention(plan, plan.hash, lake, look(lake))
    assert render_result(again) == "Removed 0 (0 files, 0 B). 2 of the plan were gone before.\n"
