"""One real Airflow for the folder: four processes, PostgreSQL, a project and a home of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg2
import pytest
import yaml
from chromium import open_browser

from assay import launcher
from assay.catalog import Catalog
from assay.launcher import project_root
from assay.versioning import Registry, embedded
from demo.flights import drop_flights, drop_references

T = TypeVar("T")

SERVER = "postgres@127.0.0.1:5432"
REFERENCES = ("airlines", "airports", "planes")
WEEK = tuple(f"2013-02-{day:02d}" for day in range(4, 10))
TODAY = datetime.now(UTC).date()
_CODE = ("config", "dags", "include", "plugins")
_WAYS = ("passed", "stopped", "held", "forced", "crashed")
_ENDED = {"success", "failed"}


@dataclass(frozen=True)
class Site:
    """A running installation, and what a test asks of it."""

    home: Path
    project: Path
    environ: Mapping[str, str]
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    # Airflow, as its users see it.

    def client(self, user: str = "admin") -> httpx.Client:
        """A client of the REST API that is logged in as a user."""
        if user not in self._clients:
            url = launcher.status(self.home).url
            assert url, "Airflow isn't up"
            client = httpx.Client(base_url=url, trust_env=False, timeout=60)
            login = {"username": user, "password": launcher.password(self.home, user)}
            answer = client.post("/auth/token", json=login).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self._clients[user] = client
        return self._clients[user]

    def get(self, path: str, **query: Any) -> Any:
        """What the REST API answers to the administrator."""
        answer = self.client().get(f"/api/v2{path}", params=query)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()

    def unpause(self, *datasets: str) -> None:
        """Let the release DAGs of data sets run."""
        for dataset in datasets:
            answer = self.client().patch(
                f"/api/v2/dags/release__{dataset}", json={"is_paused": False}
            )
            assert answer.is_success, answer.text

    def trigger(
        self, dag_id: str, *, user: str = "admin", partition_key: str | None = None, **conf: Any
    ) -> str:
        """Trigger a DAG by the REST API; the id of the run."""
        body: dict[str, Any] = {"logical_date": None, "conf": conf}
        if partition_key is not None:
            body["partition_key"] = partition_key
        answer = self.client(user).post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        assert answer.is_success, answer.text
        run_id: str = answer.json()["dag_run_id"]
        return run_id

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run as the REST API describes it."""
        found: dict[str, Any] = self.get(f"/dags/{dag_id}/dagRuns/{run_id}")
        return found

    def runs(self, dag_id: str, **query: Any) -> list[dict[str, Any]]:
        """The runs of a DAG."""
        found: list[dict[str, Any]] = self.get(f"/dags/{dag_id}/dagRuns", limit=100, **query)[
            "dag_runs"
        ]
        return found

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Task → its instance in a run."""
        found = self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=100)
        return {task["task_id"]: task for task in found["task_instances"]}

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Task → its state in a run."""
        return {name: task["state"] for name, task in self.tasks(dag_id, run_id).items()}

    def log(self, dag_id: str, run_id: str, task: str, attempt: int = 1) -> str:
        """The log of one attempt of a task, as text."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task}/logs/{attempt}"
        return json.dumps(self.get(path)["content"], ensure_ascii=False)

    def end(self, dag_id: str, run_id: str, patience_s: float = 90) -> dict[str, Any]:
        """Wait until a run has ended; the run."""
        return self.until(
            f"{dag_id} {run_id} to end",
            lambda: (found := self.run(dag_id, run_id))["state"] in _ENDED and found,
            patience_s,
            lambda: self.states(dag_id, run_id),
        )

    def question(self, dag_id: str, run_id: str) -> None:
        """Wait until a run asks a second person."""
        self.until(
            f"{dag_id} {run_id} to ask for approval",
            lambda: self.states(dag_id, run_id)["approve_force"] == "awaiting_input",
            90,
            lambda: self.states(dag_id, run_id),
        )

    def answer(self, user: str, dag_id: str, run_id: str, option: str) -> httpx.Response:
        """A user's answer to that question."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/approve_force/-1/hitlDetails"
        body = {"chosen_options": [option], "params_input": {}}
        return self.client(user).patch(path, json=body)

    def decide(self, user: str, dag_id: str, run_id: str, option: str) -> None:
        """Answer until the answer is taken.

        Airflow asks again if it is answered in the moment before its scheduler has seen that the
        task waits, which no person does.
        """

        def taken() -> bool:
            state = self.states(dag_id, run_id)["approve_force"]
            if state == "awaiting_input":
                self.answer(user, dag_id, run_id, option)
            return state in {"success", "failed"}

        self.until(f"the answer to {dag_id} {run_id} to be taken", taken, 90)

    def until(
        self,
        what: str,
        check: Callable[[], T],
        patience_s: float = 60,
        seen: Callable[[], object] = lambda: "",
    ) -> T:
        """Ask again and again until the answer is true; the answer."""
        deadline = time.monotonic() + patience_s
        while True:
            if found := check():
                return found
            if time.monotonic() > deadline:
                pytest.fail(f"waited {patience_s:.0f} s in vain for {what}: {seen()}")
            time.sleep(0.25)

    def backfill(
        self, datasets: Sequence[str], first: str, last: str, *more: str
    ) -> dict[str, list[dict[str, Any]]]:
        """Backfill by Airflow's own command and wait; data set → the runs made, by batch."""
        before = {name: self._run_ids(name) for name in datasets}
        with self.inside(), ThreadPoolExecutor() as pool:
            asked = [pool.submit(self._ask_backfill, n, first, last, more) for n in datasets]
        for done in asked:
            done.result()
        ended = {
            name: [self.end(f"release__{name}", r, 180) for r in self._run_ids(name) - before[name]]
            for name in datasets
        }
        return {n: sorted(runs, key=lambda r: r["partition_key"]) for n, runs in ended.items()}

    def _ask_backfill(self, dataset: str, first: str, last: str, more: Sequence[str]) -> None:
        dag_id = f"release__{dataset}"

        def open_backfills() -> list[Any]:
            return [b for b in self.get("/backfills", dag_id=dag_id)["backfills"]
                    if not b["completed_at"]]  # fmt: skip

        # Airflow allows one of a DAG at a time.
        self.until(f"the backfills of {dag_id} to close", lambda: not open_backfills())
        launcher.run_airflow(
            self.home,
            *("backfill", "create", "--dag-id", dag_id, "--from-date", first, "--to-date", last),
            *("--max-active-runs", "4", *more),
        )

    def _run_ids(self, dataset: str) -> set[str]:
        return {run["dag_run_id"] for run in self.runs(f"release__{dataset}")}

    def events(self, dataset: str, run_id: str | None = None) -> list[dict[str, Any]]:
        """The asset events of a data set, or those of one run."""
        (asset,) = [
            a for a in self.get("/assets", name_pattern=dataset)["assets"] if a["name"] == dataset
        ]
        found: list[dict[str, Any]] = self.get(
            "/assets/events", asset_id=asset["id"], limit=100, order_by="timestamp"
        )["asset_events"]
        return [e for e in found if run_id is None or e["source_run_id"] == run_id]

    # Assay, as its own records tell.

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog that the tasks write."""
        return Catalog(self.environ["ASSAY_CATALOG_URL"])

    def record(self, dataset: str, batch: str) -> Any:
        """The latest attempt of a batch."""
        (found,) = [r for r in self.catalog.batches.latest(dataset) if r.batch == batch]
        return found

    def pointer(self, dataset: str) -> dict[str, str]:
        """Batch → version of the snapshot that readers get."""
        registry = Registry(embedded(self.home))
        return dict(registry.snapshot(dataset).batches) if registry.pointer(dataset) else {}

    def now(self) -> datetime:
        """The time, for what expires."""
        return datetime.now(UTC)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within the block, this process has the installation's environment."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environ.items():
                patch.setenv(name, value)
            yield

    # What goes on around the runs.

    @contextmanager
    def torn_suite(self, dataset: str, name: str) -> Iterator[None]:
        """Within the block, a suite of the project is half a file."""
        path = self.project / "include" / "suites" / dataset / f"{name}.json"
        whole = path.read_text()
        path.write_text(whole[: len(whole) // 2])
        try:
            yield
        finally:
            path.write_text(whole)

    def day(self, ago: int) -> str:
        """A batch of ``ticks``: so many days before the day on which the session began."""
        return str(TODAY - timedelta(days=ago))

    def drop_ticks(self, ago: int, rows: int = 5, dataset: str = "ticks") -> str:
        """Drop a file for a day; its batch."""
        _write_ticks(self.home / "inbox" / dataset, self.day(ago), rows)
        return self.day(ago)


@pytest.fixture(scope="session")
def databases() -> Iterator[Callable[[str], str]]:
    """Make databases on the PostgreSQL server, dropped at the end; name → its URL."""
    try:
        server = psycopg2.connect(f"postgresql://{SERVER}/postgres", connect_timeout=3)
    except psycopg2.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    server.autocommit = True
    made: list[str] = []

    def make(purpose: str) -> str:
        name = f"assay_test_{purpose}_{secrets.token_hex(4)}"
        with server.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        made.append(name)
        return f"postgresql+psycopg2://{SERVER}/{name}"

    yield make
    with server.cursor() as cursor:
        for name in made:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.close()


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, databases: Callable[[str], str]
) -> Iterator[Site]:
    """The running installation, its inbox filled, every DAG parsed; stopped at the end."""
    with running_site(tmp_path_factory, databases) as site:
        yield site


@contextmanager
def running_site(
    tmp_path_factory: pytest.TempPathFactory,
    databases: Callable[[str], str],
    prepare: Callable[[Site], object] = lambda _: None,
) -> Iterator[Site]:
    """An installation that runs within the block; ``prepare`` is called before it starts."""
    project, home = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("home")
    _lay_project(project)
    _drop(home / "inbox")
    site = Site(
        home,
        project,
        {
            "ASSAY_PROJECT": str(project),
            "ASSAY_CATALOG_URL": databases("catalog"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": databases("airflow"),
            # What a killed worker or scheduler leaves is seen soon.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            # A changed contract is seen soon.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        },
    )
    with site.inside():
        prepare(site)
        launcher.up(home)
    try:
        wanted = {f"release__{name}" for name in (*REFERENCES, "flights", "ticks", "pauses")}
        site.until(
            "the DAGs to be parsed",
            lambda: wanted <= {dag["dag_id"] for dag in site.get("/dags")["dags"]},
            seen=lambda: site.get("/importErrors"),
        )
        yield site
    finally:
        with site.inside():
            launcher.down(home)


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A page of the UI, logged in as the administrator."""
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.set_default_timeout(60_000)
        page.goto(launcher.status(site.home).url or "")
        page.get_by_label("Username").fill("admin")
        page.locator("input[type=password]").fill(launcher.password(site.home))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Dags").first.wait_for()
        yield page


