"""In whatever order and however often batches are run, the end is the same."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import journey
import pytest

mini = journey.mini
DAYS = [f"2024-02-{d:02}" for d in range(1, 11)]
SHIFTED = {DAYS[3], DAYS[7]}
FORK = multiprocessing.get_context("fork")


def _run(site: journey.Site, days: list[str], name: str) -> None:
    """Run days one after the other, in a process of their own."""
    train = mini.Train(site.root / "project", site.home)
    for day in days:
        train.run("visits", day, run_id=f"{name}-{day}")


def _in_processes(site: journey.Site, lists: list[list[str]]) -> None:
    processes = [
        FORK.Process(target=_run, args=(site, days, f"run{n}")) for n, days in enumerate(lists)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(1200)
    assert [p.exitcode for p in processes] == [0] * len(processes)


ORDERS: dict[str, Callable[[journey.Site], None]] = {
    "forward": lambda site: _in_processes(site, [DAYS]),
    "reverse": lambda site: _in_processes(site, [DAYS[::-1]]),
    "repeated": lambda site: [_in_processes(site, [DAYS]) for _ in range(2)] and None,
    "ten at once": lambda site: _in_processes(site, [[day] for day in DAYS]),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_backfills_end_alike(tmp_path: Path) -> None:
    first = journey.Site(tmp_path / "first")
    process = FORK.Process(target=first.prepare)
    process.start()
    process.join(600)
    for day in DAYS:
        shift = 30 if day in SHIFTED else 0
        first.train().drop("visits", day, mini.visits(day, shift=shift))
    ends = {}
    for name, order in ORDERS.items():
        site = journey.Site(tmp_path / name.replace(" ", "_"))
        shutil.copytree(first.root, site.root, symlinks=True)
        order(site)
        ends[name] = journey.outcome_of(site)
    assert set(ends["forward"]["states"].values()) == {"released", "held"}
    assert ends["forward"]["releases"] == 2 + len(DAYS) - len(SHIFTED)
    for name, found in ends.items():
        for part, value in found.items():
            assert value == ends["forward"][part], (name, part)
    print({name: {k: len(v) if hasattr(v, "__len__") else v for k, v in found.items()}
           for name, found in ends.items()})  # fmt: skip
