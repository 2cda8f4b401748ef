"""The compose file starts and releases a batch: its own commands, on this host without containers.

What a container would give is replaced and nothing else: the names of hosts, the folders of the
image and its volumes, ports, and the accounts on PostgreSQL and Redis.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import psycopg2
import pytest
import yaml
from own_servers import Cluster, RedisServer, free_port, own_cluster, own_redis
from sqlalchemy import make_url

from assay.catalog import Catalog
from assay.launcher._processes import Supervised, start, stop, tail
from demo.flights import drop_references

pytestmark = [pytest.mark.integration, pytest.mark.timeout(420)]

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[?-])([^}]*))?\})")
_ENDED = {"success", "failed"}
OLD_LOG = "airflow/logs/dag_id=old/run_id=old/task_id=old/attempt=1.log"


# What the files say.


def _required(text: str) -> set[str]:
    return set(re.findall(r"\$\{(\w+):\?", text))


def _make_secrets(text: str) -> dict[str, str]:
    """A value for every required variable, made as the file's own header says."""
    recipes: dict[str, str] = {}
    names: list[str] = []
    for line in text.split("x-environment:", maxsplit=1)[0].splitlines():
        if command := re.fullmatch(r"# +(python3 -c .*)", line):
            recipes |= dict.fromkeys(names, command[1])
            names = []
        elif re.fullmatch(r"# +(?:ASSAY_\w+ ?)+", line):
            names += line[1:].split()
    assert set(recipes) == _required(text), "the header tells how to make each secret"
    return {name: _printed_by(command) for name, command in recipes.items()}


def _printed_by(command: str) -> str:
    _, *arguments = shlex.split(command)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _filled(node: Any, values: Mapping[str, str]) -> Any:
    """A parsed file with its variables replaced, as Compose does it."""

    def value(match: re.Match[str]) -> str:
        dollar, name, how, other = match.groups()
        if dollar:
            return "$"
        if how == ":-":
            return values.get(name) or str(other)
        return values[name]

    if isinstance(node, str):
        return _VARIABLE.sub(value, node)
    if isinstance(node, dict):
        return {key: _filled(child, values) for key, child in node.items()}
    return [_filled(child, values) for child in node] if isinstance(node, list) else node


def _image() -> tuple[list[str], dict[str, str]]:
    """Entry point and environment of the image."""
    text = (ROOT / "Dockerfile").read_text()
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", text, flags=re.MULTILINE)
    (block,) = re.findall(r"^ENV (.*?)\n\n", text, flags=re.DOTALL | re.MULTILINE)
    pairs = block.replace("\\\n", " ").split()
    return json.loads(entry), dict(pair.split("=", 1) for pair in pairs)


# What stands in for the containers.


