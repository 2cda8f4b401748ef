"""A sweep takes nothing for good at once, and nothing that a run reads."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.errors import RegistryError, VersionExpired
from assay.stages import run as stages
from assay.stages.upkeep import apply_sweep, plan_sweep, verify
from assay.stages.versions import restore_version

FIRST, SECOND, NEXT = "2024-01-01", "2024-01-02", "2024-01-03"
VERSIONS = """\
versions:
  released:
    {counts_from: released_at, max_age_days: 100, grace_days: 0, rollback_points: 0, then: remove}
  unreleased: {counts_from: landed_at, max_age_days: 50}
  trash_days: 30
"""


@pytest.fixture
def kept(ready: Any) -> Any:
    """The ready home, in which released versions end after 100 days and aren't archived."""
    path = ready.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + VERSIONS)
    return ready


def hold(train: Any) -> None:
    path = train.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + "holds: [{batches: all, reason: a case}]\n")


def sweep(train: Any, days: float) -> Any:
    services = train.later(days=days).services
    return apply_sweep(services, plan_sweep(services).hash)


def bytes_of(home: Path) -> dict[str, bytes]:
    store = home / "registry" / "objects" / "files"
    return {str(p.relative_to(store)): p.read_bytes() for p in store.rglob("*") if p.is_file()}


def aside(home: Path) -> list[Path]:
    store = home / "registry" / "objects" / "trash"
    return [p for p in store.rglob("*") if p.is_file()]


def test_objects_lie_aside_with_a_record_and_come_back(kept: Any) -> None:
    before = bytes_of(kept.home)
    version = kept.services.registry.snapshot("visits").batches[FIRST]
    result = sweep(kept, 101)
    registry = kept.services.registry
    entries = registry.trash.find()
    assert result.objects == len(entries) > 2
    assert {e.plan for e in entries} == {result.plan}
    assert all(timedelta(days=29.9) < e.until - e.at <= timedelta(days=30) for e in entries)
    assert {e.key[:2] for e in entries if e.key} == {("visits", FIRST), ("visits", SECOND)}
    assert bytes_of(kept.home).keys() | {_place(e.md5) for e in entries} == before.keys()
    with pytest.raises(VersionExpired, match="assay versions trash list"):
        registry.fetch("visits", FIRST, version)

    services = kept.later(days=130).services
    restore_version(
        services, "visits", FIRST, None, until=services.clock().date(), reason="too early",
        author="vera", release=True,
    )  # fmt: skip
    data = registry.fetch("visits", FIRST, version).read_bytes()
    assert data in before.values()
    assert verify(services).sound
    assert {e.key[1] for e in registry.trash.find() if e.key} == {SECOND}


def test_they_are_deleted_when_their_days_are_over(kept: Any) -> None:
    sweep(kept, 101)
    assert sweep(kept, 130).deleted == 0
    assert sweep(kept, 132).deleted > 2
    assert aside(kept.home) == []
    with pytest.raises(RegistryError, match="neither the archive nor the trash"):
        restore_version(
            kept.services, "visits", FIRST, None, until=kept.later(days=1).now().date(),
            reason="too late", author="vera",
        )  # fmt: skip


def test_a_legal_hold_keeps_what_lies_aside(kept: Any) -> None:
    sweep(kept, 101)
    hold(kept)
    plan = plan_sweep(kept.later(days=140).services)
    assert plan.trash == ()
    assert {k for d in plan.kept for k in d.kept_by} == {"legal hold: a case"}


def test_objects_that_history_lost_lie_aside_first(kept: Any) -> None:
    """A loss that was accepted by mistake: what a sweep took is there when the branch is back."""
    from assay.stages.upkeep import accept_history

    git = kept.home / "registry" / "git"
    for path in (kept.home / "registry" / "objects").rglob("*"):
        os.utime(path, (1, 1))
    head = (git / "refs/heads/main").read_text()
    before = bytes_of(kept.home)
    (git / "refs/heads/main").unlink()
    accept_history(kept.services, reason="a mistake", author="vera")
    sweep(kept, 0)
    assert bytes_of(kept.home) == {}
    assert sweep(kept, 29).deleted == 0
    (git / "refs/heads/main").write_text(head)
    trash = kept.services.registry.trash
    back = trash.restore({e.md5 for e in trash.find()})
    assert len(back) == len(before)
    assert bytes_of(kept.home) == before


def test_what_a_version_needs_after_all_is_never_deleted(kept: Any) -> None:
    sweep(kept, 101)
    services = kept.later(days=140).services
    registry = services.registry
    stone = registry.tombstones("visits")[0]
    record = registry.removal.record("visits", stone.batch, stone.version)
    registry.removal.raise_from_trash(record)
    files = {n: registry._objects.get(o) for n, o in record.objects.items()}
    registry.removal.bring_back(
        record, files, until=services.clock().date(), reason="r", author="a", at=services.clock()
    )
    for stored in record.objects.values():  # somebody moves them by hand
        place = kept.home / "registry" / "objects" / _place(stored.md5, "files")
        aside_place = kept.home / "registry" / "objects" / "trash" / stored.md5[:2] / stored.md5[2:]
        aside_place.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside_place)
        (aside_place.parent / f"{aside_place.name}.json").write_text(
            f'{{"md5": "{stored.md5}", "why": "w", "plan": "p", "at": "2024-01-01T00:00:00Z", '
            '"until": "2024-01-02T00:00:00Z"}'
        )
    plan = plan_sweep(services)
    assert not {o.md5 for o in record.objects.values()} & {*plan.trash}
    assert any("a version needs it" in k for d in plan.kept for k in d.kept_by)


def test_no_sweep_removes_what_a_run_has_pinned(kept: Any, mini: Any) -> None:
    kept.drop("visits", NEXT, mini.visits(NEXT))
    versions = kept.services.registry.snapshot("visits").batches
    at = kept.later(days=101)
    run = stages.pin(at.services, "visits", NEXT, "slow", "manual")
    pinned = {v for batches in run.spec.pinned.references.values() for v in batches.values()}
    assert pinned == {*versions.values()}
    plan = plan_sweep(at.services)
    assert plan.versions == ()
    assert {k for d in plan.kept for k in d.kept_by} == {"run slow"}
    for name in stages.chain.names():
        run = mini.perform(run, name)
    stages.release(run)
    assert {v.batch for v in plan_sweep(at.services).versions} == {FIRST, SECOND}


def test_a_run_that_pins_while_a_sweep_is_applied(kept: Any, mini: Any) -> None:
    at = kept.later(days=101)
    kept.drop("visits", NEXT, mini.visits(NEXT))
    services = at.services
    plan = plan_sweep(services)
    withdraw = services.registry.removal.withdraw

    def pinned_meanwhile(*arguments: Any, **more: Any) -> Any:
        stages.pin(at.services, "visits", NEXT, "quick", "manual")
        return withdraw(*arguments, **more)

    services.registry.removal.withdraw = pinned_meanwhile
    result = apply_sweep(services, plan.hash)
    assert result.versions == ()
    assert services.registry.tombstones("visits") == ()
    assert not [e for e in services.registry.trash.find() if e.key]


def _place(md5: str, *above: str) -> str:
    return "/".join((*above, "md5", md5[:2], md5[2:]))
