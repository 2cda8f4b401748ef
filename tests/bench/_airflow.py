"""An embedded Airflow of its own for a comparison, with a listener that measures every task."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from assay import launcher
from assay.launcher import _embedded
from assay.launcher._settings import environment
from assay.project import Project
from demo.backfill import Airflow
from demo.flights import REFERENCES, YEAR, drop_flights, drop_references
from demo.plan import Order, Wish

ROOT = Path(__file__).parents[2]
_LISTENER = '''
"""Writes what each task cost its process: processor seconds, modules it imported."""
import json, os, sys
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

def _ended(task_instance):
    row = {"dag": task_instance.dag_id, "run": task_instance.run_id, "task": task_instance.task_id,
           "cpu": sum(os.times()[:4]), "modules": len(sys.modules) - sys.modules_at_fork}
    with open(os.environ["ASSAY_BENCH_TASKS"], "a") as file:
        file.write(json.dumps(row) + "\\n")

@hookimpl
def on_task_instance_success(previous_state, task_instance):
    _ended(task_instance)

@hookimpl
def on_task_instance_skipped(previous_state, task_instance):
    _ended(task_instance)

class Costs(AirflowPlugin):
    name = "costs"
    listeners = [sys.modules[__name__]]
'''
_AT_START = """
import os, sys

def _count():
    sys.modules_at_fork = len(sys.modules)

os.register_at_fork(after_in_child=_count)
"""
_BARE = '''
"""The settings of the installation, without the imports that make tasks cheap."""
import importlib.util, sys
_argv, sys.argv = sys.argv, [""]
_spec = importlib.util.spec_from_file_location("real_settings", {path!r})
_real = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_real)
sys.argv = _argv
dag_policy = _real.dag_policy
'''


@contextmanager
def airflow(home: Path, *, cheap: bool = True) -> Iterator[Airflow]:
    """An Airflow of a home, up; with ``cheap=False`` each task imports the engine for itself."""
    folder = home.parent / f"{home.name}-bench"
    settings = _prepared(folder, cheap)

    def measured(place: Path | str, base: Any = None) -> dict[str, str]:
        found = environment(place, base)
        path = os.pathsep.join([*settings["PYTHONPATH"], found["PYTHONPATH"]])
        return found | {**settings["ENV"], "PYTHONPATH": path}

    _embedded.environment = measured
    launcher.up(home)
    try:
        yield Airflow(home)
    finally:
        launcher.down(home)
        _embedded.environment = environment


def _prepared(folder: Path, cheap: bool) -> dict[str, Any]:
    plugins = folder / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "plugins", plugins, dirs_exist_ok=True)
    (plugins / "costs.py").write_text(_LISTENER, "utf-8")
    start, bare = folder / "start", folder / "config"
    start.mkdir(exist_ok=True)
    bare.mkdir(exist_ok=True)
    (start / "sitecustomize.py").write_text(_AT_START, "utf-8")
    real = str(ROOT / "config" / "airflow_local_settings.py")
    (bare / "airflow_local_settings.py").write_text(_BARE.format(path=real), "utf-8")
    return {
        "PYTHONPATH": [str(start)] if cheap else [str(start), str(bare)],
        "ENV": {
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
            "ASSAY_BENCH_TASKS": str(folder / "tasks.jsonl"),
        },
    }


def costs(home: Path, services: Airflow, dataset: str, batch: str) -> dict[str, dict[str, Any]]:
    """Task of a batch's run → seconds from start to end by Airflow's own clock, and what it took.

    The processor's seconds and the modules are those of the task's process since it was forked.
    """
    (run,) = [r for r in services.runs(f"release__{dataset}") if r.batch == batch]
    path = home.parent / f"{home.name}-bench" / "tasks.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {
        row["task"]: {**row, "wall": services.seconds(run)[row["task"]]}
        for row in rows
        if (row["dag"], row["run"]) == (run.dag_id, run.run_id)
    }


def drop(home: Path, days: Sequence[str]) -> None:
    """The files of the reference tables and of some days of flights."""
    inbox = Project.from_environment({"ASSAY_HOME": str(home)}).lake.make("inbox")
    drop_references(inbox)
    drop_flights(inbox, days)


def backfill(services: Airflow, dataset: str, batches: Sequence[str], pause: float = 1.0) -> float:
    """Backfill batches and wait until they are decided; seconds from the first run to the end."""
    wish = Wish(dataset, tuple(batches))
    services.await_dags([wish.dag_id])
    calendar = Project.from_environment(os.environ).contract(dataset).partition
    before = services.count(wish.dag_id).ended
    services.backfill(Order(wish, tuple(batches), again=False), calendar)
    began = time.monotonic()
    while True:
        count = services.count(wish.dag_id)
        if not count.active and count.ended - before >= len(batches):
            return time.monotonic() - began
        time.sleep(pause)


def references(services: Airflow) -> None:
    """Release the tables that flights are joined against."""
    for name in REFERENCES:
        backfill(services, name, [YEAR])


def memory(home: Path) -> dict[str, int]:
    """Bytes that each process of a home's Airflow holds with its children, by name.

    Shared pages are counted once. What the scheduler has started is counted as ``tasks``.
    """
    held: dict[str, int] = {}
    for name, pid in launcher.status(home).processes.items():
        if pid is None:
            continue
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            kind = "tasks" if name == "scheduler" and process.pid != pid else name
            with suppress(psutil.Error):
                held[kind] = held.get(kind, 0) + process.memory_full_info().pss
    return held
