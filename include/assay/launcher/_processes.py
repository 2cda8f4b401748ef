"""Start and stop a supervised process, with all processes that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import psutil

_SAME_START_S = 1.0
_TAIL_BYTES = 4000
_HELD = 'read -r go && exec "$@" </dev/null'


@dataclass(frozen=True)
class Supervised:
    """A process that the launcher started; its id is of use only with its start time.

    Parameters
    ----------
    name : str
        The Airflow component.
    pid : int
        Process id; also the id of the session that the process leads.
    started : float
        Seconds since the epoch, by the system.
    """

    name: str
    pid: int
    started: float

    @property
    def alive(self) -> bool:
        """Whether this process runs, and not another one with the same id."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_S
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def session(self) -> list[psutil.Process]:
        """Find the process and all that it started, orphans too.

        Task processes have their own process groups, but stay in the session. The system gives no
        new process the id of a session that exists. So every process in the session of this id
        belongs to it, unless its leader is another process.
        """
        if psutil.pid_exists(self.pid) and not self.alive and not self._zombie():
            return []
        members = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                young = process.create_time() >= self.started - _SAME_START_S
                if os.getsid(process.pid) == self.pid and young:
                    members.append(process)
        return members

    def _zombie(self) -> bool:
        with suppress(psutil.Error):
            return bool(psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE)
        return False


def start(
    name: str, command: Sequence[str], env: Mapping[str, str], log: Path,
    record: Callable[[Supervised], object] = lambda _: None,
) -> Supervised:  # fmt: skip
    """Start a process as the leader of its own session, and append its output to a log.

    Parameters
    ----------
    record : callable
        Stores which process it is. The new process waits until this has returned, and ends if the
        launcher is killed before: no process runs that isn't recorded.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _HELD, "sh", *command], env=dict(env), start_new_session=True,
            stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    # Read at once and recorded: later another process may have this id.
    process = Supervised(name, child.pid, psutil.Process(child.pid).create_time())
    with cast("IO[bytes]", child.stdin) as gate:
        record(process)
        gate.write(b"go\n")
    return process


def stop(processes: Sequence[Supervised], grace_s: float) -> bool:
    """Ask processes to end, wait, then kill what is left of their sessions; whether any ran."""
    ran = any(process.session() for process in processes)
    for process in processes:
        if process.alive:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while any(p.alive for p in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    # No other process would end an orphan.
    left = [member for process in processes for member in process.session()]
    for member in left:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(left, timeout=grace_s)
    for process in processes:  # so that no zombie keeps its id
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    return ran


def tail(log: Path) -> str:
    """Read the last lines of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-20:])