@pytest.fixture(scope="session")
def references(site: Site) -> dict[str, list[dict[str, Any]]]:
    """The registers that flights refer to, released by backfill; data set → its runs."""
    site.unpause(*REFERENCES)
    return site.backfill(REFERENCES, "2013-01-01", "2013-01-01")


@pytest.fixture(scope="session")
def week(site: Site, references: object) -> dict[str, dict[str, Any]]:
    """Five days of flights, backfilled; batch → its run. The last is the day of the blizzard."""
    site.unpause("flights")
    runs = site.backfill(["flights"], WEEK[0], WEEK[4])["flights"]
    return {run["partition_key"]: run for run in runs}


@dataclass(frozen=True)
class Ending:
    """A run of ``ticks`` that has ended."""

    batch: str
    run_id: str
    dag_id: str = "release__ticks"


@pytest.fixture(scope="session")
def endings(site: Site) -> dict[str, Ending]:
    """Every way a run can end, once: passed, stopped, held, forced, crashed."""
    site.unpause("ticks")
    few, batches = 2, {name: site.day(ago) for ago, name in enumerate(_WAYS, start=2)}
    for ago, name in enumerate(_WAYS, start=2):
        site.drop_ticks(ago, few if name in {"held", "forced"} else 5)
    runs = {
        "passed": site.trigger("release__ticks", partition_key=batches["passed"]),
        "stopped": site.trigger(
            "release__ticks", batch=batches["stopped"], stop_before_release=True
        ),
        "held": site.trigger("release__ticks", batch=batches["held"]),
        "forced": site.trigger(
            "release__ticks", batch=batches["forced"], force=True, reason="It is a holiday."
        ),
    }
    site.question("release__ticks", runs["forced"])
    site.decide("reviewer", "release__ticks", runs["forced"], "Approve")
    for run_id in runs.values():
        site.end("release__ticks", run_id)
    with site.torn_suite("ticks", "clean"):
        runs["crashed"] = site.trigger("release__ticks", batch=batches["crashed"])
        site.end("release__ticks", runs["crashed"])
    return {name: Ending(batches[name], run_id) for name, run_id in runs.items()}


