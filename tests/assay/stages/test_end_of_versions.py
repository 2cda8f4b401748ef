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

from assay.errors import InputError, RegistryError, VersionExpired
from assay.stages.upkeep import accept_history, apply_sweep, plan_sweep, rebuild_catalog
from assay.stages.versions import restore_version

VERSIONS = """\
  archive: {counts_from: landed_at, max_age_days: 900}
versions:
  released:
    {counts_from: released_at, max_age_days: 100, grace_days: 10, rollback_points: 1, then: archive}
  unreleased: {counts_from: landed_at, max_age_days: 50}
  trash_days: 5
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
    services = train.later(days=days).services
    plan = plan_sweep(services)
    return services, plan, apply_sweep(services, plan.hash)


def verbs(plan: Any) -> dict[str, tuple[str, ...]]:
    return {v.batch: v.actions for v in plan.versions}


def test_days_expire_step_by_step_and_come_back(kept: Any) -> None:
    registry = kept.services.registry
    before = dict(registry.snapshot("visits").batches)
    whole = {b: registry.fetch("visits", b, v).read_bytes() for b, v in before.items()}
    assert plan_sweep(kept.later(days=99).services).versions == ()

    services, plan, result = sweep(kept, 101)
    assert verbs(plan) == dict.fromkeys(DAYS, ("withdraw",))
    assert len(result.versions) == 2
    assert services.registry.snapshot("visits").batches == {}
    assert {b["batch"]: b["state"] for b in kept.dataset("visits")["batches"]} == dict.fromkeys(
        DAYS, "expired"
    )
    assert registry.fetch("visits", DAYS[0], before[DAYS[0]]).exists(), "to roll back to"
    assert plan_sweep(services).versions == ()

    services, plan, result = sweep(kept, 111)
    assert verbs(plan) == dict.fromkeys(DAYS, ("archive", "remove"))
    assert result.objects >= 2
    with pytest.raises(VersionExpired, match=r"assay retention restore visits 2024-01-01"):
        registry.fetch("visits", DAYS[0], before[DAYS[0]])
    live = {o.md5 for d in registry.datasets() for v in registry.versions(d)
            for o in v.objects.values()}  # fmt: skip
    store = kept.home / "registry" / "objects" / "files" / "md5"
    assert {p.parent.name + p.name for p in store.rglob("*") if p.is_file()} == live

    restore_version(
        services, "visits", DAYS[0], None, until=services.clock().date(), reason="an audit",
        author="vera", release=True,
    )  # fmt: skip
    assert registry.fetch("visits", DAYS[0], before[DAYS[0]]).read_bytes() == whole[DAYS[0]]
    assert kept.batch("visits", DAYS[0])["state"] == "released"
    assert plan_sweep(services).versions == ()
    assert verbs(plan_sweep(kept.later(days=113).services)) == {DAYS[0]: ("withdraw",)}
    assert verbs(plan_sweep(kept.later(days=123).services)) == {
        DAYS[0]: ("withdraw", "archive", "remove")
    }


def test_what_drift_counted_of_a_version_ends_with_it(kept: Any, mini: Any) -> None:
    day = "2024-01-03"
    kept.drop("visits", day, mini.visits(day))
    kept.run("visits", day)
    versions = kept.services.registry.snapshot("visits").batches
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
    services, _, _ = sweep(kept, 111)
    day, registry = DAYS[0], services.registry
    version = next(t.version for t in registry.tombstones("visits") if t.batch == day)
    about = {"until": services.clock().date(), "reason": "r", "author": "vera"}
    restore_version(services, "visits", day, None, **about)
    whole = registry.fetch("visits", day, version).read_bytes()
    registry.judge("visits", day, version, {"drift": (services.clock(), {"outcome": "WARN"})},
                   at=services.clock())  # fmt: skip
    plan = plan_sweep(kept.later(days=123).services)
    assert verbs(plan) == {day: ("archive", "remove")}
    undisturbed = mini.copy(kept, tmp_path / "undisturbed")
    _, writes = _applied(undisturbed, 123, plan.hash)
    for point in (*range(writes // 6, writes, writes // 6), None):
        train = mini.copy(kept, tmp_path / f"killed-{point}")
        _applied(train, 123, plan.hash, point)
        folders = list((train.home / "archive" / "visits" / day).iterdir())
        assert any((f / "version.json").is_file() for f in folders), "the old one or the new one"
        services = train.later(days=123).services
        apply_sweep(services, plan.hash)
        assert [f.name for f in (train.home / "archive" / "visits" / day).iterdir()] == [version]
        restore_version(services, "visits", day, None, **about | {"until": services.clock().date()})
        assert services.registry.fetch("visits", day, version).read_bytes() == whole
        shutil.rmtree(train.project.parent)


def test_what_is_wrong_with_an_archive_is_said_before_anything_is_uploaded(kept: Any) -> None:
    sweep(kept, 101)
    services, _, _ = sweep(kept, 111)
    about = {"until": services.clock().date(), "reason": "r", "author": "vera"}
    version = services.registry.tombstones("visits")[0].version
    data = kept.home / "archive" / "visits" / DAYS[0] / version / "data.parquet"
    data.chmod(0o600)
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(RegistryError, match="doesn't hold the version's bytes"):
        restore_version(services, "visits", DAYS[0], None, **about)
    with pytest.raises(RegistryError, match="no removed version"):
        restore_version(services, "visits", "2024-01-09", None, **about)
    late = about | {"until": datetime(2024, 1, 1, tzinfo=UTC).date()}
    with pytest.raises(RegistryError, match="the date is past"):
        restore_version(services, "visits", DAYS[0], None, **late)
    assert services.registry.tombstones("visits")[0].removed


def test_applying_twice_is_applying_once_and_another_plan_is_refused(kept: Any) -> None:
    services, plan, result = sweep(kept, 101)
    head = services.registry.pointer("visits")
    assert apply_sweep(services, plan.hash) == result
    assert services.registry.pointer("visits") == head
    with pytest.raises(InputError, match="Plan again"):
        apply_sweep(kept.later(days=111).services, "0" * 64)


def test_a_legal_hold_keeps_files_and_versions(kept: Any) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + "holds: [{batches: all, reason: case 12}]\n")
    plan = plan_sweep(kept.later(days=800).services)
    assert not [r for r in plan.removals if r.dataset == "visits" and r.batch]
    assert plan.versions == ()
    assert all(k.kept_by == ("legal hold: case 12",) for k in plan.kept)


def test_a_rebuilt_catalog_knows_what_expired(kept: Any) -> None:
    sweep(kept, 101)
    sweep(kept, 111)
    (kept.home / "catalog").rename(kept.home / "cache" / "lost")
    fresh = kept.later(days=111).services
    accept_history(fresh, reason="the catalog is lost", author="vera")
    rebuild_catalog(fresh)
    assert fresh.catalog.snapshots.current("visits").batches == {}
    assert fresh.catalog.versions.find("visits") == []


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
        services = train.later(days=days).services
        services.catalog.status()

        def count(event: str, _: object) -> None:
            if event in WRITES:
                writes.value += 1
                if writes.value == last:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        apply_sweep(services, plan)

    process = FORK.Process(target=apply)
    process.start()
    process.join(300)
    return process.exitcode, writes.value


def _state(train: Any) -> Any:
    registry = train.services.registry
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
    plan = plan_sweep(kept.later(days=101).services)
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
        again = apply_sweep(train.later(days=101, minutes=5).services, plan.hash)
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
    return found | {v.version for v in train.services.registry.versions("visits")}


def test_a_hold_that_comes_after_the_kill_keeps_what_is_there(
    kept: Any, mini: Any, tmp_path: Path
) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text().replace("rollback_points: 1", "rollback_points: 0"))
    plan = plan_sweep(kept.later(days=101).services)
    undisturbed = mini.copy(kept, tmp_path / "undisturbed")
    _, writes = _applied(undisturbed, 101, plan.hash)
    for point in range(writes // 5, writes, writes // 4):
        train = mini.copy(kept, tmp_path / f"killed-{point}")
        _applied(train, 101, plan.hash, point)
        there = _there(train)
        rules = train.project / "include/policies/visits/retention.yaml"
        free = rules.read_text()
        rules.write_text(free + "holds: [{batches: all, reason: case 12}]\n")
        services = train.later(days=101, hours=6).services
        result = apply_sweep(services, plan.hash)
        assert _there(train) == there, f"killed before write {point} of {writes}"
        named = {r.path for r in plan.removals} | {v.name for v in plan.versions}
        assert set(result.kept) <= named
        assert not list(train.home.glob("*/.removing-*"))
        assert apply_sweep(services, plan.hash).removed == ()

        rules.write_text(free)
        services = train.later(days=101, hours=7).services
        if due := plan_sweep(services).due:
            apply_sweep(services, plan_sweep(services).hash)
        assert _state(train) == _state(undisturbed), f"{due} were left at {point} of {writes}"
        shutil.rmtree(train.project.parent)


def test_what_came_back_goes_again_by_the_same_plan(kept: Any) -> None:
    path = kept.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text().replace("rollback_points: 1", "rollback_points: 5"))
    registry = kept.services.registry
    full = registry.pointer("visits").snapshot
    sweep(kept, 101)

    def roll_back(days: float) -> Any:
        services = kept.later(days=days).services
        registry.rollback("visits", full, reason="r", author="vera", at=services.clock())
        return services

    roll_back(102)
    services, plan, first = sweep(kept, 102)
    assert apply_sweep(services, plan.hash) == first
    services = roll_back(103)
    assert plan_sweep(services).hash == plan.hash
    again = apply_sweep(services, plan.hash)
    assert again.versions == first.versions
    assert registry.snapshot("visits").batches == {}
    assert apply_sweep(services, plan.hash) == again


def test_a_folder_that_a_backup_brings_back_goes_again(kept: Any, tmp_path: Path) -> None:
    services = kept.later(days=800).services
    plan = plan_sweep(services)
    backup = tmp_path / "backup"
    shutil.copytree(kept.home / "landing", backup)
    assert apply_sweep(services, plan.hash).removed
    shutil.copytree(backup, kept.home / "landing", dirs_exist_ok=True)
    services = kept.later(days=801).services
    landed = {r.path for r in plan.removals if r.zone == "landing"}
    assert set(apply_sweep(services, plan.hash).removed) == landed
    assert not [p for p in (kept.home / "landing").rglob("*") if p.is_file()]
