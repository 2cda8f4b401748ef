"""Whoever holds the registry's Git rewinds its history: nothing is written or removed by it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.errors import HistoryRewound, RegistryError
from assay.project import Project
from assay.records.versions import Derivation
from assay.stages.services import Services
from assay.stages.upkeep import accept_history, apply_sweep, plan_sweep, rebuild_catalog, verify
from assay.versioning import Disposal

DAY = "2024-01-02"
CHECK = "registry/history_rewound"
DISPOSAL = Disposal(plan="0" * 64, at=datetime(2026, 1, 5, tzinfo=UTC), until=lambda _: None)
REASON = {"reason": "the backup is of yesterday", "author": "vera"}


def git(home: Path, *arguments: str) -> str:
    command = ["git", "--git-dir", str(home / "registry" / "git"), *arguments]
    who = {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x", "GIT_COMMITTER_NAME": "x",
           "GIT_COMMITTER_EMAIL": "x@x"}  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=who)
    return done.stdout.strip()


def delete_branch(home: Path) -> None:
    git(home, "update-ref", "-d", "refs/heads/main")


def rewind(home: Path) -> None:
    git(home, "update-ref", "refs/heads/main", "main~3")


def replace(home: Path) -> None:
    """A whole history with as many records, that isn't the registry's."""
    git(home, "update-ref", "refs/heads/main", git(home, "commit-tree", "main^{tree}", "-m", "x"))


def remove_folder(home: Path) -> None:
    shutil.rmtree(home / "registry" / "git")


def empty_remote(home: Path) -> None:
    remove_folder(home)
    subprocess.run(["git", "init", "--quiet", "--bare", str(home / "registry" / "git")], check=True)


def drop_records(home: Path) -> None:
    """A commit that follows the last one, and has lost all that was in it."""
    nothing = git(home, "hash-object", "-w", "-t", "tree", "/dev/null")
    commit = git(home, "commit-tree", nothing, "-p", "main", "-m", "x")
    git(home, "update-ref", "refs/heads/main", commit)


ATTACKS = [delete_branch, rewind, replace, remove_folder, empty_remote, drop_records]


@pytest.fixture(params=ATTACKS, ids=lambda attack: attack.__name__)
def attack(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    found: Callable[[Path], None] = request.param
    return found


def by_url(train: Any) -> Services:
    """The services of a host that reaches the registry by URL."""
    environ = {
        "ASSAY_PROJECT": str(train.project),
        "ASSAY_HOME": str(train.home),
        "ASSAY_REGISTRY_GIT": f"file://{train.home / 'registry' / 'git'}",
        "ASSAY_REGISTRY_OBJECTS": str(train.home / "registry" / "objects"),
    }
    key = (train.home / "secrets" / "registry.key").read_bytes().hex()
    return Services(Project.from_environment(environ), train.now, {"registry_key": key})


def objects(home: Path) -> set[str]:
    store = home / "registry" / "objects"
    return {str(p.relative_to(store)) for p in store.rglob("*") if p.is_file()}


def old(home: Path) -> None:
    """Let all objects be older than an upload that may still run."""
    for path in (home / "registry" / "objects").rglob("*"):
        os.utime(path, (1, 1))


def test_no_sweep_removes_an_object(ready: Any, attack: Callable[[Path], None]) -> None:
    old(ready.home)
    before = objects(ready.home)
    planned = plan_sweep(ready.services).hash
    attack(ready.home)
    with pytest.raises(HistoryRewound, match=r"history_rewound\.md"):
        plan_sweep(ready.services)
    with pytest.raises(HistoryRewound):
        apply_sweep(ready.services, planned)
    with pytest.raises(HistoryRewound):
        ready.services.registry.removal.set_aside({"0" * 32}, ready.services.clock(), DISPOSAL)
    assert objects(ready.home) == before


def test_no_writer_goes_on(ready: Any, attack: Callable[[Path], None], tmp_path: Path) -> None:
    services, version = ready.services, ready.services.registry.snapshot("visits").batches[DAY]
    attack(ready.home)
    registry, at = ready.services.registry, services.clock()
    about = {"reason": "r", "author": "a", "at": at}
    document = tmp_path / "report.json"
    document.write_text("{}")
    derivation = Derivation(input_sha256="i", contract="c", transform_version="1")
    verdicts = {"drift": (at, {"outcome": "PASS"})}
    writers = {
        "commit": lambda: registry.commit(
            "visits", "2024-01-09", derivation, {"report": document}, at=at
        ),
        "judge": lambda: registry.judge("visits", DAY, version, verdicts, at=at),
        "release": lambda: registry.release("visits", DAY, version, **about),
        "rollback": lambda: registry.rollback("visits", 1, **about),
        "agree": lambda: registry.agree("pseudonym v9", "f", at=at),
        "withdraw": lambda: registry.removal.withdraw("visits", {DAY: version}, **about),
        "bury": lambda: registry.removal.bury(
            "visits", DAY, version, why="w", archived=False, at=at
        ),
    }
    for name, write in writers.items():
        with pytest.raises(HistoryRewound):
            pytest.fail(f"{name} gave {write()}")
    opened = services.catalog.incidents.find(state="open")
    assert {(i.dataset, i.check) for i in opened} == {("sites", CHECK), ("visits", CHECK)}
    assert services.catalog.outbox.find()


def test_a_run_of_a_batch_ends_in_an_error(ready: Any, mini: Any) -> None:
    ready.drop("visits", "2024-01-03", mini.visits("2024-01-03"))
    rewind(ready.home)
    with pytest.raises(HistoryRewound):
        ready.run("visits", "2024-01-03")


def test_a_registry_that_is_reached_by_url(ready: Any, attack: Callable[[Path], None]) -> None:
    rebuild_catalog(by_url(ready))
    before = ready.services.catalog.history.last()
    attack(ready.home)
    with pytest.raises(RegistryError, match=r"rewound|no such repository"):
        plan_sweep(by_url(ready))
    with pytest.raises(RegistryError, match=r"rewound|no such repository"):
        rebuild_catalog(by_url(ready))
    assert ready.services.catalog.history.last() == before


def test_verify_calls_it_damage(ready: Any, attack: Callable[[Path], None]) -> None:
    rebuild_catalog(ready.services)
    assert verify(ready.services).sound
    attack(ready.home)
    found = verify(ready.services)
    assert not found.sound
    assert "rewound" in found.damages[0].what


def test_a_catalog_from_before_the_head_was_kept(ready: Any) -> None:
    """It knows how much there was, and nothing of heads."""
    from sqlalchemy import text

    engine = ready.services.catalog._store.engine
    with engine.begin() as connection:
        connection.execute(text("UPDATE registry_head SET head = NULL"))
    rewind(ready.home)
    with pytest.raises(HistoryRewound, match="the catalog knows"):
        plan_sweep(ready.services)


def test_what_is_restored_goes_on_and_closes_the_incident(ready: Any) -> None:
    rebuild_catalog(ready.services)
    head = git(ready.home, "rev-parse", "main")
    delete_branch(ready.home)
    with pytest.raises(HistoryRewound):
        plan_sweep(ready.services)
    git(ready.home, "update-ref", "refs/heads/main", head)
    plan_sweep(ready.services)
    assert ready.services.catalog.incidents.find(state="open") == []


def test_an_accepted_loss_is_on_record_and_no_number_is_given_twice(
    ready: Any, attack: Callable[[Path], None], mini: Any
) -> None:
    services = ready.services
    given = services.registry.pointer("visits").latest
    last = services.catalog.history.last().head
    attack(ready.home)
    left = ready.services.registry.snapshots("visits")

    services = ready.services
    accepted = accept_history(services, **REASON)
    assert (accepted.source, accepted.author, accepted.reason) == (last, "vera", REASON["reason"])
    assert accepted.highest["visits"] == given
    recorded = git(ready.home, "show", "main:.assay/accepted.json")
    assert json.loads(recorded)[0]["source"] == last
    assert accept_history(services, **REASON) is None
    rebuild_catalog(services)
    assert verify(services).damages == ()
    assert services.registry.snapshots("visits") == left

    ready.drop("sites", "2024", mini.sites())
    ready.run("sites", "2024")
    ready.drop("visits", "2024-01-01", mini.visits("2024-01-01"))
    ready.run("visits", "2024-01-01")
    made = services.registry.snapshots("visits")[len(left) :]
    assert all(s.number > given for s in made)
    assert verify(services).damages == ()


def test_an_acceptance_that_was_killed_is_completed(ready: Any) -> None:
    rebuild_catalog(ready.services)
    rewind(ready.home)
    registry = ready.services.registry
    witness = registry._history._witness
    with pytest.MonkeyPatch.context() as patched:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(type(witness), "accepted", die)
        with pytest.raises(KeyboardInterrupt):
            accept_history(ready.services, **REASON)
    head = git(ready.home, "rev-parse", "main")
    accept_history(ready.services, **REASON)
    assert git(ready.home, "rev-parse", "main") == head
    plan_sweep(ready.services)


def test_a_head_that_another_host_pushed_is_no_alarm(ready: Any, mini: Any) -> None:
    mine = ready.services
    mine.registry.check_history()
    ready.drop("visits", "2024-01-03", mini.visits("2024-01-03"))
    ready.run("visits", "2024-01-03")  # by services of its own
    mine.registry.check_history()
    plan_sweep(mine)
    assert mine.catalog.incidents.find(state="open") == []
