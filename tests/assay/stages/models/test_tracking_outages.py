"""A training run beside a tracking server that fails: not held up, nothing lost, shown once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assay.stages import models
from assay.stages.tracking import send_tracking, track, waiting_runs
from assay.training.tracking import Aliases, Tracker, TrackingPlace

TRIES = 2
"""How often a request is sent that isn't answered, each for MLFLOW_HTTP_REQUEST_TIMEOUT."""


class Failing(BaseHTTPRequestHandler):
    """Answers as the server's ``way`` says: an error, nothing, or its health alone."""

    def answer(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        if server.way == "silent" or (server.way == "healthy" and self.path != "/health"):
            server.over.wait()
            return
        self.send_response(200 if server.way == "healthy" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def failing(way: str) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    server.way, server.asked, server.over = way, [], threading.Event()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("way", ["error", "silent", "healthy"])
def test_a_server_that_fails_holds_no_training_up_and_the_run_is_shown_later(
    home: Any, model: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    run = model.train_model(home)
    with failing(way) as server:
        environ = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{server.server_port}"}
        (one,) = track(home.services, environ, "me")
    # The first request that isn't answered is the last, so that its timeout bounds the delay.
    assert server.asked[0] == "/health"
    assert len(server.asked) == (1 + TRIES if way == "healthy" else 1)
    assert (one.state, run.done["promote"].state) == ("later", "champion")
    assert "MLflow at http://127.0.0.1" in str(one.error)
    (item,) = waiting_runs(home.services)
    assert run.version in item.key
    assert models.champion_of(home.services, model.MODEL).name == "passing@1"

    sent = send_tracking(home.services, {}, "later", at_once=True)
    assert [s.state for s in sent] == ["sent"]
    assert send_tracking(home.services, {}, "later", at_once=True) == []
    assert track(home.services, {}, "later") == []
    tracker = Tracker(TrackingPlace.from_environment({}, home.services.lake))
    assert tracker.aliases(model.MODEL) == Aliases(1)
    (version,) = tracker._door.client.search_model_versions(f"name = '{model.MODEL}'")
    assert version.tags["assay.version"] == "1"
