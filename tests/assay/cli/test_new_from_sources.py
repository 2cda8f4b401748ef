"""A data set is drafted from a sample of an endpoint or a database, and its batches land."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from assay import engine, launcher
from assay.cli._main import run as assay
from assay.contract import load_contract
from assay.errors import AssayError
from assay.ingest import land
from assay.lake import Lake
from assay.project import Project
from assay.stages.authoring import check_project

DAY = "2024-01-03"
ENTRY = """\
server: trips
type: api
location: URL/trips?day={batch}
customProperties:
  - {property: connection, value: trips_api}
  - {property: records, value: items}
  - {property: pagination, value: {style: page, total: count}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project" / "include" / "contracts").mkdir(parents=True)
    monkeypatch.setenv("ASSAY_PROJECT", str(tmp_path / "project"))
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    Lake(tmp_path / "home").make("spill")
    return tmp_path


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Connections that Airflow knows, by id."""
    found: dict[str, dict[str, Any]] = {}

    def find(home: Path, conn_id: str) -> dict[str, Any]:
        empty = {"get_uri": "", "login": None, "password": None, "extra_dejson": {}}
        return empty | found[conn_id]

    monkeypatch.setattr(launcher, "find_connection", find)
    return found


@pytest.fixture
def endpoint() -> Any:
    """An endpoint of 30 rows a day, ten a page, with a key; its address."""
    rows = [{"id": f"T{i:03d}", "km": i / 8, "zip": f"{i:05d}", "tags": [1]} for i in range(30)]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            at = (int(asked["page"][0]) - 1) * 10
            good = self.headers.get("X-API-Key") == "k3y" and asked["day"] == [DAY]
            body = json.dumps({"items": rows[at : at + 10] if good else [], "count": 30 * good})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _landed(project: Path, name: str, credentials: dict[str, str]) -> tuple[int | None, list[str]]:
    """Rows of the batch and types of the drafted contract; the project has no fault."""
    drafted = Project.from_environment(
        {"ASSAY_PROJECT": str(project / "project"), "ASSAY_HOME": str(project / "home")}
    )
    assert check_project(drafted, gx=False) == []
    assert [p for p in (project / "home" / "spill").rglob("*") if p.is_file() and p.stat().st_size
            and p.suffix == ".csv"] == []  # fmt: skip
    contract = load_contract(drafted.contracts / f"{name}.odcs.yaml")
    with engine.open_session(project / "spare") as session:
        landing = land(session, contract, DAY, Lake(project / "home"), credentials=credentials)
    return landing.rows, [f"{c.name} {c.type}" for c in contract.columns]


def test_from_an_entry_of_an_endpoint(
    project: Path, known: Any, endpoint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    known["trips_api"] = {"extra_dejson": {"api_key": "k3y"}}
    entry = project / "entry.yaml"
    entry.write_text(ENTRY.replace("URL", endpoint))
    assert assay(["new", "trips", "--from", str(entry), "--batch", DAY, "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["written"]
    assert "tags holds lists" in said.err
    found = _landed(project, "trips", {"api_key": "k3y"})
    assert found == (30, ["id string", "km number", "zip string"])
    text = (project / "project/include/contracts/trips.odcs.yaml").read_text()
    assert yaml.safe_load(text)["servers"] == [yaml.safe_load(entry.read_text())]


def test_from_a_connection_and_a_query(project: Path, known: Any) -> None:
    path = project / "source.sqlite"
    with closing(sqlite3.connect(path)) as own:
        own.execute("CREATE TABLE loans (id text, amount real, day text)")
        own.executemany("INSERT INTO loans VALUES (?, ?, ?)",
                        [(f"L{i}", i / 3, DAY) for i in range(40)])  # fmt: skip
        own.commit()
    url = f"sqlite://{path}"
    known["warehouse"] = {"get_uri": url}
    query = "SELECT * FROM loans WHERE day = :batch"
    words = ["new", "loans", "--from", "warehouse", "--query", query, "--batch", DAY]
    assert assay([*words, "--rows", "25"]) == 0
    contract = (project / "project/include/contracts/loans.odcs.yaml").read_text()
    assert "in 25 rows" in contract
    rows, columns = _landed(project, "loans", {"url": url})
    assert (rows, columns) == (40, ["id string", "amount number", "day date"])


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--from", "entry.yaml"], "--batch"), (["--from", "none.yaml", "--batch", DAY], "none.yaml"),
     (["--from", "nobody", "--query", "SELECT 1 AS a", "--batch", DAY], "no such connection"),
     (["--from", "empty", "--query", "SELECT 1 AS a LIMIT 0", "--batch", DAY], "no row")],
)  # fmt: skip
def test_what_cannot_be_drafted_from(
    project: Path, known: Any, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str], words: list[str], said: str,
) -> None:  # fmt: skip
    path = project / "empty.sqlite"
    sqlite3.connect(path).close()
    known["empty"] = {"get_uri": f"sqlite://{path}"}

    def run_airflow(*_: Any) -> Any:
        raise AssayError("a command of Airflow failed (exit 1): Connection not found.")

    if "nobody" in words:
        monkeypatch.undo()
        monkeypatch.setenv("ASSAY_PROJECT", str(project / "project"))
        monkeypatch.setenv("ASSAY_HOME", str(project / "home"))
        monkeypatch.setattr("assay.launcher._connections.run_airflow", run_airflow)
    assert assay(["new", "loans", *words]) == 2
    assert said in capfd.readouterr().err
    assert list((project / "project/include/contracts").iterdir()) == []
