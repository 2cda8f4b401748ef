"""Every stage over two days of many columns, each in a fork; prints what the second took."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.alerting import open_transports
from assay.project import Project
from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.services import Services

CACHE = Path(__file__).parents[3] / ".cache" / "bench"
NAME = "wide"
DAYS = ("2024-01-01", "2024-01-02")
_LEVELS = tuple(f"level {i}" for i in range(40))
_BLOCK = 100_000
_KINDS = {"n": "number", "i": "integer", "s": "string", "t": "timestamp"}
_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:assay:wide
name: wide
version: 1.0.0
status: active
description: {{purpose: To measure what many columns cost.}}
team: {{name: bench}}
servers:
  - server: inbox
    type: local
    path: inbox/wide/{{batch}}.parquet
    format: parquet
    customProperties: [{{property: maxBytes, value: 100000000000}}]
customProperties:
  - property: partition
    value: {{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}}
schema:
  - name: wide
    physicalType: table
    properties:
      - {{name: key, logicalType: integer, primaryKey: true}}
{columns}
"""
_RETENTION = "zones:\n" + "".join(
    f"  {zone}: {{counts_from: {since}, max_age_days: 30}}\n"
    for zone, since in (
        ("landing", "landed_at"), ("quarantine", "landed_at"), ("work", "released_at"),
        ("spill", "landed_at"), ("reports", "landed_at"), ("messages", "landed_at"),
    )
)  # fmt: skip


