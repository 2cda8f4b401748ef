"""A server on loopback that answers as Label Studio does, refuses, breaks, or is silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from on_loopback import serve

Manner = Literal["works", "refuses", "breaks", "is silent"]
TOKEN = "a-token-of-the-test"
RESULT = {"from_name": "answer", "to_name": "row", "type": "choices"}


@dataclass
class Studio:
    """The projects that were made, and how the next request is met."""

    url: str = ""
    manner: Manner = "works"
    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    made: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, who: str, choice: str, most: int = 1000) -> int:
        """Answer the tasks of a person's projects; how many there were."""
        number = self.people.setdefault(who, len(self.people) + 1)
        own = [one for one in self.projects.values() if one["description"].endswith(f"| {who}")]
        tasks = [task for one in own for task in one["tasks"]][:most]
        for task in tasks:
            result = [RESULT | {"value": {"choices": [choice]}}]
            task["annotations"] = [
                {"updated_at": "2026", "completed_by": number, "result": result, "lead_time": 1.0}
            ]
        return len(tasks)

    def does(self, method: str, path: str, body: Any) -> Any:
        """What the server does for one request."""
        parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
        match [method, *parts]:
            case ["GET", "api", "projects"]:
                return {"results": list(self.projects.values()), "next": None}
            case ["GET", "api", "users"]:
                return [{"id": number, "email": who} for who, number in self.people.items()]
            case ["POST", "api", "projects"]:
                self.made += 1
                self.projects[self.made] = {"id": self.made, "tasks": [], **body}
                return {"id": self.made}
            case ["POST", "api", "projects", number, "import"]:
                new = [{"data": one["data"], "annotations": []} for one in body]
                self.projects[int(number)]["tasks"] += new
                return {}
            case ["GET", "api", "projects", number, "export"]:
                every = "download_all_tasks=true" in path
                tasks = self.projects[int(number)]["tasks"]
                return [one for one in tasks if every or one["annotations"]]
            case ["DELETE", "api", "projects", number]:
                del self.projects[int(number)]
                return {}
        raise AssertionError(f"{method} {path}")


@contextmanager
def own_label_studio() -> Iterator[Studio]:
    """A server, ended at the end."""
    found = Studio()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if found.manner == "is silent":
                found.over.wait()
                return
            status = {"works": 200, "refuses": 401, "breaks": 502}[found.manner]
            if self.headers["Authorization"] != f"Token {TOKEN}":
                status = 401
            said: Any = {"detail": "no"}
            if status == 200:
                said = found.does(self.command, self.path, json.loads(body or "null"))
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            pass

    with serve(Handler) as found.url:
        yield found
        found.over.set()
