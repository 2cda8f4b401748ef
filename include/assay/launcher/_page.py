"""A server of another environment beside Airflow's: one process on loopback, below a home."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from assay.errors import AssayError
from assay.lake import Lake, write_text
from assay.launcher._home import project_root
from assay.launcher._ports import find_port, read_record
from assay.launcher._processes import Supervised, start, stop, tail

_GRACE_S: Final = 5.0
_FOREIGN: Final = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})
"""What would lead another environment to Assay's libraries."""


@dataclass(frozen=True)
class Server:
    """The state of a server.

    Parameters
    ----------
    url : str or None
        Its address; None if it was never started.
    pid : int or None
        The process, None where it doesn't run.
    healthy : bool
        It runs, and answers.
    log : Path
        The process's log.
    """

    url: str | None
    pid: int | None
    healthy: bool
    log: Path


def python_of(variable: str, folder: str, outer: Mapping[str, str] | None = None) -> Path | None:
    """Python of an environment of its own: that of a variable, or of a folder of the project.

    None where it isn't installed.
    """
    environ = os.environ if outer is None else outer
    place = Path(environ.get(variable) or project_root(environ) / folder)
    found = place / "bin" / "python"
    return found if (place / ".ready").exists() and found.exists() else None


def clean_environment(own: Mapping[str, str], without: Sequence[str] = ()) -> dict[str, str]:
    """The environment of the caller, without what leads to libraries of Assay."""
    kept = {n: text for n, text in os.environ.items() if n not in {*_FOREIGN, *without}}
    return kept | dict(own)


@dataclass(frozen=True)
class Page:
    """A server's places below a home.

    Parameters
    ----------
    name : str
        Of its zone and its log.
    title : str
        As messages call it.
    health : str
        The path that answers.
    usual : int
        The port that is tried first.
    """

    lake: Lake
    name: str
    title: str
    health: str
    usual: int

    @property
    def log(self) -> Path:
        """The process's log."""
        return self.lake.path("logs", "processes", f"{self.name}.log")

    def look(self) -> Server:
        """Inspect the server; nothing is changed."""
        port, process = self._port(), self._known()
        url = f"http://127.0.0.1:{port}" if port else None
        if not (url and process and process.alive):
            return Server(url, None, False, self.log)
        answers = self._answers(url)
        # Asked again: workers may answer for a moment after the process that leads them has ended.
        alive = process.alive
        return Server(url, process.pid if alive else None, alive and answers, self.log)

    def start(
        self, command: Callable[[int], Sequence[str]], env: Mapping[str, str],
        prepare: Callable[[], None] = lambda: None,
    ) -> Server:  # fmt: skip
        """Start the server, or find it running; one that doesn't answer is stopped first.

        Parameters
        ----------
        command : callable
            Port to the words of the command.
        prepare : callable
            What is to be done before, such as making its tables.
        """
        with self._alone():
            now = self.look()
            if now.healthy:
                return now
            self._stop()
            prepare()
            port = find_port(self._port(), self.usual)

            def record(process: Supervised) -> None:
                entry = {"port": port, "process": asdict(process)}
                write_text(self._record, json.dumps(entry))

            self.log.write_bytes(b"")
            start(self.name, command(port), env, self.log, record)
            return self.look()

    def wait(self, patience_s: float) -> Server:
        """Wait until the server answers.

        Raises
        ------
        AssayError
            If the process ends, or doesn't answer in time. It is stopped then.
        """
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            now = self.look()
            if now.healthy:
                return now
            if now.pid is None:
                raise AssayError(f"{self.title} ended:\n{tail(self.log)}\n", where=str(self.log))
            time.sleep(0.5)
        self.stop()
        raise AssayError(f"{self.title} didn't answer in {patience_s:.0f} s", where=str(self.log))

    def stop(self) -> bool:
        """Stop the server with all that it started; whether it ran."""
        if not self._record.exists():
            return False
        with self._alone():
            return self._stop()

    @property
    def _record(self) -> Path:
        return self.lake.path(self.name, "page.json")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.lake.make("logs", "processes", "log")
        with self.lake.make(self.name, "page.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _known(self) -> Supervised | None:
        entry = read_record(self._record).get("process")
        return Supervised(**entry) if entry else None

    def _port(self) -> int | None:
        found: int | None = read_record(self._record).get("port")
        return found

    def _answers(self, url: str) -> bool:
        import httpx

        try:
            return httpx.get(f"{url}{self.health}", trust_env=False, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def _stop(self) -> bool:
        process = self._known()
        ran = stop([process], _GRACE_S) if process else False
        write_text(self._record, json.dumps({"port": self._port(), "process": None}))
        return ran
