"""Environments of peers that can't share ours, each made at first use from what its file pins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from _measure import BenchError
from _tables import CACHE


def environment(name: str, imports: str) -> Path:
    """The interpreter of a peer's environment, which is made where it isn't there.

    Parameters
    ----------
    name : str
        Of the file beside this one that pins it, and of the folder below .cache/bench.
    imports : str
        A module of it, compiled at once, so that its first run isn't charged with it.
    """
    pinned, folder = Path(__file__).with_name(f"{name}.txt"), CACHE / name
    python, ready = folder / "bin" / "python", folder / ".ready"
    if ready.exists() and ready.read_text() == pinned.read_text():
        return python
    print(f"making the environment of {name}, some minutes the first time", file=sys.stderr)
    uv = Path(sys.executable).parent / "uv"
    for command in (
        [uv, "venv", "--clear", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--python", python, "-r", pinned],
    ):
        words = [str(part) for part in command]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        if done.returncode:
            raise BenchError(f"{name} can't be installed:\n{done.stderr[-2000:]}")
    writing = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([python, "-c", f"import {imports}"], env=writing, check=True)
    ready.write_text(pinned.read_text())
    return python
