"""kill -9 of a worker and of the scheduler in the middle of a run: it ends as if nothing had been.

The middle is the same each time: the registry's Git server takes the push of ``commit`` and doesn't
answer before the gate is opened.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay import launcher

pytestmark = pytest.mark.integration

_DAG = "release__ticks"
_HOOK = "#!/bin/sh\nwhile [ -e {gate} ]; do sleep 0.1; done\n"


@pytest.fixture(scope="module")
def calm(site: Any) -> dict[str, Any]:
    """What a run leaves that nothing disturbs."""
    site.unpause("ticks")
    batch = site.drop_ticks(12)
    run_id = site.trigger(_DAG, batch=batch)
    site.end(_DAG, run_id)
    return _left(site, batch, run_id)


@pytest.fixture
def gate(site: Any, calm: object, tmp_path: Path) -> Iterator[Path]:
    """The file while which the Git server takes no push."""
    gate = tmp_path / "closed"
    hook = site.home / "registry" / "git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK.format(gate=gate))
    hook.chmod(0o755)
    gate.touch()
    yield gate
    gate.unlink(missing_ok=True)
    hook.unlink()


def _left(site: Any, batch: str, run_id: str) -> dict[str, Any]:
    """What a run left, in every place that tells of it."""
    record = site.record("ticks", batch)
    verdicts = site.catalog.verdicts.find("ticks", batch, record.version)
    return {
        "run": site.run(_DAG, run_id)["state"],
        "tasks": site.states(_DAG, run_id),
        "record": (record.state, record.verdict, record.counts, record.run_id == run_id),
        "attempts": len(site.catalog.batches.history("ticks", batch)),
        "verdicts": sorted((v.verdict.gate, str(v.verdict.outcome)) for v in verdicts),
        "released": site.pointer("ticks")[batch] == record.version,
        "releases": _releases(site, batch),
        "versions": [b for b, _ in site.catalog.versions.find("ticks")].count(batch),
        "events": [e["partition_key"] == batch for e in site.events("ticks", run_id)],
        "incidents": [i for i in site.catalog.incidents.find("ticks", state="open")
                      if batch in {b.batch for b in i.batches}],
        "leases": [x for x in site.catalog.leases.live(site.now()) if x.batch == batch],
    }  # fmt: skip


def _releases(site: Any, batch: str) -> int:
    """How many snapshots changed the batch, or changed nothing."""
    maps = [{}, *(dict(s.batches) for s in site.catalog.snapshots.find("ticks"))]
    return sum(a.get(batch) != b.get(batch) or a == b for a, b in pairwise(maps))


def _in_commit(site: Any, ago: int) -> tuple[str, str, psutil.Process]:
    """Trigger a batch; the batch, its run and the process of ``commit``, which is at the gate."""
    batch = site.drop_ticks(ago)
    run_id = site.trigger(_DAG, batch=batch)

    def at_the_gate() -> Any:
        commit = site.tasks(_DAG, run_id)["commit"]
        if commit["state"] != "running" or not commit["pid"]:
            return None
        process = psutil.Process(commit["pid"])
        names = {child.name() for child in process.children(recursive=True)}
        return process if "pre-receive" in names else None

    return batch, run_id, site.until(
        "the push of commit", at_the_gate, 90, lambda: site.states(_DAG, run_id)
    )  # fmt: skip


def test_a_worker_is_killed_in_the_middle_of_a_task(
    site: Any, calm: dict[str, Any], gate: Path
) -> None:
    batch, run_id, task = _in_commit(site, 13)
    worker = task.parent()
    assert worker is not None
    assert worker.ppid() == launcher.status(site.home).processes["scheduler"]
    # What it worked on goes on without it, and meets the one who tries again.
    os.kill(worker.pid, signal.SIGKILL)
    site.until(
        "Airflow to see it",
        lambda: site.states(_DAG, run_id)["commit"] == "up_for_retry",
        seen=lambda: site.states(_DAG, run_id),
    )
    gate.unlink()
    site.end(_DAG, run_id, 120)
    assert _left(site, batch, run_id) == calm
    assert site.tasks(_DAG, run_id)["commit"]["try_number"] == 2


def test_the_scheduler_is_killed_in_the_middle_of_a_run(
    site: Any, calm: dict[str, Any], gate: Path
) -> None:
    batch, run_id, task = _in_commit(site, 14)
    before = launcher.status(site.home)
    scheduler = psutil.Process(before.processes["scheduler"])
    scheduler.kill()
    scheduler.wait(30)
    with site.inside():
        assert launcher.up(site.home).url == before.url
    assert not task.is_running()
    gate.unlink()
    site.end(_DAG, run_id, 180)
    assert _left(site, batch, run_id) == calm
