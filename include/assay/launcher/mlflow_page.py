"""MLflow's page beside Airflow's: one process of its own environment, on loopback, below a home.

It is optional. MLflow needs older libraries than Assay does, so ``make mlflow`` installs it in
``.mlflow`` of the project. The page reads the database that training runs are written to; nothing
waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assay.errors import AssayError
from assay.lake import Lake
from assay.launcher._page import Page, Server, clean_environment, python_of

_USUAL: Final = 5000
_NAME: Final = "mlflow"


def find_python(outer: Mapping[str, str] | None = None) -> Path | None:
    """Python of MLflow's environment: ``ASSAY_MLFLOW``, or ``.mlflow`` of the project.

    None where it isn't installed.
    """
    return python_of("ASSAY_MLFLOW", ".mlflow", outer)


def start_page(home: Path | str, store: str, artefacts: Path) -> Server:
    """Start MLflow's page, or find it running; :func:`await_page` waits until it answers.

    A process that an earlier start has left behind, and that doesn't answer, is stopped first.

    Parameters
    ----------
    store : str
        The database, with its tables made.
    artefacts : Path
        Where the files of runs lie.

    Raises
    ------
    AssayError
        If MLflow isn't installed.
    """
    python = find_python()
    if python is None:
        raise AssayError("MLflow's page isn't installed", do="make mlflow")

    def command(port: int) -> list[str]:
        return [
            str(python), "-P", "-m", "mlflow", "server", "--host", "127.0.0.1", "--port",
            str(port), "--workers", "1", "--backend-store-uri", store, "--no-serve-artifacts",
            "--default-artifact-root", artefacts.absolute().as_uri(),
        ]  # fmt: skip

    page = _page(home)
    return page.start(command, _environment(page.lake))


def await_page(home: Path | str, patience_s: float = 120.0) -> Server:
    """Wait until MLflow's page answers.

    Raises
    ------
    AssayError
        If the process ends, or doesn't answer in time. It is stopped then.
    """
    return _page(home).wait(patience_s)


def stop_page(home: Path | str) -> bool:
    """Stop MLflow's page with all that it started; whether it ran."""
    return _page(home).stop()


def page_status(home: Path | str) -> Server:
    """Inspect MLflow's page; nothing is changed."""
    return _page(home).look()


def _page(home: Path | str) -> Page:
    lake = Lake(Path(home).expanduser().resolve())
    return Page(lake, _NAME, "MLflow's page", "/health", _USUAL)


def _environment(lake: Lake) -> dict[str, str]:
    own = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "HOME": str(lake.path("mlflow")),
    }
    return clean_environment(own, ["MLFLOW_TRACKING_URI"])