@dataclass
class Stack:
    """The services as processes of this host, and what a test asks of them."""

    folder: Path
    services: Mapping[str, dict[str, Any]]
    databases: Mapping[str, str]
    broker: str
    secrets: Mapping[str, str]
    port: int = field(default_factory=free_port)
    running: dict[str, Supervised] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """What the volume ``lake`` is to the containers."""
        return self.folder / "home"

    @property
    def url(self) -> str:
        """Address of the API server."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, service: str) -> dict[str, str]:
        """The environment of a service's processes, and nothing of this process's own."""
        _, image = _image()
        given = {**image, **self.services[service]["environment"]}
        own = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.folder / "user"),
            # Each container has an address of its own.
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            # So that nobody waits long for what a killed worker leaves.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
        }
        return {**{name: self._here(value) for name, value in given.items()}, **own}

    def _here(self, value: str) -> str:
        """A setting with the addresses and folders of this host in place of the containers'."""
        for inside, here in (
            ("/opt/assay", str(ROOT)),
            ("/opt/airflow", str(self.folder / "airflow")),
            ("/var/lib/assay", str(self.home)),
            ("/tmp/dvc", str(self.folder / "dvc")),
            ("http://api-server:8080", self.url),
            ("http://localhost:8080", self.url),
        ):
            value = value.replace(inside, here)
        value = re.sub(r"(?<=redis://)[^@/]*@redis:6379/\d+", self.broker, value)
        return re.sub(
            r"(?<=://)[^@/]*@postgres/(\w+)", lambda found: self.databases[found[1]], value
        )

    def command(self, service: str) -> list[str]:
        """What a service's container runs."""
        said, (entry, _) = self.services[service], _image()
        return [self._here(part) for part in (*said.get("entrypoint", entry), *said["command"])]

    def log(self, service: str) -> Path:
        """The output of a service."""
        return self.folder / f"{service}.log"

    def up(self) -> None:
        """Start the services in the order in which they wait for each other."""
        for name, service in self.services.items():
            for other, how in service.get("depends_on", {}).items():
                if how["condition"] == "service_healthy" and other in self.running:
                    self._await_health(other)
            if service["restart"] == "no":
                self.run(name, self.command(name))
            else:
                self._start(name, self.command(name))

    def scale(self, service: str) -> str:
        """Start one more process of a service, as ``docker compose up --scale`` does; its name."""
        name = f"{service}-2"
        self.services = {**self.services, name: self.services[service]}
        self._start(name, [*self.command(service), "--celery-hostname", f"{name}@%h"])
        return name

    def _start(self, name: str, command: list[str]) -> None:
        self.commands[name] = command
        self.running[name] = start(name, command, self.environment(name), self.log(name))

    def run(self, service: str, command: list[str]) -> str:
        """Run a command in a service's environment to its end; what it printed."""
        done = subprocess.run(
            command,
            env=self.environment(service),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.log(f"{service}.{command[0]}").write_text(done.stdout + done.stderr)
        assert done.returncode == 0, f"{service}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def _await_health(self, service: str) -> None:
        kind, *test = (self._here(part) for part in self.services[service]["healthcheck"]["test"])
        assert kind == "CMD"

        def healthy() -> bool:
            done = subprocess.run(
                test, env=self.environment(service), capture_output=True, check=False
            )
            return done.returncode == 0

        self.until(f"{service} to be healthy", healthy, seen=lambda: tail(self.log(service)))

    def down(self) -> None:
        """Stop the services, each once those that wait for it have ended."""
        while self.running:
            awaited = {o for n in self.running for o in self.services[n].get("depends_on", {})}
            now = [name for name in self.running if name not in awaited]
            began = time.monotonic()
            stop([self.running.pop(name) for name in now], 30)
            print(f"{', '.join(now)} stopped in {time.monotonic() - began:.0f} s")

    def left(self) -> list[str]:
        """Processes of this machine that have this home in their environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get("ASSAY_HOME") == str(self.home):
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found

    def until(
        self,
        what: str,
        check: Callable[[], T],
        patience_s: float = 90,
        seen: Callable[[], object] = lambda: "",
        *,
        restarts: bool = False,
    ) -> T:
        """Ask again and again until the answer is true; the answer.

        No process may end meanwhile; with ``restarts`` one that does is started again, as the
        file's ``restart: unless-stopped`` says.
        """
        deadline = time.monotonic() + patience_s
        while True:
            if found := check():
                return found
            dead = [name for name, process in self.running.items() if not process.alive]
            for name in dead if restarts else ():
                print(f"{name} ended and is started again")
                self._start(name, self.commands[name])
            assert restarts or not dead, f"{dead[0]} ended:\n{tail(self.log(dead[0]))}"
            if time.monotonic() > deadline:
                pytest.fail(f"waited {patience_s:.0f} s in vain for {what}: {seen()}")
            time.sleep(0.25)

    def call(self, method: str, path: str, user: str = "admin", **more: Any) -> httpx.Response:
        """Ask the REST API as a user that the init service made."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=60) as client:
            if user not in self._tokens:
                password = self.secrets[f"ASSAY_{user.upper()}_PASSWORD"]
                answer = client.post("/auth/token", json={"username": user, "password": password})
                assert answer.is_success, answer.text
                self._tokens[user] = answer.json()["access_token"]
            client.headers["Authorization"] = f"Bearer {self._tokens[user]}"
            return client.request(method, f"/api/v2{path}", **more)

    def get(self, path: str, **query: Any) -> Any:
        """What the REST API answers to the administrator."""
        answer = self.call("GET", path, params=query)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()

    def trigger(self, dataset: str, **form: Any) -> str:
        """Let the data set's DAG run, and run it for 2013; the path of the run in the API."""
        dag = f"/dags/release__{dataset}"
        self.until(
            f"{dag} to be parsed",
            lambda: self.call("PATCH", dag, json={"is_paused": False}).is_success,
            seen=lambda: self.get("/importErrors"),
        )
        body = {"logical_date": None, "conf": {"batch": "2013", **form}}
        answer = self.call("POST", f"{dag}/dagRuns", json=body)
        assert answer.is_success, answer.text
        return f"{dag}/dagRuns/{answer.json()['dag_run_id']}"

    def tasks(self, run: str) -> dict[str, dict[str, Any]]:
        """Task → its instance in a run."""
        return {t["task_id"]: t for t in self.get(f"{run}/taskInstances")["task_instances"]}

    def states(self, run: str) -> dict[str, str | None]:
        """Task → its state in a run."""
        return {name: task["state"] for name, task in self.tasks(run).items()}

    def end(self, run: str, patience_s: float = 180) -> dict[str, Any]:
        """Wait until a run has ended; the run."""
        return self.until(
            f"{run} to end",
            lambda: (found := self.get(run))["state"] in _ENDED and found,
            patience_s,
            seen=lambda: self.states(run),
        )

    def answer(self, run: str, user: str, option: str) -> str:
        """Answer a run's question as a user, once it is asked; the question."""
        self.until(
            "the question to be asked",
            lambda: self.states(run)["approve_force"] == "awaiting_input",
            seen=lambda: self.states(run),
        )
        path = f"{run}/taskInstances/approve_force/-1/hitlDetails"
        given = self.call("PATCH", path, user, json={"chosen_options": [option]})
        assert given.is_success, given.text
        question: str = self.get(path)["body"]
        return question

    def record(self, dataset: str) -> Any:
        """The latest attempt of the data set's batch, as the catalog on PostgreSQL has it."""
        catalog = Catalog(self.environment("worker")["ASSAY_CATALOG_URL"])
        (found,) = catalog.batches.latest(dataset)
        return found


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def broker() -> Iterator[RedisServer]:
    with own_redis() as server:
        yield server


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, postgres: Cluster, broker: RedisServer
) -> Iterator[Stack]:
    """The stack, its init service run and the others started; stopped at the end."""
    folder = tmp_path_factory.mktemp("compose")
    text = (ROOT / "docker-compose.yaml").read_text()
    values = _make_secrets(text)
    mail = {"conn_type": "smtp", "host": "mail.example.org", "password": "mail-password-of-a-test"}
    values["ASSAY_CONNECTIONS"] = json.dumps({"assay_smtp": mail})
    parsed = _filled(yaml.safe_load(text), values)
    made = {name: postgres.database().split("://")[1] for name in ("airflow", "assay")}
    # Those that `docker compose up` starts: a service with a profile is started on request.
    asked = {k: s for k, s in parsed["services"].items() if "profiles" not in s}
    services = {k: s for k, s in asked.items() if k not in {"postgres", "redis"}}
    stack = Stack(folder, services, made, broker.address, values)
    _drop(stack.home / "inbox")
    (folder / "user").mkdir()
    old = folder / OLD_LOG
    old.parent.mkdir(parents=True)
    old.write_text("long ago\n")
    os.utime(old, (1e9, 1e9))
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def _drop(inbox: Path) -> None:
    """All of the airlines, and registers of airports and planes that were cut short."""
    inbox.mkdir(parents=True)
    drop_references(inbox)
    for name in ("airports", "planes"):
        path = inbox / name / "2013.csv"
        path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:200]), "utf-8")


