"""A contract to land under, a lake to land in, and a loopback server to land from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest

from assay.contract import Contract
from assay.engine import Session, open_session
from assay.ingest import Landing, Retry, land
from assay.lake import Lake

BATCH = "2013-02-04"
COLUMNS = [
    {"name": "id", "type": "string", "required": True, "classification": "identifier",
     "identity_domain": "people", "canonical": {"trim": True, "case": "upper"}},
    {"name": "n", "type": "integer"},
    {"name": "x", "type": "number"},
    {"name": "ok", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "at", "type": "timestamp"},
]  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    with open_session(tmp_path / "duckdb", threads=2) as opened:
        yield opened


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


@pytest.fixture
def contract_of(tmp_path: Path) -> Callable[..., Contract]:
    def make(source: dict[str, Any], columns: list[dict[str, Any]] | None = None, **more: Any):
        content = {
            "dataset": "people",
            "version": "1.0.0",
            "description": "People of a test.",
            "owner": "owner",
            "columns": columns or COLUMNS,
            "primary_key": ("id",),
            "partition": {"grain": "day", "first": "2013-01-01"},
            "source": source,
            **more,
        }
        text = json.dumps(content, sort_keys=True)
        return Contract.model_validate({
            **content, "hash": hashlib.sha256(text.encode()).hexdigest(),
            "path": tmp_path / "people.odcs.yaml",
        })  # fmt: skip

    return make


@pytest.fixture
def dropped(lake: Lake, contract_of: Any, session: Session) -> Callable[..., Landing]:
    """Drop bytes into the inbox and land them."""

    def drop(data: bytes, name: str = "{batch}.csv", columns: Any = None, **source: Any) -> Landing:
        inbox = lake.home / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / name.replace("{batch}", BATCH)).write_bytes(data)
        described = {"kind": "files", "location": f"inbox/{name}", "format": "csv", **source}
        return land(session, contract_of(described, columns), BATCH, lake)

    return drop


@pytest.fixture
def rows_of() -> Callable[[Landing], list[dict[str, Any]]]:
    def read(landing: Landing) -> list[dict[str, Any]]:
        assert landing.rows_path is not None, landing.faults
        return pq.read_table(landing.rows_path).to_pylist(maps_as_pydicts="strict")

    return read


@pytest.fixture
def patience() -> Retry:
    """Retries without waiting; the waits asked for are kept in ``sleep.waits``."""

    class Sleep:
        def __init__(self) -> None:
            self.waits: list[float] = []

        def __call__(self, seconds: float) -> None:
            self.waits.append(seconds)

    return Retry(sleep=Sleep())


class Site:
    """Answers by path: each a function of the query's parameters and headers."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[..., tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.url = ""

    def says(self, path: str, *answers: Any) -> None:
        """Give these answers to a path in turn, the last for ever."""
        left = list(answers)

        def answer(params: dict[str, str], headers: dict[str, str]) -> Any:
            now = left.pop(0) if len(left) > 1 else left[0]
            return now(params, headers) if callable(now) else now

        self.answers[path] = answer


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            params = {k: v[0] for k, v in parse_qs(split.query).items()}
            headers = {k.lower(): v for k, v in self.headers.items()}
            site.asked.append((split.path, params, headers))
            answer = site.answers.get(split.path)
            status, more, body = answer(params, headers) if answer else (404, {}, b"")
            self.send_response(status)
            if not {"Content-Length", "Transfer-Encoding"} & set(more):
                self.send_header("Content-Length", str(len(body)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if "Content-Length" in more:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
