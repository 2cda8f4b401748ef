"""kill -9 of what starts Airflow, of all that it started, and of the demo: the next start works."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay import launcher
from assay.launcher import project_root
from assay.project import Project
from assay.stages.services import Services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

ASSAY = str(Path(sys.executable).with_name("assay"))
DEMO = (sys.executable, "-m", "demo")
SEED = int(os.environ.get("ASSAY_FAULT_SEED", "1"))
MOMENTS = int(os.environ.get("ASSAY_FAULT_MOMENTS", "3"))


def _environment(home: Path) -> dict[str, str]:
    outer = {k: v for k, v in os.environ.items() if not k.startswith(("ASSAY_", "AIRFLOW"))}
    return {**outer, "ASSAY_HOME": str(home), "ASSAY_PROJECT": str(project_root())}


def _begin(home: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a command in a group of its own, its output beside the home."""
    log = home.with_suffix(".log").open("ab")
    return subprocess.Popen(
        command, env=_environment(home), cwd=project_root(), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )  # fmt: skip


def _do(home: Path, *command: str) -> str:
    done = subprocess.run(
        command, env=_environment(home), cwd=project_root(), capture_output=True, text=True,
        check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _living(home: Path) -> set[psutil.Process]:
    """Every process of this home, and of the sessions of such."""
    ours = {process for process in psutil.process_iter() if _has(process, home)}
    sessions = {os.getsid(p.pid) for p in ours if psutil.pid_exists(p.pid)} - {os.getsid(0)}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in sessions:
                ours.add(process)
    return {p for p in ours if p.is_running() and p.status() != psutil.STATUS_ZOMBIE}


def _has(process: psutil.Process, home: Path) -> bool:
    """By its environment, or where that is overwritten by a title, by where its output goes."""
    with suppress(psutil.Error, OSError):
        if process.environ().get("ASSAY_HOME") == str(home):
            return True
        return Path(f"/proc/{process.pid}/fd/1").readlink().is_relative_to(home)
    return False


def _kill(process: subprocess.Popen[bytes], home: Path, *, everything: bool) -> None:
    """Kill a command with its group, and with ``everything`` all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while everything and (left := _living(home)):
        for one in left:
            with suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(left, timeout=5)


def _quiet(home: Path) -> list[str]:
    """What still runs a little after everything should have ended."""
    deadline = time.monotonic() + 10
    while (left := _living(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [f"{p.pid} {' '.join(p.cmdline())}" for p in left]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    yield home
    _do(home, ASSAY, "down")
    assert _quiet(home) == []


@pytest.mark.parametrize("everything", [False, True], ids=["the launcher", "everything"])
def test_a_start_is_killed_and_the_next_one_works(home: Path, everything: bool) -> None:
    """At moments from the first second on: while it migrates, starts the four, awaits health."""
    chance = random.Random(SEED)
    for after in (0.7, *sorted(chance.uniform(1, 20) for _ in range(MOMENTS))):
        process = _begin(home, ASSAY, "up")
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        _kill(process, home, everything=everything)
        print(f"killed {after:.1f} s after the start, {len(_living(home))} processes left")
    assert json.loads(_do(home, ASSAY, "up", "--json"))["url"] == launcher.status(home).url
    services = launcher.status(home)
    assert services.healthy
    sessions = {os.getsid(p.pid) for p in _living(home)}
    assert sessions == set(services.processes.values()), "none of an earlier start runs"


def _result(home: Path) -> dict[str, Any]:
    """What the demo leaves: versions' contents by batch, verdicts, states, releases.

    The ids of versions are made with the home's own key.
    """
    project = Project.from_environment(_environment(home))
    services = Services(project, clock=lambda: pytest.fail("nothing here asks the time"))
    registry, catalog = services.registry, services.catalog
    found: dict[str, Any] = {}
    for name in registry.datasets():
        versions = registry.versions(name)
        pointer = registry.pointer(name)
        found[name] = {
            "versions": sorted((v.batch, v.counts) for v in versions),
            "gates": {
                v.batch: sorted(
                    (r.verdict.gate, str(r.verdict.outcome), *(x.code for x in r.verdict.reasons))
                    for r in catalog.verdicts.find(name, v.batch, v.version)
                )
                for v in versions
            },
            "released": sorted(registry.snapshot(name).batches) if pointer else [],
            "releases": len(registry.snapshots(name)),
            "states": {
                r.batch: (r.state, r.verdict, r.counts) for r in catalog.batches.latest(name)
            },
            "incidents": sorted(
                (i.check, i.state, sorted(b.batch for b in i.batches))
                for i in catalog.incidents.find(name)
            ),
        }
    return found


def test_the_demo_is_killed_and_run_again(tmp_path: Path) -> None:
    """Its group or everything, at seeded moments: the same result as undisturbed."""
    calm = tmp_path / "calm"
    began = time.monotonic()
    _do(calm, *DEMO)
    lasted = time.monotonic() - began
    assert _quiet(calm) == []
    wanted = _result(calm)
    assert "flights" in wanted
    chance = random.Random(SEED)
    for number in range(MOMENTS):
        home = tmp_path / f"killed{number}"
        after, everything = chance.uniform(0.1, 0.9) * lasted, number % 2 == 0
        process = _begin(home, *DEMO)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        assert process.poll() is None, "it ended before it could be killed"
        _kill(process, home, everything=everything)
        left = len(_living(home))
        _do(home, *DEMO)
        print(f"killed after {after:.0f} of {lasted:.0f} s, {left} processes left, run again")
        assert _quiet(home) == []
        assert _result(home) == wanted
        assert "nothing to do" in _do(home, *DEMO)
        shutil.rmtree(home)
