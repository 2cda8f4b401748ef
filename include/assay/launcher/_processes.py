"""Starting and stopping one supervised process and all that it started."""

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
    """A process that we started: its id means nothing without its start time.

    Parameters
    ----------
    name : str
        The Airflow component.
    pid : int
        Process id; also the id of the session that the process leads.
    started : float
        Seconds since the epoch, as the system tells it.
    """

    name: str
    pid: int
    started: float

    @property
    def alive(self) -> bool:
        """Whether this very process runs, and not another that was given its number."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_S
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def session(self) -> list[psutil.Process]:
        """The process and all it started, orphans included.

        Task processes move to process groups of their own, but never out of the session. The
        system doesn't give a number to a new process while a session has it, so what is found
        under our number is ours unless its leader is somebody else.
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
    name: str,
    command: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    record: Callable[[Supervised], object] = lambda _: None,
) -> Supervised:
    """Start a process as the leader of a session of its own, its output appended to a log.

    Parameters
    ----------
    record : callable
        Writes down which process it is. Until that has been done it waits, and if we are killed
        before, it ends: no process runs that nobody knows of.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["/bin/sh", "-c", _HELD, "sh", *command],
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Read at once and recorded: later the number may be somebody else's.
    process = Supervised(name, child.pid, psutil.Process(child.pid).create_time())
    with cast("IO[bytes]", child.stdin) as gate:
        record(process)
        gate.write(b"go\n")
    return process


def stop(processes: Sequence[Supervised], grace_s: float) -> bool:
    """Ask processes to end, wait, and kill what of their sessions is still there.

    Parameters
    ----------
    processes : sequence of Supervised
        What to stop, all at once.
    grace_s : float
        Seconds between TERM and KILL.

    Returns
    -------
    bool
        Whether anything was running.
    """
    ran = any(process.session() for process in processes)
    for process in processes:
        if process.alive:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while any(p.alive for p in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    # An orphan has nobody left to end it in order.
    left = [member for process in processes for member in process.session()]
    for member in left:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(left, timeout=grace_s)
    for process in processes:
        _reap(process.pid)
    return ran


def _reap(pid: int) -> None:
    """Take the exit status of a child of this process, so that no zombie keeps its number."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def tail(log: Path) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-20:])
