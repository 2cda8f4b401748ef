"""Trying points of death in a process of its own: see ``kills.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_KILLS = Path(__file__).with_name("kills.py")


def try_points(points: int, seed: int, *journey: str) -> str:
    """What the script prints of so many points; a state that differs is a failure.

    Parameters
    ----------
    journey : str
        The module that says what is killed, and how many of its deliveries.
    """
    command = [sys.executable, str(_KILLS), str(points), str(seed), *journey]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    return done.stdout
