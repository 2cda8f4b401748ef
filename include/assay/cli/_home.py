"""The embedded Airflow: up, down."""

from __future__ import annotations

import typer

from assay.cli._console import AsJson, open_project, progress, show


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(up)
    app.command()(down)


def up(as_json: AsJson = False) -> int:
    """Start this home's Airflow, and leave it running."""
    from assay import launcher

    with progress("starting Airflow, which takes half a minute"):
        office = launcher.up(open_project().home)
    told = {"url": office.url, "passwords": str(office.passwords), "logs": str(office.logs)}
    text = (
        f"Airflow is up at {office.url}\n"
        f"users and passwords: {office.passwords}\nlogs: {office.logs}\nstop it: make down"
    )
    show(told, as_json, text)
    return 0


def down(as_json: AsJson = False) -> int:
    """Stop this home's Airflow; a running task is let finish."""
    from assay import launcher

    with progress("stopping Airflow"):
        ran = launcher.down(open_project().home)
    show({"ran": ran}, as_json, "Airflow is stopped." if ran else "Airflow wasn't running.")
    return 0