def _lay_project(project: Path) -> None:
    """A project with the shipped data sets, and ``ticks``: daily, unfinished, a few rows.

    ``tocks`` is another such, for tests that answer its incidents, ``quizzes`` one that people
    label, and ``pauses`` one that expects no delivery these days. A copy, so that nobody's edit
    changes code under the feet of running tasks.
    """
    shutil.copytree(
        project_root(),
        project,
        dirs_exist_ok=True,
        ignore=lambda folder, names: {
            n
            for n in names
            if n == "__pycache__"
            or n.startswith(".")
            or (folder == str(project_root()) and n not in _CODE)
        },
    )
    for dataset in ("ticks", "tocks", "quizzes"):
        _add_ticks(project / "include", dataset)
    days = [str(TODAY + timedelta(days=n)) for n in (-3, 3)]
    _add_ticks(project / "include", "pauses", {"closed": [{"first": days[0], "last": days[1]}]})


def _add_ticks(include: Path, dataset: str, delivery: Mapping[str, Any] | None = None) -> None:
    properties: Sequence[dict[str, Any]] = (
        {"name": "id", "logicalType": "integer", "primaryKey": True},
        {"name": "value", "logicalType": "number", "required": True},
    )
    contract = yaml.safe_load((include / "contracts" / "airlines.odcs.yaml").read_text())
    contract |= {"id": f"urn:assay:{dataset}", "name": dataset}
    contract["servers"][0]["path"] = f"inbox/{dataset}/{{batch}}.csv"
    contract["customProperties"][0]["value"] = {
        "grain": "day",
        "timezone": "UTC",
        "first": str(TODAY - timedelta(days=30)),
    }
    if delivery is not None:
        contract["customProperties"].append({"property": "delivery", "value": dict(delivery)})
    contract["schema"] = [{"name": dataset, "physicalType": "table", "properties": properties}]
    (include / "contracts" / f"{dataset}.odcs.yaml").write_text(yaml.safe_dump(contract))
    shutil.copytree(include / "policies" / "airlines", include / "policies" / dataset)
    (include / "suites" / dataset).mkdir()
    rows = {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 3, "max_value": 100},
        "severity": "critical",
    }
    for name in ("raw", "clean"):
        suite = {"name": f"{dataset}.{name}", "expectations": [rows], "meta": {}}
        (include / "suites" / dataset / f"{name}.json").write_text(json.dumps(suite))


def _drop(inbox: Path) -> None:
    inbox.mkdir()
    drop_references(inbox)
    drop_flights(inbox, WEEK)
    for ago in range(-1, 2):
        for dataset in ("ticks", "tocks", "quizzes"):
            _write_ticks(inbox / dataset, str(TODAY - timedelta(days=ago)), 5)


def _write_ticks(inbox: Path, day: str, rows: int) -> None:
    inbox.mkdir(exist_ok=True)
    lines = "".join(f"{number},{number}.5\n" for number in range(rows))
    (inbox / f"{day}.csv").write_text(f"id,value\n{lines}")
