"""What whoever holds Git or the object store changes is damage, never a released version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import ObjectDamaged
from assay.stages import run as stages
from assay.stages.upkeep import apply_sweep, plan_sweep, rebuild_catalog, verify

DAY = "2024-01-02"
CHECK = "registry/object_damaged"


def object_of(train: Any, name: str) -> Path:
    registry = train.services.registry
    version = registry.snapshot("visits").batches[DAY]
    md5 = registry.find("visits", DAY, version).objects[name].md5
    path: Path = train.home / "registry" / "objects" / "files" / "md5" / md5[:2] / md5[2:]
    return path


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def forget_work(train: Any) -> None:
    shutil.rmtree(train.home / "work" / "visits" / DAY)
    shutil.rmtree(train.home / "cache", ignore_errors=True)


@pytest.mark.parametrize("damage", [flip, Path.unlink], ids=["flipped", "lost"])
def test_a_run_over_a_damaged_object_puts_it_back_and_says_so(
    ready: Any, damage: Callable[[Path], None]
) -> None:
    path = object_of(ready, "data")
    whole = path.read_bytes()
    damage(path)
    done = ready.run("visits", DAY)
    assert "put back from this run's files: data" in " ".join(done["release"].messages)
    assert path.read_bytes() == whole
    assert verify(ready.services).sound


@pytest.mark.parametrize("damage", [flip, Path.unlink], ids=["flipped", "lost"])
def test_what_no_file_can_put_back_is_not_called_released(
    ready: Any, damage: Callable[[Path], None]
) -> None:
    path = object_of(ready, "lineage")
    whole = path.read_bytes()
    damage(path)
    with pytest.raises(ObjectDamaged, match=r"lineage: .*verify visits --repair"):
        ready.run("visits", DAY, run_id="again")
    services = ready.services
    (incident,) = services.catalog.incidents.find(state="open")
    assert (incident.check, incident.failing) == (CHECK, (DAY,))
    run = stages.resume(services, "visits", DAY, "again")
    assert stages.settle(run) == "release", "no notify calls it released either"
    assert ready.batch("visits", DAY)["state"] == "running"

    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    ready.run("visits", DAY, run_id="repaired")
    assert ready.batch("visits", DAY)["state"] == "released"
    assert services.catalog.incidents.find(state="open") == []


def git(home: Path, *arguments: str, given: str | None = None) -> str:
    command = ["git", "--git-dir", str(home / "registry" / "git"), *arguments]
    who = {f"GIT_{w}_{k}": "x" for w in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=True,
        env={**os.environ, **who},
    )  # fmt: skip
    return done.stdout.strip()


def push(home: Path, files: dict[str, str]) -> None:
    """A commit on top of the last one, as whoever may push makes it."""
    index = {"GIT_INDEX_FILE": str(home / "index")}
    os.environ.update(index)
    try:
        git(home, "read-tree", "main")
        for path, content in files.items():
            blob = git(home, "hash-object", "-w", "--stdin", given=content)
            git(home, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        commit = git(home, "commit-tree", git(home, "write-tree"), "-p", "main", "-m", "x")
    finally:
        del os.environ["GIT_INDEX_FILE"]
    git(home, "update-ref", "refs/heads/main", commit)


def bury_all(train: Any) -> None:
    """Tombstones of every version, and a pointer to nothing that would refuse them."""
    files = {}
    for path in git(train.home, "ls-tree", "-r", "--name-only", "main").splitlines():
        if "/versions/" in path and path.startswith("visits/"):
            batch, version = Path(path).parent.name, Path(path).stem
            stone = {"dataset": "visits", "batch": batch, "version": version, "kind": "expired",
                     "why": "x", "at": "2024-01-01T00:00:00Z"}  # fmt: skip
            files[path.replace("/versions/", "/tombstones/").replace(".dvc", ".json")] = json.dumps(
                stone
            )
    push(train.home, files)


def empty_records(train: Any) -> None:
    """Records of versions that name no object any more."""
    files = {}
    for path in git(train.home, "ls-tree", "-r", "--name-only", "main").splitlines():
        if "/versions/" in path:
            files[path] = "outs: []\nmeta: {objects: {}, counts: {}, at: 2024-01-01T00:00:00Z}\n"
    push(train.home, files)


@pytest.mark.parametrize("attack", [bury_all, empty_records])
def test_no_push_lets_a_sweep_remove_what_the_catalog_needs(
    ready: Any, attack: Callable[[Any], None]
) -> None:
    rebuild_catalog(ready.services)
    plan_sweep(ready.services)
    store = ready.home / "registry" / "objects" / "files"
    before = ready.services.catalog.objects.needed()
    for path in store.rglob("*"):
        os.utime(path, (1, 1))
    attack(ready)
    services = ready.services
    plan = plan_sweep(services)
    assert any("the catalog needs" in p for p in plan.problems)
    apply_sweep(services, plan.hash)
    left = {p.parent.name + p.name for p in store.rglob("*") if p.is_file()}
    assert before <= left
    found = verify(services)
    assert not found.sound
    assert any("sweep of this catalog" in d.what or "committed" in d.what for d in found.damages)
