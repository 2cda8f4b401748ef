"""The sweep over a home: released days expire, are archived, come back; killed anywhere or not."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay import stages
from assay.errors import InputError, RegistryError, VersionExpired

VERSIONS = """\
  archive: {counts_from: landed_at, max_age_days: 900}
versions:
  released:
    {counts_from: released_at, max_age_days: 100, grace_days: 10, rollback_points: 1, then: archive}
  unreleased: {counts_from: landed_at, max_age_days: 50}
"""
DAYS = ("2024-01-01", "2024-01-02")


@pytest.fixture
def kept(ready: Any) -> Any:
    """The ready home, with a period for versions, and a held day that was never released."""
    path = ready.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + VERSIONS)
    return ready


def sweep(train: Any, days: float) -> Any:
    """Plan and apply on a day to come; returns the office, the plan and the result."""
    office = train.later(days=days).office
    plan = stages.plan_sweep(office)
    return office, plan, stages.apply_sweep(office, plan.hash)


def verbs(plan: Any) -> dict[str, tuple[str, ...]]:
    return {v.batch: v.actions for v in plan.versions}


def test_days_expire_step_by_step_and_come_back(kept: Any) -> None:
    registry = kept.office.registry
    before = dict(registry.snapshot("visits").batches)
    whole = {b: registry.fetch("visits", b, v).read_bytes() for b, v in before.items()}
    assert stages.plan_sweep(kept.later(days=99).office).versions == ()

    office, plan, result = sweep(kept, 101)
    assert verbs(plan) == dict.fromkeys(DAYS, ("withdraw",))
    assert len(result.versions) == 2
    assert office.registry.snapshot("visits").batches == {}
    assert {b["batch"]: b["state"] for b in kept.dataset("visits")["batches"]} == dict.fromkeys(
        DAYS, "expired"
    )
    assert registry.fetch("visits", DAYS[0], before[DAYS[0]]).exists(), "to roll back to"
    assert stages.plan_sweep(office).versions == ()

    office, plan, result = sweep(kept, 111)
    assert verbs(plan) == dict.fromkeys(DAYS, ("archive", "remove"))
    assert result.objects >= 2
    with pytest.raises(VersionExpired, match=r"assay retention restore visits 2024-01-01"):
        registry.fetch("visits", DAYS[0], before[DAYS[0]])
    live = {o.md5 for d in registry.datasets() for v in registry.versions(d)
            for o in v.objects.values()}  # fmt: skip
    store = kept.home / "registry" / "objects" / "files" / "md5"
    assert {p.parent.name + p.name for p in store.rglob("*") if p.is_file()} == live

    stages.restore_version(
        office, "visits", DAYS[0], None, until=office.clock().date(), reason="an audit",
        author="vera", release=True,
    )  # fmt: skip
    assert registry.fetch("visits", DAYS[0], before[DAYS[0]]).read_bytes() == whole[DAYS[0]]
    assert kept.batch("visits", DAYS[0])["state"] == "released"
    assert stages.plan_sweep(office).versions == ()
    assert verbs(stages.plan_sweep(kept.later(days=113).office)) == {DAYS[0]: ("withdraw",)}
    assert verbs(stages.plan_sweep(kept.later(days=123).office)) == {
        DAYS[0]: ("withdraw", "archive", "remove")
    }


def test_what_drift_counted_of_a_version_ends_with_it(kept: Any, mini: Any) -> None:
    day = "2024-01-03"
    kept.drop("visits", day, mini.visits(day))
    kept.run("visits", day)
    versions = kept.office.registry.snapshot("visits").batches
    folders = [kept.home / "cache" / "sketches" / "visits" / d / versions[d] for d in DAYS]
    assert all(any(p.is_file() for p in folder.rglob("*")) for folder in folders)
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in folders)

    sweep(kept, 101)
    assert all(folder.exists() for folder in folders), "they may be rolled back to"
    sweep(kept, 111)
    assert not any(folder.exists() for folder in folders)


def test_a_version_that_was_judged_again_while_it_was_back_is_archived_anew(
    kept: Any, mini: Any, tmp_path: Path
) -> None:
    sweep(kept, 101)
    office, _, _ = sweep(kept, 111)
    day, registry = DAYS[0], office.registry
    version = next(t.version for t in registry.tombstones("visits") if t.batch == day)
    about = {"until": office.clock().date(), "reason": "r", "author": "vera"}
    stages.restore_version(office, "visits", day, None, **about)
    whole = registry.fetch("visits", day, version).read_bytes()
    registry.judge("visits", day, version, {"drift": (office.clock(), {"outcome": "WARN"})},
                   at=office.clock())  # fmt: skip
    plan = stages.plan_sweep(kept.later(days=123).office)
    assert verbs(plan) == {day: ("archive", "remove")}
    undisturbed = mini.copy(kept, tmp_path / "undisturbed")
    _, writes = _applied(undisturbed, 123, plan.hash)
    for point in (*range(writes // 6, writes, writes // 6), None):
        train = mini.copy(kept, tmp_path / f"killed-{point}")
        _applied(train, 123, plan.hash, point)
        folders = list((train.home / "archive" / "visits" / day).iterdir())
        assert any((f / "version.json").is_file() for f in folders), "the old one or the new one"
        office = train.later(days=123).office
        stages.apply_sweep(office, plan.hash)
        assert [f.name for f in (train.home / "archive" / "visits" / day).iterdir()] == [version]
        stages.restore_version(
            office, "visits", day, None, **about | {"until": office.clock().date()}
        )
        assert office.registry.fetch("visits", day, version).read_bytes() == whole
        shutil.rmtree(train.project.parent)


def test_what_is_wrong_with_an_archive_is_said_before_anything_is_uploaded(kept: Any) -> None:
    sweep(kept, 101)
    office, _, _ = sweep(kept, 111)
    about = {"until": office.clock().date(), "reason": "r", "author": "vera"}
    version = office.registry.tombstones("visits")[0].version
    data = kept.home / "archive" / "visits" / DAYS[0] / version / "data.parquet"
    data.chmod(0o600)
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(RegistryError, match="doesn't hold the version's bytes"):
        stages.restore_version(office, "visits", DAYS[0], None, **about)
    with pytest.raises(RegistryError, match="no removed version"):
        stages.restore_version(office, "visits", "2024-01-09", None, **about)
    late = about | {"until": datetime(2024, 1, 1, tzinfo=UTC).date()}
    with pytest.raises(RegistryError, match="the date is past"):
        stages.restore_version(office, "visits", DAYS[0], None, **late)
    assert office.registry.tombstones("visits")[0].removed


def test_applying_twice_is_applying_once_and_another_plan_is_refused(kept: Any) -> None:
    office, plan, result = sweep(kept, 101)
    head = office.registry.pointer("visits")
    assert stages.apply_sweep(office, plan.hash) == result
    assert office.registry.pointer("visits") == head
    with pytest.raises(InputError, match="Plan again"):
        stages.apply_sweep(kept.later(days=111).office, "0" * 64)


def test_a_legal_hold_keeps_files_and_versions(kept: Any) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + "holds: [{batches: all, reason: case 12}]\n")
    plan = stages.plan_sweep(kept.later(days=800).office)
    assert not [r for r in plan.removals if r.dataset == "visits" and r.batch]
    assert plan.versions == ()
    assert all(k.kept_by == ("legal hold: case 12",) for k in plan.kept)


def test_a_rebuilt_catalog_knows_what_expired(kept: Any) -> None:
    sweep(kept, 101)
    sweep(kept, 111)
    (kept.home / "catalog").rename(kept.home / "cache" / "lost")
    fresh = kept.later(days=111).office
    stages.rebuild_catalog(fresh)
    assert fresh.catalog.pointer("visits").batches == {}
    assert fresh.catalog.versions("visits") == []


FORK = multiprocessing.get_context("fork")
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "subprocess.Popen", "shutil.rmtree"}


def _applied(train: Any, days: float, plan: str, last: int | None = None) -> tuple[int, int]:
    """Apply a plan in a process of its own, killed before its ``last`` write.

    Returns
    -------
    its exit code, and how many writes it came to
    """
    writes = FORK.Value("i", 0)

    def apply() -> None:
        office = train.later(days=days).office
        office.catalog.status()

        def count(event: str, _: object) -> None:
            if event in WRITES:
                writes.value += 1
                if writes.value == last:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        stages.apply_sweep(office, plan)

    process = FORK.Process(target=apply)
    process.start()
    process.join(300)
    return process.exitcode, writes.value


def _state(train: Any) -> Any:
    registry = train.office.registry
    return {
        "objects": train.objects(),
        "released": {d: dict(registry.snapshot(d).batches) for d in registry.datasets()},
        "numbers": [s.number for s in registry.snapshots("visits")],
        "stones": [(t.batch, t.version, t.archived) for t in registry.tombstones("visits")],
        "states": {b["batch"]: b["state"] for b in train.dataset("visits")["batches"]},
        "files": sorted(
            (p.relative_to(train.home).as_posix(), p.stat().st_size)
            for zone in ("landing", "work", "archive", "reports", "registry/objects")
            for p in (train.home / zone).rglob("*")
            if p.is_file()
        ),
    }


@pytest.mark.parametrize(
    "most",
    [pytest.param(4), pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])],
)
def test_killed_anywhere_and_applied_again(kept: Any, mini: Any, tmp_path: Path, most: int) -> None:
    """A sweep that withdraws, archives, buries and removes files, killed before each write."""
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text().replace("rollback_points: 1", "rollback_points: 0"))
    plan = stages.plan_sweep(kept.later(days=101).office)
    assert verbs(plan) == dict.fromkeys(DAYS, ("withdraw", "archive", "remove"))
    assert plan.removals
    undisturbed = mini.copy(kept, tmp_path / "undisturbed")
    code, writes = _applied(undisturbed, 101, plan.hash)
    assert code == 0
    wanted = _state(undisturbed)
    points = range(1, writes + 1, -(-writes // most))
    for point in points:
        train = mini.copy(kept, tmp_path / f"killed-{point}")
        assert _applied(train, 101, plan.hash, point) == (-signal.SIGKILL, point)
        again = stages.apply_sweep(train.later(days=101, minutes=5).office, plan.hash)
        assert again.plan == plan.hash
        assert _state(train) == wanted, f"killed before write {point} of {writes}"
        shutil.rmtree(train.project.parent)
    print(f"{len(points)} points of {writes} tried")


def _there(train: Any) -> set[str]:
    """Files and versions of the data set that a sweep may take."""
    found = {
        p.relative_to(train.home).as_posix()
        for zone in ("landing", "work", "reports")
        for p in (train.home / zone / "visits").rglob("*")
        if p.is_file()
    }
    return found | {v.version for v in train.office.registry.versions("visits")}


def test_a_hold_that_comes_after_the_kill_keeps_what_is_there(
    kept: Any, mini: Any, tmp_path: Path
) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text().replace("rollback_points: 1", "rollback_points: 0"))
    plan = stages.plan_sweep(kept.later(days=101).office)
    undisturbed = mini.copy(kept, tmp_path / "undisturbed")
    _, writes = _applied(undisturbed, 101, plan.hash)
    for point in range(writes // 5, writes, writes // 4):
        train = mini.copy(kept, tmp_path / f"killed-{point}")
        _applied(train, 101, plan.hash, point)
        there = _there(train)
        rules = train.project / "include/policies/visits/retention.yaml"
        free = rules.read_text()
        rules.write_text(free + "holds: [{batches: all, reason: case 12}]\n")
        office = train.later(days=101, hours=6).office
        result = stages.apply_sweep(office, plan.hash)
        assert _there(train) == there, f"killed before write {point} of {writes}"
        named = {r.path for r in plan.removals} | {v.name for v in plan.versions}
        assert set(result.kept) <= named
        assert not list(train.home.glob("*/.removing-*"))
        assert stages.apply_sweep(office, plan.hash).removed == ()

        rules.write_text(free)
        office = train.later(days=101, hours=7).office
        if due := stages.plan_sweep(office).due:
            stages.apply_sweep(office, stages.plan_sweep(office).hash)
        assert _state(train) == _state(undisturbed), f"{due} were left at {point} of {writes}"
        shutil.rmtree(train.project.parent)


def test_what_came_back_goes_again_by_the_same_plan(kept: Any) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text().replace("rollback_points: 1", "rollback_points: 5"))
    registry = kept.office.registry
    full = registry.pointer("visits").snapshot
    sweep(kept, 101)

    def roll_back(days: float) -> Any:
        office = kept.later(days=days).office
        registry.rollback("visits", full, reason="r", author="vera", at=office.clock())
        return office

    roll_back(102)
    office, plan, first = sweep(kept, 102)
    assert stages.apply_sweep(office, plan.hash) == first
    office = roll_back(103)
    assert stages.plan_sweep(office).hash == plan.hash
    again = stages.apply_sweep(office, plan.hash)
    assert again.versions == first.versions
    assert registry.snapshot("visits").batches == {}
    assert stages.apply_sweep(office, plan.hash) == again


def test_a_folder_that_a_backup_brings_back_goes_again(kept: Any, tmp_path: Path) -> None:
    office = kept.later(days=800).office
    plan = stages.plan_sweep(office)
    backup = tmp_path / "backup"
    shutil.copytree(kept.home / "landing", backup)
    assert stages.apply_sweep(office, plan.hash).removed
    shutil.copytree(backup, kept.home / "landing", dirs_exist_ok=True)
    office = kept.later(days=801).office
    landed = {r.path for r in plan.removals if r.zone == "landing"}
    assert set(stages.apply_sweep(office, plan.hash).removed) == landed
    assert not [p for p in (kept.home / "landing").rglob("*") if p.is_file()]
