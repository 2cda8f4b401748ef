"""A training run beside the bare fit of the same rows: read, gates and tracking included.

Both models of the demo, on its data: ten days of flights, four years of the census. The bare side
is a script that reads the released Parquet files into pandas, fits the same scikit-learn pipeline
on the same training rows and scores the same test rows. Assay is `assay train`: it reads from the
registry, joins, fits, judges by every gate, registers the version and sends it to MLflow, whose
tables are there, as they are once `assay up` has run.

Each side prints its seconds from the end of its first imports ("inside"), too. A third row trains
in a process that has trained the other model before, as a notebook or a worker of Airflow has, so
that no import is counted on either side: its inside stands beside the bare fit's. The aim is that
a training run adds 3 seconds at most.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from _measure import BenchError, Measured, measure, side
from _show import console
from _tables import CACHE
from rich.table import Table

ROWS = 1
MODELS = ("late_arrival", "employment")
HOME = CACHE / "released"


def run(rows: int) -> None:
    """Both models on both sides, their figures compared."""
    del rows
    _release()
    table = Table(title="A training run and the bare fit", title_justify="left", box=None)
    heads = (
        "model",
        "rows",
        "side",
        "whole s",
        "inside s",
        "CPU s",
        "peak GB",
        "adds: whole",
        "inside",
    )
    for head in heads:
        table.add_column(head, justify="left" if head in {"model", "side"} else "right")
    for model in MODELS:
        bare, ours, warm = _sides(model)
        for one in (ours, warm):
            _compare(model, bare, one)
        rows_ = f"{bare.result['rows']:,}"
        table.add_row(model, rows_, "bare fit", *_figures(bare), "", "")
        adds = (ours.wall - bare.wall, ours.result["inside"] - bare.result["inside"])
        table.add_row("", "", "assay train", *_figures(ours), *(f"{one:+.1f}" for one in adds))
        alone = (
            f"{warm.result['inside']:.1f}",
            f"{warm.result['inside'] - bare.result['inside']:+.1f}",
        )
        table.add_row("", "", "the same, all imported", "", alone[0], "", "", "", alone[1])
    console.print(table)
    console.print(
        f"  equal: the area under the ROC curve on the test rows\n"
        f"  {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} over the last minute\n"
    )


def _release() -> None:
    """Release the demo's batches in a home of its own, with MLflow's tables, once."""
    if not (HOME / "released").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        measure("releasing the demo's data", side("release_demo.py", HOME))
        (HOME / "released").touch()
    if not (HOME / "mlflow" / "mlflow.db").exists():
        measure("making MLflow's tables", side("prepare_tracking.py", HOME))


def _sides(model: str) -> tuple[Measured, Measured, Measured]:
    """The bare fit, the training run, and the run in a process that has trained the other model."""
    bare = measure(f"bare fit of {model}", side("bare_fit.py", HOME, model))
    others = [other for other in MODELS if other != model]
    return bare, _trained(model), _trained(*others, model)


def _trained(*models: str) -> Measured:
    """Training runs in a copy of the home, where nothing is trained yet."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        home = Path(folder) / "home"
        shutil.copytree(HOME, home, symlinks=True)
        env = {"ASSAY_HOME": str(home), "ASSAY_PROJECT": str(Path(__file__).parents[2])}
        name = f"training {' and then '.join(models)}"
        return measure(name, side("train_timed.py", *models), env=env, accepts=(0, 1))


def _compare(model: str, bare: Measured, ours: Measured) -> None:
    areas = bare.result["roc_auc"], ours.result["roc_auc"]
    if not math.isclose(*areas, rel_tol=1e-9):
        raise BenchError(f"{model}: the bare fit has an area of {areas[0]}, Assay {areas[1]}")


def _figures(one: Measured) -> list[str]:
    result: dict[str, Any] = one.result
    figures = [f"{v:.1f}" for v in (one.wall, result["inside"], one.cpu)]
    return [*figures, f"{one.peak / 1e9:.2f}"]
