"""Sweeps of generated homes: applied twice, cut off anywhere, later; what is needed stays."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.lake import Lake
from assay.retention import Inventory, apply_retention, plan_retention, take_inventory

from .conftest import DAY, NOW, policy

UNITS = ("landing", "quarantine", "audit", "work", "reports")
BATCHES = ("2026-01-01", "2026-01-02")

ages = st.integers(0, 600)
in_batches = st.tuples(
    st.sampled_from(UNITS), st.sampled_from(BATCHES), st.sampled_from("ab"), st.sampled_from("xy")
).map(lambda p: f"{p[0]}/flights/{p[1]}/{p[2]}/{p[3]}.parquet")
alone = st.tuples(st.sampled_from(("spill", "messages")), st.sampled_from("xyz")).map("/".join)
homes = st.dictionaries(in_batches | alone, ages, max_size=14)
rules = st.builds(
    policy,
    landing=st.builds(lambda d: {"counts_from": "landed_at", "max_age_days": d}, ages.filter(bool)),
    audit=st.just({"counts_from": "landed_at", "max_age_days": 100}),
    work=st.builds(lambda d: {"counts_from": "released_at", "max_age_days": d}, ages.filter(bool)),
)
live = st.sets(st.sampled_from(BATCHES)).map(lambda b: {("flights", x): f"run-{x}" for x in b})


def _lay(home: Path, files: dict[str, int]) -> Lake:
    lake = Lake(home)
    for name, age in files.items():
        path = lake.make(*name.split("/"))
        path.write_text(name)
        at = (NOW - age * DAY).timestamp()
        os.utime(path, (at, at))
    return lake


def _look(lake: Lake, working: Any) -> Inventory:
    return take_inventory(
        lake,
        (),
        (),
        latest={},
        pointers={},
        live=working,
        committed=(),
        batch_end=lambda _, __: None,
    )


def _files(lake: Lake) -> set[str]:
    return {p.relative_to(lake.home).as_posix() for p in lake.home.rglob("*") if p.is_file()}


@settings(max_examples=40, deadline=None)
@given(files=homes, given_rules=rules, working=live, cut=st.integers(0, 12))
def test_twice_is_once_cut_off_or_not(
    files: dict[str, int], given_rules: Any, working: Any, cut: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        policies = {"flights": given_rules}
        once = _lay(Path(folder) / "once", files)
        plan = plan_retention(_look(once, working), policies, NOW)
        first = apply_retention(plan, plan.hash, once, _look(once, working))
        left = _files(once)

        again = apply_retention(plan, plan.hash, once, _look(once, working))
        assert _files(once) == left
        assert again.removed == ()
        assert set(again.gone_before) == set(first.removed)
        assert plan_retention(_look(once, working), policies, NOW).removals == ()

        # A sweep that came no further than some of its removals, and the same plan again.
        other = _lay(Path(folder) / "other", files)
        whole = plan_retention(_look(other, working), policies, NOW)
        part = whole.model_copy(update={"removals": whole.removals[:cut]})
        apply_retention(part, part.hash, other, _look(other, working))
        apply_retention(whole, whole.hash, other, _look(other, working))
        assert _files(other) == left


@settings(max_examples=40, deadline=None)
@given(files=homes, given_rules=rules, working=live, later=st.integers(0, 400))
def test_what_goes_is_past_its_period_and_needed_by_nobody(
    files: dict[str, int], given_rules: Any, working: Any, later: int
) -> None:
    at = NOW + timedelta(days=later)
    with tempfile.TemporaryDirectory() as folder:
        gone = []
        for name, moment in (("now", NOW), ("later", at)):
            lake = _lay(Path(folder) / name, files)
            plan = plan_retention(_look(lake, working), {"flights": given_rules}, moment)
            apply_retention(plan, plan.hash, lake, _look(lake, working))
            gone.append(set(files) - _files(lake))
            assert _files(lake) <= set(files), "nothing is left half removed"
        assert gone[0] <= gone[1], "a later day never keeps what an earlier one removes"
        for name in gone[1]:
            zone, *parts = name.split("/")
            batch = parts[1] if zone in UNITS else None
            assert ("flights", batch) not in working
            oldest = max(
                age for other, age in files.items()
                if other == name or (batch and other.rsplit("/", 1)[0] == name.rsplit("/", 1)[0])
            )  # fmt: skip
            period = getattr(given_rules.zones, zone).max_age_days
            assert oldest + later >= period
