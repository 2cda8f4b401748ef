"""A receiver of OpenLineage events on loopback, which takes them, refuses them, or is silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from on_loopback import serve

Manner = Literal["takes", "refuses", "breaks", "is silent"]


@dataclass
class Receiver:
    """What was received, and how the next event is met."""

    url: str = ""
    manner: Manner = "takes"
    asked: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def own_receiver() -> Iterator[Receiver]:
    """A receiver, ended at the end."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked += 1
            if found.manner == "is silent":
                found.over.wait()
                return
            status = {"takes": 201, "refuses": 422, "breaks": 503}[found.manner]
            if status == 201:
                assert self.path == "/api/v1/lineage"
                found.events.append(json.loads(body))
                found.keys.add(self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with serve(Handler) as found.url:
        yield found
        found.over.set()
