"""Runs that are started by Airflow's API: each batch once, the ids alike."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.errors import AssayError
from assay.launcher import _runs, commands, start_runs


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An API that takes runs, or refuses them by ``says``; what it was asked."""
    asked: list[tuple[str, Any, str | None]] = []
    says = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body, self.headers.get("Authorization")))
            self.send_response(says["status"] if "dagRuns" in self.path else 201)
            self.end_headers()
            self.wfile.write(b'{"access_token": "t"}')

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(_runs, "status", lambda _: SimpleNamespace(url=url))
    monkeypatch.setattr(_runs, "password", lambda _: "p")
    yield SimpleNamespace(asked=asked, says=says)
    server.shutdown()
    server.server_close()


def test_each_batch_is_started_once(api: Any) -> None:
    started = list(start_runs(Path(), "release__visits", ["2024-01", "2024-02"]))
    (login, *runs) = api.asked
    assert login[:2] == ("/auth/token", {"username": "admin", "password": "p"})
    assert {path for path, _, _ in runs} == {"/api/v2/dags/release__visits/dagRuns"}
    assert [body["dag_run_id"] for _, body, _ in runs] == started
    assert [body["conf"] for _, body, _ in runs] == [{"batch": "2024-01"}, {"batch": "2024-02"}]
    assert started[0].replace("2024-01", "2024-02") == started[1]
    assert all(header == "Bearer t" for _, _, header in runs)


def test_a_run_that_airflow_refuses(api: Any) -> None:
    api.says["status"] = 404
    with pytest.raises(AssayError, match="404"):
        list(start_runs(Path(), "release__nobody", ["2024-01"]))


def test_without_airflow(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="assay up"):
        list(start_runs(tmp_path, "release__visits", ["2024-01"]))


def test_the_same_as_commands() -> None:
    first, second = commands("release__visits", ["2024-01", "2024-02"])
    assert first.replace("2024-01", "2024-02") == second
    assert first.startswith("airflow dags trigger release__visits --run-id rerun__2024-01__")
