"""The embedded Airflow: up, down, and its own command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import typer

from assay.cli._console import open_project, progress, show
from assay.cli._options import AsJson


def up(as_json: AsJson = False) -> int:
    """Start this home's Airflow. It runs until `assay down`."""
    from assay import launcher

    with progress("starting Airflow (about half a minute)"):
        embedded = launcher.up(_home())
    found = {"url": embedded.url, "passwords": embedded.passwords, "logs": embedded.logs}
    text = (
        f"Airflow runs at {embedded.url}\n"
        f"users and passwords: {embedded.passwords}\nlogs: {embedded.logs}\nstop it: make down"
    )
    return show(found, as_json, text)


def down(as_json: AsJson = False) -> int:
    """Stop this home's Airflow. A running task gets 20 seconds to finish."""
    from assay import launcher

    with progress("stopping Airflow"):
        ran = launcher.down(_home())
    text = "Airflow is stopped." if ran else "Airflow was not running."
    return show({"ran": ran}, as_json, text)


def airflow(ctx: typer.Context) -> int:
    """Run Airflow's own command on this home: every word after `airflow` is Airflow's.

    Example: assay airflow backfill create --dag-id release__flights --from-date 2013-02-04
    --to-date 2013-02-13
    """
    from assay import launcher

    # -P: modules of the working folder must not shadow others.
    words = [sys.executable, "-P", "-m", "airflow", *ctx.args]
    done = subprocess.run(words, env=launcher.environment(_home()), check=False)
    return 2 if done.returncode else 0


def _home() -> Path:
    """Find the project's home, and have the launcher use the same project."""
    project = open_project()
    os.environ["ASSAY_PROJECT"] = str(project.include.parent)
    return project.home