@pytest.fixture(scope="module")
def runs(stack: Stack) -> dict[str, str]:
    """Data set → its run; those that will be held were asked to be forced."""
    force = {"force": True, "reason": "The register is short this year."}
    asked: dict[str, dict[str, Any]] = {"airlines": {}, "airports": force, "planes": force}
    return {name: stack.trigger(name, **form) for name, form in asked.items()}


def test_the_databases_are_those_that_the_services_name(stack: Stack) -> None:
    parsed = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
    server = parsed["services"]["postgres"]["environment"]
    assert "CREATE DATABASE assay;" in parsed["configs"]["catalog"]["content"].splitlines()
    assert {server["POSTGRES_DB"], "assay"} == set(stack.databases)
    for name, database in (
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", server["POSTGRES_DB"]),
        ("ASSAY_CATALOG_URL", "assay"),
    ):
        url = make_url(stack.services["worker"]["environment"][name])
        assert (url.host, url.database, url.username) == (
            "postgres", database, server["POSTGRES_USER"]
        )  # fmt: skip
        assert url.password == stack.secrets["ASSAY_DB_PASSWORD"]


def test_a_batch_is_released(stack: Stack, runs: dict[str, str]) -> None:
    run = stack.end(runs["airlines"])
    assert run["state"] == "success", stack.states(runs["airlines"])
    assert run["triggering_user_name"] == "admin"
    (event,) = [
        e for e in stack.get("/assets/events")["asset_events"]
        if e["source_run_id"] == run["dag_run_id"]
    ]  # fmt: skip
    assert event["partition_key"] == "2013"
    assert event["extra"]["batch"] == "2013"
    record = stack.record("airlines")
    assert (record.state, record.version) == ("released", event["extra"]["version"])


