"""Runs that are started in the embedded Airflow, by its API."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.launcher._embedded import status
from assay.launcher._settings import password

if TYPE_CHECKING:
    import httpx


def run_ids(batches: Sequence[str]) -> dict[str, str]:
    """Batch → the id of a run that is started with the others; they differ by the batch only."""
    mark = secrets.token_hex(4)
    return {batch: f"rerun__{batch}__{mark}" for batch in batches}


def start_runs(home: Path | str, dag_id: str, batches: Sequence[str]) -> Iterator[str]:
    """Start a run of each batch; gives the ids of the runs as Airflow takes them.

    Raises
    ------
    AssayError
        If this home's Airflow doesn't run, or refuses a run.
    """
    import httpx

    url = status(home).url
    if url is None:
        raise AssayError(
            "Airflow doesn't run here, so no run can be started", where=str(home),
            do="Start it with `assay up`. In an installation with its own environment, run what "
            "`--plan` prints.",
        )  # fmt: skip
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        login = {"username": "admin", "password": password(home)}
        token = _checked(client.post("/auth/token", json=login))["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        for batch, run_id in run_ids(batches).items():
            asked = {"dag_run_id": run_id, "logical_date": None, "conf": {"batch": batch}}
            _checked(client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=asked))
            yield run_id


def commands(dag_id: str, batches: Sequence[str]) -> list[str]:
    """The commands of Airflow that start the same runs."""
    return [
        f"airflow dags trigger {dag_id} --run-id {run_id} --conf '{json.dumps({'batch': batch})}'"
        for batch, run_id in run_ids(batches).items()
    ]


def _checked(answer: httpx.Response) -> dict[str, str]:
    if not answer.is_success:
        raise AssayError(
            "Airflow refuses the run", where=answer.url.path,
            got=f"status {answer.status_code}: {answer.text[:200]}",
        )  # fmt: skip
    found: dict[str, str] = answer.json()
    return found
