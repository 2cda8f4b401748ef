"""Free ports, recorded so that the next start has the same address."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

_USUAL = (8080, 8793, 8794)


@dataclass(frozen=True)
class Ports:
    """The three ports that an embedded Airflow listens on."""

    api: int
    scheduler_logs: int
    triggerer_logs: int

    @property
    def url(self) -> str:
        """Address of UI and API; loopback only."""
        return f"http://127.0.0.1:{self.api}"

    @classmethod
    def load(cls, record: Path) -> Ports | None:
        """Load the ports of the last start, None if there was none."""
        found = read_record(record)
        return cls(**found["ports"]) if found else None


def read_record(record: Path) -> dict[str, Any]:
    """Read the record of the last start, empty if there was none."""
    found: dict[str, Any] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return found


def find_ports(last: Ports | None) -> Ports:
    """Find three free ports: those of the last start, else the usual ones, else any.

    Notes
    -----
    A port is free if it can be bound on every address, because the log servers listen on all.
    Another process may take it before Airflow starts, so the caller must be ready to try again.
    """
    wanted = astuple(last) if last else _USUAL
    found: list[int] = []
    for port in wanted:
        found.append(port if port not in found and _free(port) else _any(found))
    return Ports(*found)


def find_port(last: int | None, usual: int) -> int:
    """Find one free port: that of the last start, else the usual one, else any."""
    for port in (last, usual):
        if port is not None and _free(port):
            return port
    return _any([])


def _free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tried:
        # As servers do: a connection that closed a minute ago doesn't keep the port.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True


def _any(taken: list[int]) -> int:
    while True:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as tried:
            tried.bind(("", 0))
            port: int = tried.getsockname()[1]
        if port not in taken:
            return port