def test_the_worker_of_celery_did_every_task(stack: Stack, runs: dict[str, str]) -> None:
    stack.end(runs["airlines"])
    tasks = stack.tasks(runs["airlines"])
    assert {t["queue"] for t in tasks.values()} == {"default"}
    ran = [t["id"] for t in tasks.values() if t["pid"] is not None]
    assert len(ran) == len(tasks)

    def states() -> list[str]:
        with closing(psycopg2.connect(f"postgresql://{stack.databases['airflow']}")) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT status FROM celery_taskmeta")
            return [status for (status,) in cursor.fetchall()]

    # A run has ended before Celery has written the result of its last task.
    stack.until("Celery's results", lambda: states().count("SUCCESS") >= len(ran), seen=states)
    assert set(states()) <= {"SUCCESS", "STARTED"}
    log = stack.log("worker").read_text()
    for task in ran:
        assert re.search(rf"Executing workload in Celery.*{task}", log), log[-3000:]


def test_the_command_shows_it_in_any_of_the_containers(stack: Stack, runs: dict[str, str]) -> None:
    stack.end(runs["airlines"])
    shown = json.loads(stack.run("triggerer", ["assay", "status", "--json"]))
    (airlines,) = [d for d in shown["datasets"] if d["name"] == "airlines"]
    assert airlines["released"]["batch"] == "2013"
    assert [b["state"] for b in airlines["batches"]] == ["released"]
    assert not (stack.home / "catalog").exists()


def test_the_page_of_a_task_shows_its_log(stack: Stack, runs: dict[str, str]) -> None:
    stack.end(runs["airlines"])
    content = stack.get(f"{runs['airlines']}/taskInstances/pin/logs/1")["content"]
    assert "Batch 2013 of airlines" in json.dumps(content)


def test_a_second_person_lets_a_held_batch_out(stack: Stack, runs: dict[str, str]) -> None:
    stack.answer(runs["airports"], "reviewer", "Approve")
    assert stack.end(runs["airports"])["state"] == "success", stack.states(runs["airports"])
    assert stack.record("airports").state == "forced"


def test_who_asked_cannot_let_it_out(stack: Stack, runs: dict[str, str]) -> None:
    question = stack.answer(runs["planes"], "admin", "Approve")
    assert "An answer by admin counts as a rejection." in question
    assert stack.end(runs["planes"])["state"] == "failed"
    assert stack.record("planes").state == "held"


