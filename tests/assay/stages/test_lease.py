"""A stage may take longer than a lease; a run that lost its lease writes nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.errors import LeaseError
from assay.stages import run as stages
from assay.stages.lease import working
from assay.stages.run import chain
from assay.versioning._git import Change, GitRemote, View

DAY = "2024-01-03"
BEGAN = datetime(2024, 2, 1, tzinfo=UTC)


class Clock:
    """Five minutes a second."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return BEGAN + 300 * timedelta(seconds=time.monotonic() - self._began)


def _pinned(ready: Any, clock: Any) -> stages.Run:
    ready.now = clock
    return stages.pin(ready.services, "visits", DAY, "long", "manual")


def test_a_stage_longer_than_its_lease_keeps_it(ready: Any) -> None:
    clock = Clock()
    run = _pinned(ready, clock)
    services = run.services
    with working(run):
        until = clock() + timedelta(minutes=25)
        while clock() < until:
            time.sleep(0.05)
            with pytest.raises(LeaseError, match="another run works on this batch"):
                stages.pin(services, "visits", DAY, "impatient", "manual")
    assert [x.owner for x in services.catalog.leases.live(clock())] == ["long"]
    assert all(t.name != "keep the lease" for t in threading.enumerate())


def test_a_stage_that_slept_past_its_lease_leaves_no_result(
    ready: Any, mini: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    now = [BEGAN]
    run = stages.perform(_pinned(ready, lambda: now[0]), "ingest")

    def slept(run: stages.Run) -> stages.Finished:
        now[0] += timedelta(minutes=11)
        leases = run.services.catalog.leases
        leases.acquire("visits", DAY, "next", now=now[0], ttl=timedelta(minutes=10))
        return stages.Finished(result=stages.StageResult(stage="slow"))

    monkeypatch.setattr(sys.modules[__name__], "slow_stage", slept, raising=False)
    slow = chain.Stage(name="slow", work=f"{__name__}:slow_stage", does="Sleep.")
    monkeypatch.setattr(chain, "STAGES", (*chain.STAGES, slow))
    with pytest.raises(LeaseError, match="taken this batch over"):
        stages.perform(run, "slow")
    assert not list((ready.home / "work").rglob("slow.json"))


def test_a_run_that_begins_anew_shuts_its_earlier_attempt_out(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    services = ready.services
    early = stages.pin(services, "visits", DAY, "cleared", "manual")
    stages.pin(services, "visits", DAY, "cleared", "manual")
    with pytest.raises(LeaseError, match="taken this batch over"):
        stages.perform(early, "ingest")


def test_a_process_stopped_before_its_push_releases_nothing_over_a_newer_version(
    ready: Any, mini: Any
) -> None:
    """It is stopped by a signal after its last look at its lease, and wakes up too late."""
    ready.drop("visits", DAY, mini.visits(DAY, faults=3))
    sleeper = multiprocessing.get_context("fork").Process(target=_stops_itself, args=(ready,))
    sleeper.start()
    try:
        assert os.WIFSTOPPED(os.waitpid(sleeper.pid or 0, os.WUNTRACED)[1])
        registry = ready.services.registry
        older = _versions(registry)
        assert len(older) == 1
        assert DAY not in registry.snapshot("visits").batches

        ready.drop("visits", DAY, mini.visits(DAY))  # the upstream has mended its file
        late = ready.later(minutes=11)
        late.count = 90
        assert late.run("visits", DAY)["release"].state == "released"
        newer = registry.snapshot("visits")
        assert {newer.batches[DAY]} == _versions(registry) - older
    finally:
        os.kill(sleeper.pid or 0, signal.SIGCONT)
        sleeper.join(60)
        sleeper.kill()

    assert sleeper.exitcode == REFUSED
    assert registry.snapshot("visits") == newer
    assert sum(s.batch == DAY for s in registry.snapshots("visits")) == 1
    told = late.batch("visits", DAY)
    assert (told["state"], told["version"]) == ("released", newer.batches[DAY])


REFUSED = 3


def _stops_itself(ready: Any) -> None:
    """Run the batch; stop, as by Ctrl-Z, when its release has been computed and isn't pushed."""
    push, stops = GitRemote._push, iter([signal.SIGSTOP])

    def stopped(git: GitRemote, view: View, change: Change, at: datetime, *more: Any) -> bool:
        if change.message.startswith("Release") and (stop := next(stops, None)):
            os.kill(os.getpid(), stop)
        return push(git, view, change, at, *more)

    GitRemote._push = stopped  # type: ignore[method-assign]
    try:
        ready.run("visits", DAY)
    except LeaseError:
        os._exit(REFUSED)


def _versions(registry: Any) -> set[str]:
    return {v.version for v in registry.versions("visits", DAY)}
