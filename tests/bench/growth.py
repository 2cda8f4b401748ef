"""What a long history costs: the same questions at 10, 100, 1 000 and 10 000 snapshots.

    make bench ONLY=growth                 up to 10 000 snapshots of one data set
    make bench ONLY=growth ROWS=1000       up to 1 000
    DATA_SETS=20 make bench ONLY=growth    of each of twenty data sets
    ASSAY_CATALOG_URL=postgresql+psycopg2://… make bench ONLY=growth

The catalog is SQLite, or an empty database of Postgres that ``ASSAY_CATALOG_URL`` names. The
history is written by the registry's own records, one commit a release, in one stream. What is
measured then are the real calls, in this process: a release, the commands, a sweep's plan, and the
rebuild of an empty catalog.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from _measure import BenchError
from _show import console
from rich.table import Table
from sqlalchemy import make_url, text

from assay.catalog._store import open_engine
from assay.cli._main import run as command
from assay.project import Project
from assay.records.versions import BatchVersion, Derivation, Pointer, Snapshot, StoredObject
from assay.stages.index import follow_registry
from assay.stages.services import Services
from assay.stages.upkeep import accept_history, plan_sweep, rebuild_catalog
from assay.verdict import Measurement, Verdict
from assay.versioning import _dvc, _git
from assay.versioning._layout import pointer_file, version_file
from assay.versioning._migration import LAYOUT
from assay.versioning._packing import pack_if_due
from assay.versioning._process import git
from assay.versioning._records import render_pointer
from assay.versioning._snapshots import Stored, step_files

ROWS = 10_000
LONG = True
ROOT = Path(__file__).parents[2]
DATA_SETS = int(os.environ.get("DATA_SETS") or 1)
NAMES = [f"flights_{i}" for i in range(DATA_SETS)]
NAME = NAMES[-1]
START = datetime(2026, 1, 5, tzinfo=UTC)
_SECONDS = count()
"""Times of commits rise, whatever data set they are about."""


def run(rows: int) -> None:
    """Let the histories grow, and print what each question takes at each size."""
    with tempfile.TemporaryDirectory() as folder:
        home = _project(Path(folder)) / ".assay"
        os.environ |= {"ASSAY_HOME": str(home), "ASSAY_PROJECT": folder}
        histories = [_History(_services(), name) for name in NAMES]
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


def _project(root: Path) -> Path:
    """A project whose data sets are copies of the flights."""
    given = ROOT / "include"
    contract = (given / "contracts" / "flights.odcs.yaml").read_text()
    (root / "include" / "contracts").mkdir(parents=True)
    for name in NAMES:
        for folder in ("policies", "suites"):
            shutil.copytree(given / folder / "flights", root / "include" / folder / name)
        text = contract.replace("\nname: flights\n", f"\nname: {name}\n")
        (root / "include" / "contracts" / f"{name}.odcs.yaml").write_text(text)
    return root


def _measured(histories: list[_History], size: int) -> dict[str, str]:
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
    figures["registry, MB"] = f"{_megabytes(home / 'registry' / 'git'):.1f}"
    figures["catalog, MB"] = f"{_megabytes(home / 'catalog'):.1f}"
    return figures


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


class _History:
    """A history that grows by whole streams of commits."""

    def __init__(self, services: Services, name: str) -> None:
        services.registry.agree("registry's own", "fingerprint", at=START)
        self._name = name
        self._git = services.lake.path("registry") / "git"
        self._store = services.lake.path("registry") / "objects"
        self._lineage = self._object("lineage", {"input_sha256": "i", "contract": "c",
                                      "transform_version": "1"})  # fmt: skip
        measured = tuple(Measurement(name=f"m{i}", value=i / 7, unit="", n=1) for i in range(10))
        verdict = Verdict(gate="drift", outcome="PASS", measurements=measured, policy_hash="p",
                          on_inconclusive="hold")  # fmt: skip
        self._verdicts = self._object(
            "verdicts", {"verdicts": {"drift": verdict.model_dump(mode="json")}}
        )
        self._last: Stored | None = None
        self._batches: dict[str, str] = {}

    def batch(self, number: int) -> str:
        return str(date(1990, 1, 1) + timedelta(days=number))

    def grow(self, size: int) -> None:
        """Release one batch after the other until there are so many snapshots."""
        head = git(self._git, "rev-parse", "main").decode().strip()
        number = self._last.snapshot.number if self._last else 0
        parts = []
        while number < size:
            number += 1
            files = self._release(number, self.batch(number - 1))
            files |= LAYOUT if number == 1 else {}
            change = _git.Change(files, f"Release {number}")
            at = START + timedelta(seconds=next(_SECONDS))
            stream = _git._stream(None if parts else head, change, at)
            parts.append(stream.removesuffix(b"done\n"))
        if parts:
            given = b"".join([*parts, b"done\n"])
            git(self._git, "fast-import", "--quiet", "--done", given=given)
            pack_if_due(self._git)
            # As packing does it, which isn't due where one stream wrote all at once.
            git(self._git, "commit-graph", "write", "--reachable", "--split")

    def took(self, version: str) -> None:
        """Go on from a snapshot that the registry made itself."""
        number = self._last.snapshot.number + 1 if self._last else 1
        batch = self.batch(number - 1)
        self._step(number, batch, version)

    def _release(self, number: int, batch: str) -> dict[str, bytes]:
        version = hashlib.sha256(f"{self._name} {batch}".encode()).hexdigest()[:32]
        data = self._object("data", {"batch": batch})
        made = BatchVersion(
            dataset=self._name, batch=batch, version=version, counts={"rows_in": 9, "held": 9},
            objects={"data": data, "lineage": self._lineage, "verdicts": self._verdicts},
            at=START, judged={"drift": START},
        )  # fmt: skip
        pointer = Pointer(dataset=self._name, snapshot=number, latest=number)
        return {
            version_file(self._name, batch, version).path: _dvc.render_dvc(made),
            pointer_file(self._name): render_pointer(pointer),
            **self._step(number, batch, version),
        }

    def _step(self, number: int, batch: str, version: str) -> dict[str, bytes]:
        self._batches = {**self._batches, batch: version}
        snapshot = Snapshot.model_construct(
            dataset=self._name, number=number, parent=number - 1 or None, batches=self._batches,
            batch=batch, forced=(), withdrawn=(), reason="every gate let it out", author="a",
            at=START + timedelta(seconds=number),
        )  # fmt: skip
        files, self._last = step_files(snapshot, self._last)
        return files

    def _object(self, name: str, content: dict[str, object]) -> StoredObject:
        data = json.dumps(content).encode()
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        path = self._store / "files" / "md5" / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return StoredObject(file=f"{name}.json", md5=md5, size=len(data))
