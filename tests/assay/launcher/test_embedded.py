"""A real Airflow is started, found, survives a killed scheduler, and stopped without a trace."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from assay import launcher
from assay.errors import AssayError

pytestmark = pytest.mark.integration

_DAG = '''
"""One task."""
from airflow.sdk import DAG, task

with DAG("one", schedule=None, doc_md=__doc__, tags=["assay"], default_args={"owner": "data"}):

    @task
    def where() -> list[str]:
        import sys
        return sorted({"ibis.backends.duckdb", "pandas", "sklearn"} & set(sys.modules))

    where()
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running Airflow over a project of one DAG, stopped at the end."""
    project, real = tmp_path_factory.mktemp("project"), launcher.project_root()
    for folder in ("include", "config", "plugins"):
        (project / folder).symlink_to(real / folder)
    (project / "dags").mkdir()
    (project / "dags" / "one.py").write_text(_DAG)
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_PROJECT", str(project))
        launcher.up(home, keep=False)
        yield home
        launcher.down(home)


def _client(home: Path, user: str) -> httpx.Client:
    url = launcher.status(home).url
    assert url is not None
    client = httpx.Client(base_url=url, trust_env=False, timeout=30)
    login = {"username": user, "password": launcher.password(home, user)}
    token = client.post("/auth/token", json=login).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_it_is_healthy_and_a_second_start_finds_it(home: Path) -> None:
    embedded = launcher.status(home)
    assert embedded.healthy
    assert launcher.up(home, keep=False) == embedded


def test_a_later_caller_doesn_t_undo_keep(home: Path) -> None:
    assert not launcher.status(home).kept
    assert launcher.up(home).kept
    assert launcher.up(home, keep=False).kept
    assert launcher.status(home).kept


def test_both_users_can_log_in(home: Path) -> None:
    for user in ("admin", "reviewer"):
        assert _client(home, user).get("/api/v2/version").is_success


def test_a_task_finds_the_engine_and_what_models_need_imported(home: Path) -> None:
    client = _client(home, "admin")
    _until(lambda: client.patch("/api/v2/dags/one", json={"is_paused": False}).is_success)
    body = {"logical_date": None}
    run = client.post("/api/v2/dags/one/dagRuns", json=body).raise_for_status().json()
    path = f"/api/v2/dags/one/dagRuns/{run['dag_run_id']}"
    _until(lambda: client.get(path).json()["state"] in {"success", "failed"})
    found = client.get(f"{path}/taskInstances/where/xcomEntries/return_value").json()["value"]
    assert found == ["ibis.backends.duckdb", "pandas", "sklearn"]


def test_a_command_of_airflow_reaches_it_and_its_failure_is_shown(home: Path) -> None:
    assert "one" in launcher.run_airflow(home, "dags", "list", "--output", "plain").stdout
    with pytest.raises(AssayError, match="airflow dags nosuchverb"):
        launcher.run_airflow(home, "dags", "nosuchverb")


def test_a_killed_scheduler_is_replaced_and_its_workers_with_it(home: Path) -> None:
    before = launcher.status(home)
    scheduler = before.processes["scheduler"]
    assert scheduler is not None
    workers = [p.pid for p in psutil.Process(scheduler).children(recursive=True)]
    assert workers
    os.kill(scheduler, signal.SIGKILL)
    os.waitpid(scheduler, 0)
    assert not launcher.status(home).healthy

    after = launcher.up(home)
    assert after.healthy
    assert after.url == before.url
    assert not [pid for pid in workers if psutil.pid_exists(pid)]


def test_stopping_leaves_no_process(home: Path) -> None:
    leaders = [pid for pid in launcher.status(home).processes.values() if pid]
    assert launcher.down(home)
    assert not launcher.status(home).running
    assert not [p.pid for p in psutil.process_iter() if _session(p.pid) in leaders]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)
