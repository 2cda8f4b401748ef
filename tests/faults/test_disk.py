"""A disk that fills up: a clear error, nothing half-written to be read, and the same end after."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import journey
import pytest

pytestmark = pytest.mark.timeout(1800)  # many share the machines of tests
SIZE = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[journey.Site, dict[str, Any]]:
    """A site before a delivery, and the state after it where nothing disturbs."""
    root = tmp_path_factory.mktemp("disk")
    before, after = journey.Site(root / "before"), journey.Site(root / "after")
    before.prepare()
    shutil.copytree(before.root, after.root, symlinks=True)
    journey.deliver(after, 0)
    return before, journey.state_of(after)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "assay-test", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small file system can't be mounted here: that takes root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _fill(disk: Path, left: int) -> Path:
    free = shutil.disk_usage(disk).free
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(b"\0" * max(0, free - left))
        os.fsync(file.fileno())
    return filler


@pytest.mark.parametrize(
    "left",
    [60_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 4096, 150_000))],
)
def test_a_full_disk(small_disk: Path, prepared: Any, left: int) -> None:
    """At each stage the disk has so little room; then somebody makes room, and it goes on."""
    site = journey.Site(small_disk / "site")
    shutil.copytree(prepared[0].root, site.root, symlinks=True)
    released = site.train().services.registry.pointer("visits").snapshot
    day, text = journey.DELIVERIES[0]
    site.train().drop("visits", day, text)
    seen: list[str] = []
    filled: set[str] = set()

    def fill(boundary: str) -> None:
        (small_disk / "filler").unlink(missing_ok=True)
        if boundary.endswith(">") and boundary not in filled:  # once at each stage
            filled.add(boundary)
            _fill(small_disk, left)

    while True:
        try:
            journey.deliver(site, 0, resume=True, mark=fill)
            break
        except OSError as error:
            seen.append(str(error))
            (small_disk / "filler").unlink(missing_ok=True)
            at = site.train().services.registry.pointer("visits").snapshot
            assert at in {released, released + 1}
    (small_disk / "filler").unlink(missing_ok=True)
    print(f"{left} bytes left: failed {len(seen)} times", *sorted(set(seen)), sep="\n  ")
    assert left > 100_000 or seen, "the disk was never full"
    assert all(_clear(said) for said in seen), seen
    assert journey.differences(journey.state_of(site), prepared[1]) == []


def _clear(said: str) -> bool:
    words = ("No space left on device", "disk is full", "disk I/O error", "write", "git ")
    return any(word in said for word in words)
