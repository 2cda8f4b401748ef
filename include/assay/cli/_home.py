"""The embedded Airflow and MLflow's page: up, down, and Airflow's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from assay.cli._console import open_project, progress, show
from assay.cli._options import AsJson


def up(
    labelling: Annotated[
        bool,
        typer.Option("--labelling", help="Start Label Studio too, which `make labelling` installs; "
                                         "its first start takes a minute more."),
    ] = False,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Start this home's Airflow, and MLflow's page where `make mlflow` has installed it.

    They run until `assay down`.
    """
    from assay import launcher
    from assay.launcher import label_studio_page, mlflow_page

    home = _home()
    if labelling:
        with progress("starting Label Studio"):
            label_studio_page.start_page(home)
    with progress("starting Airflow (about half a minute)"):
        tracked = _start_mlflow(home)
        embedded = launcher.up(home)
        page = mlflow_page.await_page(home) if tracked else None
        studio = label_studio_page.await_page(home) if labelling else None
    mlflow = page.url if page else os.environ.get("MLFLOW_TRACKING_URI")
    found = {
        "url": embedded.url, "mlflow": mlflow, "passwords": embedded.passwords,
        "logs": embedded.logs, "label_studio": studio.url if studio else None,
    }  # fmt: skip
    text = (
        f"Airflow runs at {embedded.url}\n"
        f"{_mlflow_line(mlflow)}\n{_labelling_line(home, studio.url if studio else None)}"
        f"users and passwords: {embedded.passwords}\nlogs: {embedded.logs}\nstop it: make down"
    )
    return show(found, as_json, text)


def down(as_json: AsJson = False) -> int:
    """Stop this home's Airflow, MLflow's page and Label Studio.

    A running task gets 20 seconds to finish.
    """
    from assay import launcher
    from assay.launcher import label_studio_page, mlflow_page

    home = _home()
    with progress("stopping Airflow"):
        mlflow_page.stop_page(home)
        label_studio_page.stop_page(home)
        ran = launcher.down(home)
    text = "Airflow is stopped." if ran else "Airflow was not running."
    return show({"ran": ran}, as_json, text)


def _start_mlflow(home: Path) -> bool:
    """Start MLflow's page on the database below the home; whether there is one to wait for."""
    from assay.lake import Lake
    from assay.launcher import mlflow_page
    from assay.training.tracking import Tracker, TrackingPlace

    if mlflow_page.find_python() is None:
        return False
    place = TrackingPlace.from_environment(os.environ, Lake(home))
    if place.artefacts is None:
        return False
    if not mlflow_page.page_status(home).healthy:
        Tracker(place).prepare()
    mlflow_page.start_page(home, place.uri, place.artefacts)
    return True


def _mlflow_line(url: str | None) -> str:
    if url and url.startswith("http"):
        return f"MLflow runs at {url} (models are under Model training)"
    return "MLflow's page isn't installed: `make mlflow` adds it"


def _labelling_line(home: Path, url: str | None) -> str:
    """Where Label Studio runs, and the file with the password of its first account."""
    if url is None:
        return ""
    from assay.lake import Lake
    from assay.launcher.label_studio_page import OWNER

    secret = Lake(home).path("secrets", "label_studio.password")
    return f"Label Studio runs at {url} (account {OWNER}, password in {secret})\n"


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
