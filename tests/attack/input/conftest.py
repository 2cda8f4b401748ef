"""A contract to land hostile input under, and a server that gives any answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assay.contract import Contract
from assay.engine import Session, open_session
from assay.ingest import Landing, Retry, land
from assay.lake import Lake

BATCH = "2013-02-04"
Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "duckdb", threads=2) as opened:
        yield opened


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


@pytest.fixture
def landed(tmp_path: Path, session: Session, lake: Lake) -> Callable[..., Landing]:
    """Land a batch of two columns, ``id`` and ``n``, from a source."""

    def run(source: dict[str, Any], **credentials: str) -> Landing:
        contract = Contract.model_validate({
            "dataset": "people", "version": "1.0.0", "description": "People.", "owner": "owner",
            "columns": [
                {"name": "id", "type": "string", "classification": "identifier",
                 "identity_domain": "people"},
                {"name": "n", "type": "integer"},
            ],
            "partition": {"grain": "day", "first": "2013-01-01"},
            "source": source, "hash": "0" * 64, "path": tmp_path / "people.odcs.yaml",
        })  # fmt: skip
        retry = Retry(sleep=lambda _: None)
        return land(session, contract, BATCH, lake, credentials=credentials, retry=retry)

    return run


@pytest.fixture
def dropped(lake: Lake, landed: Callable[..., Landing]) -> Callable[..., Landing]:
    """Land bytes that an upstream dropped into the inbox."""

    def run(data: bytes, name: str = "people.csv", **source: Any) -> Landing:
        lake.make("inbox", name).write_bytes(data)
        return landed({"kind": "files", "location": f"inbox/{name}", "format": "csv", **source})

    return run


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Start a server that answers each request by a function; its address."""
    opened: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in opened:
        server.shutdown()
        server.server_close()
