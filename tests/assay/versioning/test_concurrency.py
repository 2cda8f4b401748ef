import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from assay.lake import private_folder

FORK = multiprocessing.get_context("fork")


def run_all(work, names):
    processes = [FORK.Process(target=work, args=(name,)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    assert [p.exitcode for p in processes] == [0] * len(processes)


@pytest.mark.parametrize(("remote", "processes"), [("folder", 10), ("url", 6)])
def test_parallel_commits_and_releases_are_each_in_the_history_once(bench, remote, processes):
    days = [f"2013-02-{day:02}" for day in range(1, processes + 1)]
    if remote == "url":
        bench.config = replace(bench.config, git_remote=f"file://{bench.config.git_remote}")
    # Some share a machine, some don't.
    benches = {day: bench.elsewhere(str(i % 3)) for i, day in enumerate(days)}

    def work(day):
        benches[day].both(day)

    run_all(work, days)
    snapshots = bench.registry.snapshots("flights")
    assert [s.number for s in snapshots] == list(range(1, processes + 1))
    assert [s.parent for s in snapshots] == [None, *range(1, processes)]
    released = [(s.batch, s.batches[s.batch]) for s in snapshots]
    assert len(set(released)) == processes
    expected = {}
    for snapshot, (batch, version) in zip(snapshots, released, strict=True):
        expected[batch] = version
        assert snapshot.batches == expected
    assert sorted(expected) == days
    assert len(bench.registry.versions("flights")) == processes
    assert bench.registry.pointer("flights").snapshot == processes
    assert len(bench.git("rev-list", "main").split()) == 2 * processes
    assert bench.git("fsck", "--strict", "--no-dangling") == ""


def test_one_batch_from_many_processes_is_one_version_and_one_snapshot(bench):
    def work(name):
        bench.elsewhere(name).both("2013-02-04")

    bench.file("2013-02-04")
    run_all(work, [str(i) for i in range(4)])
    assert len(bench.registry.snapshots("flights")) == 1
    assert len(bench.registry.versions("flights")) == 1
    assert len(bench.git("rev-list", "main").split()) == 2


def test_processes_that_are_first_at_once_make_one_registry(tmp_path):
    from assay.versioning import embedded

    def work(name):
        (tmp_path / f"key-{name}").write_bytes(embedded(tmp_path / "home").key)

    run_all(work, [str(i) for i in range(4)])
    assert len({p.read_bytes() for p in tmp_path.glob("key-*")}) == 1
    assert sorted(p.name for p in (tmp_path / "home" / "registry").iterdir()) == ["git", "objects"]


def test_a_process_killed_anywhere_is_completed_by_the_next_run(make_bench):
    undisturbed, killed = make_bench("undisturbed"), make_bench("killed")
    days = [f"2013-02-{day:02}" for day in range(1, 9)]
    began = time.monotonic()
    for day in days:
        undisturbed.both(day)
    usual = (time.monotonic() - began) / len(days)
    chance = random.Random(20130204)
    for day in days:
        disturb(killed, day, chance.uniform(0.0, usual), group=chance.random() < 0.5)
        killed.both(day)
    tree = "main^{tree}"
    assert killed.git("rev-parse", tree) == undisturbed.git("rev-parse", tree)
    assert killed.registry.snapshots("flights") == undisturbed.registry.snapshots("flights")
    assert killed.git("fsck", "--strict", "--no-dangling") == ""
    for version in killed.registry.versions("flights"):
        for name in version.objects:
            killed.registry.fetch("flights", version.batch, version.version, name)
    for name in ("clones", "commits"):
        with private_folder(killed.config.scratch / name) as folder:
            left = [p for p in folder.parent.parent.iterdir() if p.is_dir()]
            assert left == [folder.parent]


def disturb(bench, day, delay, *, group):
    def work():
        os.setsid()
        bench.both(day)

    process = FORK.Process(target=work)
    process.start()
    time.sleep(delay)
    # Without its group only the process dies, and a Git that it started may go on by itself.
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.kill()
    process.join(100)
    # A killed Git may leave a reference's lock; it counts as abandoned after a minute.
    remote = Path(bench.config.git_remote)
    locks = [*remote.glob("*.lock"), *(remote / "refs").rglob("*.lock")] if group else []
    for lock in locks:
        os.utime(lock, (time.time() - 120,) * 2)
