"""Only our own processes are stopped, and all of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from assay.launcher._ports import Ports, find_ports
from assay.launcher._processes import Supervised, start, stop, tail

# A leader with a child that leaves its process group and ignores TERM, as a busy task may.
_LEADER = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(60)
time.sleep(60)
"""


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _start(tmp_path: Path) -> tuple[Supervised, int]:
    note = tmp_path / "child"
    command = [sys.executable, "-c", _LEADER, str(note)]
    process = start("leader", command, os.environ, tmp_path / "log")
    _until(lambda: note.exists() and bool(note.read_text()))
    return process, int(note.read_text())


def test_a_stopped_process_takes_all_that_it_started_with_it(tmp_path: Path) -> None:
    process, child = _start(tmp_path)
    assert process.alive
    assert child in [p.pid for p in process.session()]
    assert stop([process], 5)
    assert not process.alive
    assert _gone(child)
    assert not stop([process], 5)


def test_what_a_killed_process_left_behind_is_found(tmp_path: Path) -> None:
    process, child = _start(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    os.waitpid(process.pid, 0)
    assert not process.alive
    assert stop([process], 5)
    assert _gone(child)


_STARTER = """
import os, signal, sys, time
from pathlib import Path
from assay.launcher._processes import start

def record(process):
    Path(sys.argv[1]).write_text(str(process.pid))
    os.kill(os.getpid(), signal.SIGKILL)

start("leader", ["touch", sys.argv[2]], os.environ, Path(sys.argv[3]), record)
"""


def test_a_process_whose_starter_died_before_it_was_recorded_never_runs(tmp_path: Path) -> None:
    note, ran = tmp_path / "pid", tmp_path / "ran"
    command = [sys.executable, "-c", _STARTER, str(note), str(ran), str(tmp_path / "log")]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL
    _until(lambda: _gone(int(note.read_text())))
    assert not ran.exists()


def test_a_stranger_with_our_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        began = psutil.Process(stranger.pid).create_time()
        ours = Supervised("scheduler", stranger.pid, began - 1000)
        assert not ours.alive
        assert not stop([ours], 1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_last_ports_are_kept_and_a_taken_one_is_not(tmp_path: Path) -> None:
    first = find_ports(None)
    assert len({first.api, first.scheduler_logs, first.triggerer_logs}) == 3
    assert find_ports(first) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = find_ports(Ports(port, first.scheduler_logs, first.triggerer_logs))
        assert found.api != port
        assert found.scheduler_logs == first.scheduler_logs


def test_tail_gives_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tail(log) == ""
    log.write_text("".join(f"line {i}\n" for i in range(10_000)))
    assert tail(log).splitlines()[-1] == "line 9999"
    assert len(tail(log).splitlines()) == 20
