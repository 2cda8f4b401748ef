"""MLflow's page beside Airflow's: one process of its own environment, on loopback, below a home.

It is optional. MLflow needs older libraries than Assay does, so ``make mlflow`` installs it in
``.mlflow`` of the project. The page reads the database that training runs are written to; nothing
waits for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from assay.errors import AssayError
from assay.lake import Lake, write_text
from assay.launcher._home import project_root
from assay.launcher._ports import find_port, read_record
from assay.launcher._processes import Supervised, start, stop, tail

_USUAL: Final = 5000
_GRACE_S: Final = 5.0
_NAME: Final = "mlflow"


@dataclass(frozen=True)
class MlflowPage:
    """The state of MLflow's page.

    Parameters
    ----------
    url : str or None
        Its address; None if it was never started.
    pid : int or None
        The process, None where it doesn't run.
    healthy : bool
        It runs, and answers.
    log : Path
        The process's log.
    """

    url: str | None
    pid: int | None
    healthy: bool
    log: Path


def find_python(outer: Mapping[str, str] | None = None) -> Path | None:
    """Python of MLflow's environment: ``ASSAY_MLFLOW``, or ``.mlflow`` of the project.

    None where it isn't installed.
    """
    environ = os.environ if outer is None else outer
    folder = Path(environ.get("ASSAY_MLFLOW") or project_root(environ) / ".mlflow")
    found = folder / "bin" / "python"
    return found if (folder / ".ready").exists() and found.exists() else None


def start_page(home: Path | str, store: str, artefacts: Path) -> MlflowPage:
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
    places = _Places(Lake(Path(home).expanduser().resolve()))
    with places.alone():
        now = _look(places)
        if now.healthy:
            return now
        _stop(places)
        _start(places, python, store, artefacts)
        return _look(places)


def await_page(home: Path | str, patience_s: float = 120.0) -> MlflowPage:
    """Wait until MLflow's page answers.

    Raises
    ------
    AssayError
        If the process ends, or doesn't answer in time. It is stopped then.
    """
    places = _Places(Lake(Path(home).expanduser().resolve()))
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        page = _look(places)
        if page.healthy:
            return page
        if page.pid is None:
            raise AssayError(f"MLflow's page ended:\n{tail(places.log)}\n", where=str(places.log))
        time.sleep(0.5)
    stop_page(home)
    raise AssayError(f"MLflow's page didn't answer in {patience_s:.0f} s", where=str(places.log))


def stop_page(home: Path | str) -> bool:
    """Stop MLflow's page with all that it started; whether it ran."""
    places = _Places(Lake(Path(home).expanduser().resolve()))
    if not places.record.exists():
        return False
    with places.alone():
        return _stop(places)


def page_status(home: Path | str) -> MlflowPage:
    """Inspect MLflow's page; nothing is changed."""
    return _look(_Places(Lake(Path(home).expanduser().resolve())))


@dataclass(frozen=True)
class _Places:
    lake: Lake

    @property
    def record(self) -> Path:
        return self.lake.path("mlflow", "page.json")

    @property
    def log(self) -> Path:
        return self.lake.path("logs", "processes", f"{_NAME}.log")

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.lake.make("logs", "processes", "log")
        with self.lake.make("mlflow", "page.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def known(self) -> Supervised | None:
        entry = read_record(self.record).get("process")
        return Supervised(**entry) if entry else None

    def port(self) -> int | None:
        found: int | None = read_record(self.record).get("port")
        return found


def _look(places: _Places) -> MlflowPage:
    port, process = places.port(), places.known()
    url = f"http://127.0.0.1:{port}" if port else None
    if not (url and process and process.alive):
        return MlflowPage(url, None, False, places.log)
    answers = _answers(url)
    # Asked again: workers may answer for a moment after the process that leads them has ended.
    alive = process.alive
    return MlflowPage(url, process.pid if alive else None, alive and answers, places.log)


def _answers(url: str) -> bool:
    import httpx

    try:
        return httpx.get(f"{url}/health", trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _stop(places: _Places) -> bool:
    process, port = places.known(), places.port()
    ran = stop([process], _GRACE_S) if process else False
    write_text(places.record, json.dumps({"port": port, "process": None}))
    return ran


def _start(places: _Places, python: Path, store: str, artefacts: Path) -> None:
    port = find_port(places.port(), _USUAL)
    command = [
        str(python), "-P", "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", store, "--no-serve-artifacts",
        "--default-artifact-root", artefacts.absolute().as_uri(),
    ]  # fmt: skip

    def record(process: Supervised) -> None:
        write_text(places.record, json.dumps({"port": port, "process": asdict(process)}))

    places.log.write_bytes(b"")
    start(_NAME, command, _environment(places), places.log, record)


def _environment(places: _Places) -> dict[str, str]:
    """The environment of the caller, without what leads to libraries of Assay."""
    own = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "HOME": str(places.lake.path("mlflow")),
    }
    left_out = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MLFLOW_TRACKING_URI"}
    return {name: text for name, text in os.environ.items() if name not in left_out} | own
