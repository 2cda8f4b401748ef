"""One data set that can't be planned, and the sweep and digest of the others."""

from __future__ import annotations

import os
from typing import Any

import pytest

from assay.stages.incidents import weekly_digests
from assay.stages.upkeep import apply_sweep, plan_sweep


def old_file(train: Any, path: str, days: float = 4000) -> None:
    file = train.services.lake.make(*path.split("/"))
    file.write_text("x")
    at = train.later(days=-days).services.clock().timestamp()
    os.utime(file, (at, at))


@pytest.mark.parametrize("batch", ["2024-01", "2024-02-30", "9999-12-31", "attic"])
def test_a_folder_of_no_batch_of_the_calendar_counts_from_when_it_landed(
    ready: Any, batch: str
) -> None:
    for zone in ("landing", "reports", "work"):
        old_file(ready, f"{zone}/visits/{batch}/abc/rows.parquet")
        old_file(ready, f"{zone}/sites/2023/abc/rows.parquet")
    plan = plan_sweep(ready.services)
    assert {r.path for r in plan.removals} >= {
        f"{zone}/{folder}/abc"
        for zone in ("landing", "reports", "work")
        for folder in (f"visits/{batch}", "sites/2023")
    }
    apply_sweep(ready.services, plan.hash)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("policies/visits/retention.yaml", "zones: {landing: 3}\n"),
        ("policies/visits/retention.yaml", "\0"),
        ("contracts/visits.odcs.yaml", "- no contract\n"),
    ],
)
def test_rules_that_do_not_load_keep_their_data_set_and_no_other(
    ready: Any, file: str, text: str
) -> None:
    for dataset in ("visits/2024-01-01", "sites/2023"):
        old_file(ready, f"landing/{dataset}/abc/rows.parquet")
    (ready.project / "include" / file).write_text(text)
    services = ready.later(days=800).services
    plan = plan_sweep(services)
    assert any(p.startswith("visits: nothing of it is planned: ") for p in plan.problems)
    gone = apply_sweep(services, plan.hash).removed
    assert "landing/sites/2023/abc" in gone
    assert not [path for path in gone if "/visits/" in path]


def test_a_digest_by_batch_counts_batches_of_another_grain_when_they_were_decided(
    ready: Any,
) -> None:
    path = ready.project / "include/contracts/visits.odcs.yaml"
    days = "{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}"
    months = "{grain: month, timezone: UTC, first: 2024-01, last: 2024-12}"
    services = ready.later(days=7).services
    decided = _released(weekly_digests(services))
    assert _released(weekly_digests(services, by="batch")) == 0
    path.write_text(path.read_text().replace(days, months))
    assert _released(weekly_digests(services, by="batch")) == decided > 0


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_a_digest_by_batch_counts_a_sunday_in_its_own_week(
    ready: Any, mini: Any, timezone: str
) -> None:
    path = ready.project / "include/contracts/visits.odcs.yaml"
    path.write_text(
        path.read_text().replace(
            "timezone: UTC, first: 2024-01-01", f"timezone: {timezone}, first: 2023-12-31"
        )
    )
    ready.drop("visits", "2024-01-07", mini.visits("2024-01-07"))
    ready.run("visits", "2024-01-07")
    services = ready.services
    counted = [_released(weekly_digests(services, week=f"2024-W0{n}", by="batch")) for n in (1, 2)]
    assert counted == [3, 0]


def _released(digests: Any) -> int:
    return sum(n.released for d in digests for n in d.lines if n.dataset == "visits")
