"""The client of the running Airflow: its backfill command and its REST API."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from assay import launcher
from assay.contract import Partition
from assay.errors import AssayError
from assay.lake import Lake
from demo.plan import Order, Stand

MAX_ACTIVE_RUNS = 4
_PAGE = 100


@dataclass(frozen=True)
class Run:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    batch: str
    state: str
    started: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> Run:
        """Make a run from the API's answer."""
        batch = item.get("partition_key") or (item.get("conf") or {}).get("batch") or ""
        began = item.get("start_date") or ""
        return cls(item["dag_id"], item["dag_run_id"], batch, item["state"], began)


class Count(NamedTuple):
    """Runs that have ended, and runs that have not."""

    ended: int
    active: int


class Airflow:
    """The Airflow of one home, as the user ``admin``; it must run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        url = launcher.status(home).url
        if url is None:
            raise AssayError("Airflow doesn't run", where=str(home))
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=60)
        answer = self._client.post(
            "/auth/token", json={"username": "admin", "password": launcher.password(home)}
        )
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self._client.get(f"/api/v2{path}", params=query)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def await_dags(self, dag_ids: Iterable[str], patience_s: float = 120.0) -> None:
        """Wait until Airflow has parsed the DAGs, and unpause them.

        Raises
        ------
        AssayError
            If one isn't there in time. The message has the import errors.
        """
        deadline = time.monotonic() + patience_s
        missing = list(dag_ids)
        while missing:
            for dag_id in list(missing):
                answer = self._client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False})
                if answer.is_success:
                    missing.remove(dag_id)
            if missing and time.monotonic() > deadline:
                errors = self._get("/importErrors")["import_errors"]
                last = "\n".join(e["stack_trace"].strip().splitlines()[-1] for e in errors)
                raise AssayError(f"Airflow doesn't know {', '.join(missing)}\n{last}\n")
            time.sleep(0.25 if missing else 0)

    def runs(self, dag_id: str, **query: Any) -> Iterator[Run]:
        """Runs of a DAG, the newest first."""
        offset = 0
        while True:
            page = self._get(
                f"/dags/{dag_id}/dagRuns", limit=_PAGE, offset=offset, order_by="-id", **query
            )
            yield from (Run.of(item) for item in page["dag_runs"])
            offset += _PAGE
            if offset >= page["total_entries"]:
                return

    def count(self, dag_id: str) -> Count:
        """How many backfill runs of a DAG have ended, and how many have not."""

        def total(*states: str) -> int:
            query = {"state": list(states), "run_type": "backfill", "limit": 1}
            found: int = self._get(f"/dags/{dag_id}/dagRuns", **query)["total_entries"]
            return found

        return Count(total("success", "failed"), total("queued", "running"))

    def open_backfills(self, dag_id: str) -> int:
        """How many backfills of a DAG Airflow hasn't closed."""
        known = self._get("/backfills", dag_id=dag_id)["backfills"]
        return sum(not b["completed_at"] for b in known)

    def await_backfills(self, dag_id: str) -> None:
        """Wait until Airflow has closed the DAG's earlier backfills: it allows one at a time."""
        while self.open_backfills(dag_id):
            time.sleep(1)

    def backfill(self, order: Order, calendar: Partition) -> None:
        """Create the runs of an order with Airflow's own command."""
        self.await_backfills(order.wish.dag_id)
        launcher.run_airflow(self.home, *backfill_command(order, calendar))

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run by its form; return the run's id."""
        body = {"logical_date": None, "conf": conf}
        answer = self._client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        answer.raise_for_status()
        run_id: str = answer.json()["dag_run_id"]
        return run_id

    def state(self, dag_id: str, run_id: str) -> str:
        """The state of a run: ``queued``, ``running``, ``success`` or ``failed``."""
        found: str = self._get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return found

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Task → its state in a run."""
        return {t["task_id"]: t["state"] for t in self._tasks(dag_id, run_id)}

    def is_busy(self, dag_id: str) -> bool:
        """Whether a DAG has a run that hasn't ended."""
        query = {"state": ["queued", "running"], "limit": 1}
        return bool(self._get(f"/dags/{dag_id}/dagRuns", **query)["total_entries"])

    def seconds(self, run: Run) -> dict[str, float]:
        """Seconds from start to end of each task of a run that has ended."""
        return {t["task_id"]: t["duration"] or 0.0 for t in self._tasks(run.dag_id, run.run_id)}

    def failures(self, run: Run) -> list[str]:
        """Paths of the logs of a run's failed tasks."""
        tasks = self._tasks(run.dag_id, run.run_id)
        failed = [t["task_id"] for t in tasks if t["state"] == "failed"]
        logs = Lake(self.home).path(
            "logs", "airflow", f"dag_id={run.dag_id}", f"run_id={run.run_id}"
        )
        return [str(logs / f"task_id={task}") for task in failed]

    def _tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self._get(path)["task_instances"])


def backfill_command(order: Order, calendar: Partition) -> list[str]:
    """The arguments of ``airflow`` that create the runs of an order, both ends included."""
    first, last = (calendar.start(order.batches[i]).isoformat() for i in (0, -1))
    return [
        *("backfill", "create", "--dag-id", order.wish.dag_id),
        *("--from-date", first, "--to-date", last),
        *("--max-active-runs", str(MAX_ACTIVE_RUNS)),
        *("--reprocess-behavior", "completed" if order.again else "failed"),
    ]


def run_assay(home: Path, *arguments: str) -> str:
    """Run the ``assay`` command on a home, and return its output.

    Raises
    ------
    AssayError
        If it fails.
    """
    words = [str(Path(sys.executable).with_name("assay")), *arguments]
    env = launcher.environment(home)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssayError(f"assay {arguments[0]} failed:\n{done.stderr.strip()}\n")
    return done.stdout


def read_stand(home: Path) -> Stand:
    """Read the status of every batch by ``assay status --json``."""
    printed = run_assay(home, "status", "--json")
    with suppress(ValueError, KeyError):
        return Stand.of(json.loads(printed))
    raise AssayError("assay status gave no status", got=printed)
