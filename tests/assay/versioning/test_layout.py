"""A registry reads the same in both layouts, whatever its history, and is carried over whole."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import histories
import pytest

from assay.errors import RegistryError
from assay.records.versions import Pointer
from assay.versioning import Registry, RegistryConfig
from assay.versioning._git import View
from assay.versioning._layout import entry_of, map_file, snapshot_file
from assay.versioning._migration import has_earlier_layout, plan_migration, verify_migration
from assay.versioning._process import git
from assay.versioning._records import load_pointer, load_versions, parse_record
from assay.versioning._snapshots import (
    load_snapshot,
    load_snapshots,
    load_steps,
    load_stored_snapshot,
    map_faults,
)
from assay.versioning._tombstones import load_tombstones

NAME = histories.NAME


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_every_snapshot_is_the_model_s_in_both_layouts(tmp_path: Path, seed: int) -> None:
    history = histories.new_history(tmp_path / "now.git")
    history.walk(random.Random(seed), 60)
    now, before = history.view(), histories.earlier_layout(history, tmp_path / "before.git")
    for view in (now, before):
        assert histories.as_model(load_snapshots(view, NAME)) == history.maps
        for number, (batches, forced) in history.maps.items():
            found = load_snapshot(view, NAME, number)
            assert found is not None
            assert (found.batches, set(found.forced)) == (batches, forced)
    assert list(load_steps(now, NAME)) == list(load_steps(before, NAME))
    assert load_pointer(now, NAME) == load_pointer(before, NAME)
    assert load_versions(now, NAME) == load_versions(before, NAME)
    assert load_tombstones(now, NAME) == load_tombstones(before, NAME)
    assert has_earlier_layout(before)
    assert not has_earlier_layout(now)

    carried = histories.History(Path(before.git_dir), NAME)
    change, needed = plan_migration(before)
    assert needed
    carried.commit(change)
    after = carried.view()
    verify_migration(before, after)
    assert git(carried.git_dir, "merge-base", "main", before.head).decode().strip() == before.head
    assert {entry_of(p): c for p, c in after.paths().items() if entry_of(p)} == {
        entry_of(p): c for p, c in now.paths().items() if entry_of(p)
    }
    assert set(after.paths()) - set(now.paths()) <= {".dvc/config", ".dvc/.gitignore"}
    assert plan_migration(after) == (None, False)
    assert list(map_faults(after, NAME)) == []


def test_a_long_history_is_read_by_a_bounded_number_of_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rollbacks that skip each whole map don't make the way to one longer."""
    history = histories.new_history(tmp_path / "long.git")
    for number in range(1, 150):
        history.release(f"2013-{number % 5}", number % 3)
        if number in {64, 65, 129}:
            history.rollback(max(history.maps) - 1)
            history.release("2014", number)
    view, depths = history.view(), []
    for number in history.maps:
        found = load_stored_snapshot(view, NAME, number)
        assert found is not None
        assert (found.snapshot.batches, set(found.snapshot.forced)) == history.maps[number]
        depths.append(found.depth)
    assert max(depths) == 63
    assert depths.count(0) >= 3
    reads: list[int] = []
    each = View.read_each
    monkeypatch.setattr(
        View,
        "read_each",
        lambda self, paths: reads.append(len(ps := list(paths))) or each(self, ps),
    )
    load_snapshot(view, NAME, max(history.maps))
    assert sum(reads) <= 2 + 63 + 1 + 64


def test_a_damaged_map_is_found(tmp_path: Path) -> None:
    history = histories.new_history(tmp_path / "now.git")
    history.release("2013-01", 1)
    path = map_file(NAME, 1)
    content = history.view().read(path)
    other = content.replace(b'"2013-01"', b'"2013-02"')
    history.commit(histories._changes.Change({path: other}, "x"))
    assert list(map_faults(history.view(), NAME)) == [1]
    history.commit(histories._changes.Change({}, "x", removed=[path]))
    assert list(map_faults(history.view(), NAME)) == [1]


def test_code_of_the_earlier_layout_stops_at_the_pointer(tmp_path: Path) -> None:
    history = histories.new_history(tmp_path / "now.git")
    history.release("2013-01", 1)
    content = history.view().read(f"{NAME}/pointer.json")
    with pytest.raises(RegistryError, match="can't be read"):
        parse_record(Pointer, "pointer.json", content)
    newer = content.replace(b'"format": 2', b'"format": 3')
    history.commit(histories._changes.Change({f"{NAME}/pointer.json": newer}, "x"))
    with pytest.raises(RegistryError, match="newer version"):
        load_pointer(history.view(), NAME)


def test_the_first_write_carries_a_registry_over(bench: Any, tmp_path: Path) -> None:
    first, second = bench.both("2013-02-04"), bench.both("2013-02-05")
    history = histories.History(Path(bench.config.git_remote), NAME)
    before = histories.earlier_layout(history, tmp_path / "before.git")
    config = RegistryConfig(
        git_remote=before.git_dir, object_remote=bench.config.object_remote,
        key=bench.config.key, scratch=tmp_path / "scratch",
    )  # fmt: skip
    bench.config = config
    assert bench.registry.snapshots(NAME) == (first, second)
    assert bench.registry.snapshot(NAME, 1) == first
    third = bench.both("2013-02-06")
    assert bench.registry.snapshots(NAME) == (first, second, third)
    log = git(config.git_remote, "log", "--format=%s", "main").decode().splitlines()
    assert log[2] == "Carry 2 records and 2 snapshots over to layout 2"
    assert Registry(config).verify(NAME).sound
    view = View(config.git_remote, git(config.git_remote, "rev-parse", "main").decode().strip())
    assert view.read(snapshot_file(NAME, 1).earlier) is None


def test_the_registry_packs_itself_and_loses_nothing(bench: Any, tmp_path: Path) -> None:
    first, remote = bench.both("2013-02-04"), bench.config.git_remote
    paths = [tmp_path / str(number) for number in range(4500)]
    for path in paths:
        path.write_text(f"nothing names {path.name}")
    given = "".join(f"{path}\n" for path in paths).encode()
    lost = git(remote, "hash-object", "-w", "--stdin-paths", given=given).decode().split()
    second = bench.both("2013-02-05")
    said = git(remote, "count-objects", "-v").decode().splitlines()
    counted = dict(line.split(": ") for line in said)
    assert counted["packs"] == "1"
    assert int(counted["count"]) < 100
    assert bench.registry.snapshots(NAME) == (first, second)
    assert git(remote, "cat-file", "-t", lost[-1]) == b"blob\n"
    assert bench.git("fsck", "--strict", "--no-dangling") == ""