def test_the_janitor_removes_old_logs_and_keeps_the_young(stack: Stack) -> None:
    def done() -> bool:
        return not (stack.folder / OLD_LOG).exists()

    stack.until("the janitor's turn", done, seen=lambda: tail(stack.log("janitor")))
    assert list((stack.folder / "airflow" / "logs").rglob("*.log"))
    cleaned = re.findall(r"Performing Delete|Found 0 rows", stack.log("janitor").read_text())
    assert cleaned, stack.log("janitor").read_text()[-3000:]


def test_a_connection_of_the_environment_reaches_the_tasks(stack: Stack) -> None:
    shown = stack.run("worker", ["airflow", "connections", "get", "assay_smtp", "-o", "json"])
    assert '"host": "mail.example.org"' in shown
    pools = stack.run("worker", ["airflow", "pools", "get", "default_pool", "-o", "json"])
    assert '"16"' in pools


def test_a_run_survives_the_worker_that_had_it(stack: Stack, runs: dict[str, str]) -> None:
    """Two workers, one killed in the middle of a run: the other one does the rest."""
    stack.end(runs["airlines"])
    second = stack.scale("worker")
    stack.until(
        "the second worker", lambda: "ready" in stack.log(second).read_text().lower(),
        seen=lambda: tail(stack.log(second)),
    )  # fmt: skip
    register = stack.home / "inbox" / "airlines" / "2013.csv"
    register.write_text(register.read_text("utf-8") + "ZZ,A new airline\n", "utf-8")
    run = stack.trigger("airlines")

    def begun() -> set[str]:
        return {t["hostname"] for t in stack.tasks(run).values() if t["state"] == "success"}

    stack.until("a first task to be done", begun, seen=lambda: stack.states(run))
    os.killpg(stack.running.pop("worker").pid, signal.SIGKILL)
    assert stack.end(run, patience_s=240)["state"] == "success", stack.states(run)
    assert stack.record("airlines").counts.released == 17


def test_a_run_survives_restarts_of_postgres_and_redis(
    stack: Stack, runs: dict[str, str], postgres: Cluster, broker: RedisServer
) -> None:
    """Both are killed in the middle of a run; what Redis held in its queues is lost."""
    stack.end(runs["airlines"])
    register = stack.home / "inbox" / "airlines" / "2013.csv"
    register.write_text(register.read_text("utf-8") + "ZY,Another airline\n", "utf-8")
    before = stack.record("airlines")
    run = stack.trigger("airlines")

    def begun() -> bool:
        return any(state == "success" for state in stack.states(run).values())

    stack.until("a first task to be done", begun, seen=lambda: stack.states(run))
    postgres.restart()
    broker.restart()

    def ended() -> bool:
        with suppress(httpx.HTTPError, AssertionError):
            return stack.get(run)["state"] in _ENDED
        return False

    stack.until(f"{run} to end", ended, 300, lambda: stack.states(run), restarts=True)
    assert stack.get(run)["state"] == "success", stack.states(run)
    record = stack.record("airlines")
    assert record.counts.released == before.counts.released + 1
    (event,) = [
        e for e in stack.get("/assets/events")["asset_events"]
        if e["source_run_id"] == stack.get(run)["dag_run_id"]
    ]  # fmt: skip
    assert event["extra"]["version"] == record.version


def test_no_secret_is_written_anywhere(stack: Stack, runs: dict[str, str]) -> None:
    for run in runs.values():
        stack.end(run)
    files = [p for p in stack.folder.rglob("*") if p.is_file()]
    assert len(files) > 50
    found = [
        f"{name} in {path}"
        for path in files
        for content in [path.read_bytes()]
        for name, secret in stack.secrets.items()
        if secret.encode() in content
    ]
    assert found == []


def test_everything_stops(stack: Stack) -> None:
    assert stack.left()
    stack.down()
    assert stack.left() == []
