"""A whole process, measured: wall time, processor time, and the peak memory of its tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SIDES = Path(__file__).parent / "sides"
EVERY = 0.05
"""Seconds between two looks at the tree's memory."""


@dataclass(frozen=True)
class Measured:
    """One side of a comparison; ``result`` is what it printed as its last line, as JSON."""

    name: str
    wall: float
    cpu: float
    peak: int
    result: Any
    rows: int | None = None


class BenchError(Exception):
    """A side ended with an error, or two sides disagree."""


def measure(
    name: str,
    command: Sequence[str | Path],
    *,
    rows: int | None = None,
    env: dict[str, str] | None = None,
    accepts: Sequence[int] = (0,),
) -> Measured:
    """Run a command to its end, watching it and everything that it starts.

    Parameters
    ----------
    rows : int, optional
        Rows that this side works on, where sides differ in it.
    accepts : sequence of int
        Exit codes that aren't errors.

    Notes
    -----
    Peak memory is the largest sum of the tree's proportional set sizes (shared pages counted once),
    looked at twenty times a second. Processor time is that of all children, user and system.
    Byte code may be written, so that only the first run of new code compiles it.
    """
    before = os.times()
    written = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            stderr=err,
            env={**written, **(env or {})},
        )
        watch = _Watch(process.pid)
        code = process.wait()
        wall = time.perf_counter() - started
        peak = watch.stop()
        after = os.times()
        out.seek(0), err.seek(0)
        if code not in accepts:
            raise BenchError(f"{name} ended with {code}:\n{err.read().decode()[-4000:]}")
        text = out.read().decode()
    cpu = (
        after.children_user - before.children_user + after.children_system - before.children_system
    )
    return Measured(name, wall, cpu, peak, _result(text), rows)


def side(script: str, *arguments: object, python: Path | None = None) -> list[str]:
    """The command that runs one of the scripts in ``sides``, by default in this environment."""
    return [str(python or sys.executable), str(SIDES / script), *map(str, arguments)]


class _Watch:
    """A thread that keeps the largest memory of a process tree that it has seen."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
                self._peak = max(self._peak, sum(_memory(p) for p in tree))
            except psutil.Error:
                continue

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError, OSError):
        return 0


def _result(text: str) -> Any:
    """The last line as JSON, or the whole text where that is one document, or nothing."""
    for candidate in (text, text.strip().rsplit("\n", 1)[-1]):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return None
