"""What a long history costs: the same questions at 10, 100, 1 000 and 10 000 snapshots.

    make bench ONLY=growth                 up to 10 000 snapshots of one data set
    make bench ONLY=growth ROWS=1000       up to 1 000
    DATA_SETS=20 make bench ONLY=growth    of each of twenty data sets
    ASSAY_CATALOG_URL=postgresql+psycopg2://… make bench ONLY=growth

The catalog is SQLite, or an empty database of Postgres that ``ASSAY_CATALOG_URL`` names. The
history is written by the registry's own records, one commit a release, in one stream. What is
measured then are the real calls, in this process: a release, the commands, a sweep's plan, the
rebuild of an empty catalog, and the page that lists reports.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from _history import START, History, project_of
from _measure import BenchError, measure, side
from _show import console
from rich.table import Table
from sqlalchemy import make_url, text

from assay.catalog._store import open_engine
from assay.cli._main import run as command
from assay.project import Project
from assay.records.versions import Derivation
from assay.stages.index import follow_registry
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services
from assay.stages.upkeep import accept_history, plan_sweep, rebuild_catalog

ROWS = 10_000
LONG = True
ROOT = Path(__file__).parents[2]
DATA_SETS = int(os.environ.get("DATA_SETS") or 1)
NAMES = [f"flights_{i}" for i in range(DATA_SETS)]
NAME = NAMES[-1]


def run(rows: int) -> None:
    """Let the histories grow, and print what each question takes at each size."""
    with tempfile.TemporaryDirectory() as folder:
        home = project_of(Path(folder), NAMES) / ".assay"
        os.environ |= {"ASSAY_HOME": str(home), "ASSAY_PROJECT": folder}
        histories = [History(_services(), name) for name in NAMES]
        sizes = [n for n in (10, 100, 1000, 10_000, 100_000) if n <= rows] or [rows]
        columns = [_measured(histories, size) for size in sizes]
        catalog = make_url(_services().project.catalog_url).get_backend_name()
    title = f"{DATA_SETS} data sets by the snapshots of each, catalog on {catalog}"
    table = Table(title=title, title_justify="left", box=None)
    for head in ("", *(f"{size:,}" for size in sizes)):
        table.add_column(head, justify="right" if head else "left")
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    console.print(table)
    console.print(f"  {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", style="dim")


def _measured(histories: list[History], size: int) -> dict[str, str]:
    for one in histories:
        one.grow(size - (one is histories[-1]))
    follow_registry(_services())
    services, figures, history = _services(), {}, histories[-1]
    version = _commit(services, history.batch(size - 1))
    about = {"reason": "r", "author": "a", "at": datetime.now(UTC)}
    with _timed(figures, "release, s"):
        services.registry.release(NAME, history.batch(size - 1), version, **about)
        follow_registry(services, wholly=False)
    history.took(version)
    _forget_catalog(services)
    accept_history(_services(), reason="r", author="a")
    with _timed(figures, "rebuild of an empty catalog, s"):
        rebuild_catalog(_services())
    for name, words in {
        "status, s": ("status", NAME),
        "status of all, s": ("status",),
        "versions list, s": ("versions", "list", NAME),
        "versions show, s": ("versions", "show", NAME, history.batch(size // 2)),
        "versions show @N, s": ("versions", "show", NAME, f"@{size // 2}"),
    }.items():
        with _timed(figures, name), contextlib.redirect_stdout(io.StringIO()):
            _run(words)
    with _timed(figures, "sweep's plan, s"):
        plan_sweep(_services())
    with _timed(figures, "one snapshot from Git, s"):
        services.registry.snapshot(NAME, size // 2)
    home = services.project.home
    _add_reports(home / "reports", histories, size)
    page = measure("the page of reports", side("page_of_reports.py"))
    figures["page of reports, s"] = f"{page.result['seconds']:.2f}"
    figures["registry, MB"] = f"{_megabytes(home / 'registry' / 'git'):.1f}"
    figures["catalog, MB"] = f"{_megabytes(home / 'catalog'):.1f}"
    return figures


def _add_reports(zone: Path, histories: list[History], size: int) -> None:
    """A folder for each batch; only the newest ones have a report, since no other is opened."""
    for name, history in zip(NAMES, histories, strict=True):
        batches = [zone / name / history.batch(i) for i in range(size)]
        for folder in batches:
            folder.mkdir(parents=True, exist_ok=True)
        for folder in sorted(batches)[-100:]:
            (folder / "0123456789abcdef").mkdir(exist_ok=True)
            (folder / "0123456789abcdef" / BatchWorkspace.overview.file).touch()


def _forget_catalog(services: Services) -> None:
    """Leave an empty database, as after its loss."""
    engine = open_engine(services.project.catalog_url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        shutil.rmtree(services.project.home / "catalog")
        return
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@contextlib.contextmanager
def _timed(figures: dict[str, str], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    figures[name] = f"{time.perf_counter() - began:.2f}"


def _run(words: tuple[str, ...]) -> None:
    if code := command(list(words)):
        raise BenchError(f"assay {' '.join(words)} ended with {code}")


def _services() -> Services:
    return Services(Project.from_environment(os.environ), clock=lambda: datetime.now(UTC))


def _megabytes(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def _commit(services: Services, batch: str) -> str:
    """Commit a version as a run does, with a file of a few bytes."""
    derivation = Derivation(input_sha256=batch, contract="c", transform_version="1")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.bin"
        version = services.registry.version_id(NAME, batch, derivation)
        file.write_text(services.registry.nonce(version, "data"))
        made = services.registry.commit(NAME, batch, derivation, {"data": file}, at=START)
    return made.version
