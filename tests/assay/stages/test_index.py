"""The catalog's index is the registry's history, however it was followed, on both databases."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import histories
import pytest
from sqlalchemy import select

from assay.catalog import Catalog
from assay.catalog._registry_schema import Membership, Pointer, SnapshotRow, Version
from assay.catalog._use_schema import OriginRow, ReadRow, UseRow
from assay.errors import HistoryRewound
from assay.stages import index
from assay.stages.index import follow_registry, follow_to_read
from assay.versioning import Registry, RegistryConfig
from assay.versioning._git import View
from assay.versioning._migration import plan_migration
from assay.versioning._process import git
from assay.versioning._snapshots import load_snapshots

TABLES = (Version, SnapshotRow, Membership, Pointer, UseRow, ReadRow, OriginRow)

NAME = histories.NAME


@dataclass
class Office:
    """What of the services an index needs."""

    catalog: Catalog
    registry: Registry


@pytest.fixture(params=["sqlite", "postgres"])
def new_catalog(
    request: pytest.FixtureRequest, tmp_path: Path,
    new_database: Callable[[], AbstractContextManager[str]],
) -> Iterator[Callable[[], Catalog]]:  # fmt: skip
    opened, made = [], []

    def make() -> Catalog:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / f'catalog-{len(made)}.sqlite'}"
        else:
            opened.append(new_database())
            url = opened[-1].__enter__()
        made.append(Catalog(url))
        made[-1].migrate()
        return made[-1]

    yield make
    for database in opened:
        database.__exit__(None, None, None)


def office(catalog: Catalog, history: Any, scratch: Path) -> Office:
    config = RegistryConfig(
        git_remote=str(history.git_dir), object_remote=str(scratch / "objects"), key=b"k" * 32,
        scratch=scratch / "scratch",
    )  # fmt: skip
    return Office(catalog, Registry(config, catalog.history))


def rows(catalog: Catalog) -> dict[str, list[Any]]:
    found = {}
    for table in TABLES:
        columns = list(table.__table__.columns)
        with catalog._store.session(writes=False) as session:
            listed = session.execute(select(*columns).order_by(*table.__table__.primary_key))
            found[table.__tablename__] = [tuple(row) for row in listed]
    return found


def agrees(desk: Office, history: Any) -> None:
    catalog, registry = desk.catalog, desk.registry
    for number, (batches, forced) in history.maps.items():
        found = catalog.snapshots.get(NAME, number)
        assert found is not None
        assert (found.batches, set(found.forced)) == (batches, forced)
    assert [s.number for s in catalog.snapshots.listed(NAME)] == sorted(history.maps)
    assert catalog.snapshots.pointer(NAME) == registry.pointer(NAME).snapshot
    assert catalog.versions.all(NAME) == list(registry.versions(NAME))
    assert catalog.versions.tombstones(NAME) == list(registry.tombstones(NAME))
    uses = catalog.uses.find()
    assert sorted(uses, key=lambda u: (u.kind, u.id)) == list(registry.uses())
    for one in catalog.snapshots.released():
        holding = {n for n, (b, _) in history.maps.items() if b.get(one.batch) == one.version}
        assert {n for n in history.maps if one.is_in(n)} == holding
    assert catalog.index.agrees()


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_followed_step_by_step_or_read_at_once(
    tmp_path: Path, new_catalog: Callable[[], Catalog], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, chance = histories.new_history(tmp_path / "git"), random.Random(seed)
    followed = office(new_catalog(), history, tmp_path / "a")
    for _ in range(5):
        history.walk(chance, 8, batches=6)
        history.use(chance)
        follow_registry(followed)
        agrees(followed, history)
    monkeypatch.setattr(index, "_PAGE", 7)
    at_once = office(new_catalog(), history, tmp_path / "b")
    seen: list[int] = []
    follow_registry(at_once, progress=lambda done, _: seen.append(done))
    assert len(seen) > 3
    agrees(at_once, history)
    assert rows(at_once.catalog) == rows(followed.catalog)
    followed.catalog.index.clear()
    follow_registry(followed)
    assert rows(at_once.catalog) == rows(followed.catalog)


def test_what_was_killed_is_continued_where_it_was(
    tmp_path: Path, new_catalog: Callable[[], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    history, chance = histories.new_history(tmp_path / "git"), random.Random(7)
    history.walk(chance, 25)
    for _ in range(4):
        history.use(chance)
    monkeypatch.setattr(index, "_PAGE", 5)
    whole = office(new_catalog(), history, tmp_path / "whole")
    follow_registry(whole)
    killed = office(new_catalog(), history, tmp_path / "killed")
    positions, read = [], []

    def die(done: int, total: int) -> None:
        positions.append(done)
        if chance.random() < 0.5 and len(positions) < 9:
            raise KeyboardInterrupt

    contents = View.contents
    monkeypatch.setattr(
        View, "contents", lambda v, names: read.extend(n := list(names)) or contents(v, n)
    )
    while True:
        try:
            follow_registry(killed, progress=die)
            break
        except KeyboardInterrupt:
            history.walk(chance, 2)  # releases go on meanwhile
            follow_registry(whole, wholly=False)
    follow_registry(whole)
    agrees(killed, history)
    assert rows(killed.catalog) == rows(whole.catalog)
    first = positions[: positions.index(max(positions)) + 1]
    assert first == sorted(set(first)), "nothing is indexed twice"


def test_three_processes_share_the_work(
    tmp_path: Path, new_catalog: Callable[[], Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    history = histories.new_history(tmp_path / "git")
    history.walk(random.Random(3), 30)
    alone = office(new_catalog(), history, tmp_path / "alone")
    follow_registry(alone)
    monkeypatch.setattr(index, "_PAGE", 4)
    shared, fork = new_catalog(), multiprocessing.get_context("fork")
    processes = [
        fork.Process(
            target=lambda me=me: follow_registry(office(shared, history, tmp_path / f"p{me}"))
        )
        for me in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [p.exitcode for p in processes] == [0, 0, 0]
    assert rows(shared) == rows(alone.catalog)


def test_the_earlier_layout_is_indexed_and_its_migration_is_no_news(
    tmp_path: Path, new_catalog: Callable[[], Catalog]
) -> None:
    history = histories.new_history(tmp_path / "git")
    history.walk(random.Random(5), 25)
    now = office(new_catalog(), history, tmp_path / "now")
    follow_registry(now)
    before = histories.earlier_layout(history, tmp_path / "before.git")
    carried = histories.History(Path(before.git_dir), NAME, history.maps)
    desk = office(new_catalog(), carried, tmp_path / "then")
    follow_registry(desk)
    agrees(desk, carried)
    assert rows(desk.catalog) == rows(now.catalog)
    carried.commit(plan_migration(before)[0])
    changes = desk.registry.changes(desk.catalog.index.state()).page(0, 1000)
    assert (changes.versions, changes.steps, changes.tombstones) == ((), (), ())
    follow_registry(desk)
    assert rows(desk.catalog) == rows(now.catalog)
    assert len(list(load_snapshots(carried.view(), NAME))) == len(history.maps)


def test_a_rewound_history_leaves_what_is_known(
    tmp_path: Path, new_catalog: Callable[[], Catalog]
) -> None:
    history = histories.new_history(tmp_path / "git")
    history.walk(random.Random(9), 12)
    desk = office(new_catalog(), history, tmp_path / "desk")
    follow_registry(desk)
    known = rows(desk.catalog)
    git(history.git_dir, "update-ref", "refs/heads/main", "main~2")
    assert isinstance(follow_to_read(desk), HistoryRewound)
    assert rows(desk.catalog) == known
