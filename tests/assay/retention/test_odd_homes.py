"""What one data set has that can't be planned, and that stops no other."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assay.lake import Lake
from assay.policy.retention import Hold, RetentionPolicy
from assay.retention import (
    Inventory,
    VersionItem,
    apply_retention,
    plan_retention,
    take_inventory,
)

from .conftest import DAY, NOW, Write, policy

B = "2026-01-01"


def look(lake: Lake) -> Inventory:
    return take_inventory(
        lake, (), (), latest={}, pointers={}, live={}, committed=(), batch_end=lambda _, __: None
    )


def test_a_name_that_is_no_text_is_a_problem_and_a_file_of_such_a_name_goes(
    lake: Lake, write: Write
) -> None:
    write(f"landing/flights/{B}/plain/rows.parquet", 500)
    for place in (f"landing/flights/{B}/odd-", f"landing/flights/{B}/plain/odd-", "odd-"):
        odd = os.fsencode(lake.home / place) + b"\xff"
        if place.endswith(f"{B}/odd-"):
            os.mkdir(odd)  # noqa: PTH102 - bytes
            odd += b"/rows.parquet"
        Path(os.fsdecode(odd)).write_text("x")
    plan = plan_retention(look(lake), {"flights": policy()}, NOW + 500 * DAY)
    assert plan.problems == (
        "odd-\\xff: no zone claims it",
        f"landing/flights/{B}/odd-\\xff: can't be read: its name isn't UTF-8",
    )
    result = apply_retention(plan, plan.hash, lake, look(lake))
    assert result.removed == (f"landing/flights/{B}/plain",)
    assert result.files == 2


def test_a_folder_of_another_data_set_that_is_no_folder_stops_nothing(
    lake: Lake, write: Write, tmp_path: Path
) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    (lake.home / "messages").symlink_to(tmp_path)
    (lake.home / "landing" / "planes").symlink_to(lake.home / "landing" / "planes")
    plan = plan_retention(look(lake), {"flights": policy()}, NOW)
    assert plan.problems == (
        "landing/planes: no zone claims it",
        "messages: it is a link, and no sweep follows one",
    )
    assert [r.path for r in plan.removals] == [f"landing/flights/{B}/sha"]


def test_a_period_longer_than_the_calendar_never_ends(lake: Lake, write: Write) -> None:
    write(f"landing/flights/{B}/sha/rows.parquet", 500)
    write(f"landing/planes/{B}/sha/rows.parquet", 500)
    for_ever = {"counts_from": "landed_at", "max_age_days": 10**10}
    released = {**for_ever, "grace_days": 10**10, "rollback_points": 1, "then": "remove"}
    rules = RetentionPolicy.model_validate(
        policy(landing=for_ever).model_dump()
        | {"versions": {"released": released, "unreleased": for_ever, "trash_days": 7}}
    )
    item = VersionItem(
        dataset="flights", batch=B, version="a" * 32, landed_at=NOW, spans=((1, 1),), stay=date.max
    )
    inventory = look(lake).model_copy(update={"versions": (item,)})
    plan = plan_retention(inventory, {"flights": rules, "planes": policy()}, NOW)
    assert [r.path for r in plan.removals] == [f"landing/planes/{B}/sha"]
    assert plan.versions == ()


@pytest.mark.parametrize(
    ("batches", "batch", "held"),
    [
        (["2013"], "2013-01", True),
        (["2013"], "2014-01", False),
        (["2013-02-04"], "2013", True),
        (["2013-02-04"], "2013-02", True),
        (["2013-02-04"], "2013-03", False),
        ({"first": "2012", "last": "2013"}, "2013-12-31", True),
        ({"first": "2012", "last": "2013"}, "2014-01-01", False),
        ({"first": "2012", "last": "2013"}, "2011-12", False),
        ({"first": "2013-02", "last": "2013-03"}, "2013", True),
        ({"first": "2013-02", "last": "2013-03"}, "2012", False),
        ({"first": "2013-02", "last": "2013-03"}, "2014", False),
        ({"first": "2013-02", "last": "2013-03"}, None, False),
        ([], "2013", False),
    ],
)
def test_a_hold_covers_what_shares_a_day_with_it(
    batches: Any, batch: str | None, held: bool
) -> None:
    hold = Hold.model_validate({"batches": batches, "reason": "case 12"})
    assert hold.covers(batch, NOW.date()) is held