def main() -> None:
    """Make the project and its days, run the first, and print the costs of the second."""
    rows, width = int(sys.argv[1]), int(sys.argv[2])
    names = columns(width - 1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_project(root, names)
        for i, day in enumerate(DAYS):
            inbox = root / ".assay" / "inbox" / NAME
            inbox.mkdir(parents=True, exist_ok=True)
            shutil.copy(written_day(names, rows, seed=i), inbox / f"{day}.parquet")
        environ = {"ASSAY_PROJECT": folder, "ASSAY_HOME": str(root / ".assay")}
        services = Services(Project.from_environment(environ), clock=lambda: datetime.now(UTC))
        for day in DAYS:
            costs = run_day(services, day)
    print(json.dumps(costs))


def columns(width: int) -> list[str]:
    """Two numbers of three columns, an integer or a moment of each sixth, the rest texts."""
    kinds = "nnsnninntnnsnni"
    return [f"{kinds[i % len(kinds)]}{i}" for i in range(width)]


def write_project(root: Path, names: list[str]) -> None:
    """Contract, suites and policies: bounds of each column, clipping, drift of a third."""
    include = root / "include"
    made = "\n".join(f"      - {{name: {n}, logicalType: {_KINDS[n[0]]}}}" for n in names)
    _write(include / "contracts" / f"{NAME}.odcs.yaml", _CONTRACT.format(columns=made))
    numbers = [n for n in names if n[0] == "n"]
    texts = [n for n in names if n[0] == "s"]
    bounds = [
        {"type": "expect_column_values_to_be_between", "severity": "critical",
         "kwargs": {"column": n, "min_value": -1e6, "max_value": 1e6}, "meta": {"why": "sane"}}
        for n in numbers
    ]  # fmt: skip
    present = [
        {"type": "expect_column_values_to_not_be_null", "severity": "critical",
         "kwargs": {"column": n, "mostly": 0.9}, "meta": {"why": "sane"}}
        for n in names
    ]  # fmt: skip
    for which, expectations in (("raw", bounds), ("clean", present)):
        suite = {"name": f"{NAME}.{which}", "expectations": expectations, "meta": {}}
        _write(include / "suites" / NAME / f"{which}.json", json.dumps(suite))
    drifted = [*numbers[: len(names) // 4], *texts[: len(names) // 12]]
    rules = "".join(
        f"  {n}: {{test: anderson_darling, effect: ks_statistic, limit: 0.2}}\n" if n[0] == "n" else
        f"  {n}: {{test: chi_square, effect: cramers_v, limit: 0.2}}\n"
        for n in drifted
    )  # fmt: skip
    imputed = ", ".join(f"{n}: {{method: median}}" for n in numbers[:50])
    for noun, text in {
        "quality": "on_inconclusive: hold\nquarantine: {max_share: 0.1}\ngx: {max_rows: 1000}\n",
        "alerting": "opens: [FAIL]\nroutes:\n  - slack: '#bench'\n",
        "retention": _RETENTION,
        "privacy": "columns: {}\n",
        "fairness": "on_inconclusive: hold\napplies: false\nreason: No people.\n",
        "cleaning": "on_inconclusive: hold\nsteps:\n"
        f"  - {{step: impute, columns: {{{imputed}}}}}\n",
        "drift": "on_inconclusive: hold\nalpha: 0.01\nreferences:\n"
        f"  first: {{kind: pinned, batches: [{DAYS[0]}]}}\nbootstrap: [{DAYS[0]}]\n"
        f"columns:\n{rules}",
    }.items():
        _write(include / "policies" / NAME / f"{noun}.yaml", text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def written_day(names: list[str], rows: int, seed: int) -> Path:
    """A day's file, made once, in a process of its own: memory that it needs isn't a stage's."""
    path = CACHE / f"columns-{rows}-{len(names)}-{seed}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        maker = multiprocessing.get_context("spawn").Process(
            target=_write_day, args=(path, names, rows, seed)
        )
        maker.start()
        maker.join()
    return path


def _write_day(path: Path, names: list[str], rows: int, seed: int) -> None:
    """Write it in row groups of a million rows, as pandas and PyArrow do."""
    made = {"key": pa.array(np.arange(rows))}
    made |= {n: _values(n, rows, np.random.default_rng([seed, i])) for i, n in enumerate(names)}
    aside = path.with_suffix(f".{os.getpid()}")
    pq.write_table(pa.table(made), aside, compression="zstd", row_group_size=1 << 20)
    aside.replace(path)


def _values(name: str, n: int, rng: np.random.Generator) -> pa.Array:
    missing = rng.random(n) < 0.01
    if name[0] == "n":
        return pa.array(rng.standard_normal(n), mask=missing)
    if name[0] == "i":
        return pa.array(rng.integers(0, 100_000, n), mask=missing)
    if name[0] == "t":
        seconds = 1_704_067_200 + rng.integers(0, 86_400, n)
        return pa.array(seconds, mask=missing).cast(pa.timestamp("s")).cast(pa.timestamp("us"))
    codes = (len(_LEVELS) * rng.random(n) ** 2).astype(np.int8)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), list(_LEVELS)).cast(
        "string"
    )


def run_day(services: Services, day: str) -> dict[str, dict[str, float]]:
    """One run of a batch; stage → seconds, seconds of processor time, and peak memory in GB.

    Each stage is a fork of this process, as a task of Airflow is a fork of its worker.
    """
    costs: dict[str, dict[str, float]] = {}

    def timed(name: str, work: Callable[[], str | None]) -> str | None:
        forks = multiprocessing.get_context("fork")
        there, here = forks.Pipe()
        task = forks.Process(target=_measured, args=(work, here))
        task.start()
        here.close()
        said, costs[name] = there.recv()
        task.join()
        print(day, name, {k: round(v, 2) for k, v in costs[name].items()}, file=sys.stderr)
        return str(said) if said else None

    def resumed() -> stages.Run:
        run = stages.resume(services, NAME, day, f"bench-{day}")
        if run is None:
            raise SystemExit(f"{day} has no run")
        return run

    def pin() -> None:
        asked = stages.Asked(by="bench")
        stages.pin(services, NAME, day, f"bench-{day}", "manual", asked)

    def perform(name: str) -> str | None:
        try:
            return stages.perform(resumed(), name).held_by
        except stages.DoesNotApply:
            return "doesn't apply"

    timed("pin", pin)
    for name in chain.names():
        if timed(name, partial(perform, name)) == "doesn't apply":
            costs.pop(name)
    timed("release", lambda: stages.release(resumed()).state)
    timed("notify", lambda: _notify(services, resumed()))
    if resumed().held_by:
        raise SystemExit(f"{day} is held by {resumed().held_by}")
    return costs


def _notify(services: Services, run: stages.Run) -> None:
    ended = stages.decided(run)
    if ended is None:
        raise SystemExit(f"{run.batch} isn't decided")
    stages.notify(ended, open_transports(services.lake))


def _measured(work: Callable[[], str | None], to: Connection) -> None:
    """Do the work in this process, and send what it said and what it cost."""
    began, cpu = time.perf_counter(), time.process_time()
    said = work()
    spent = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    to.send((said, {**spent, "peak": _peak()}))


def _peak() -> float:
    """The largest memory of this process."""
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) * 1024 / 1e9


if __name__ == "__main__":
    main()
