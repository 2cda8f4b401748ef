"""Cleaning a Parquet file into another: z-score clip, median imputation, standardised file beside.

The peer is pandas with scikit-learn, which holds the table whole. Parameters and values must agree
within 1e-9.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from _measure import BenchError, Measured, measure, side
from _show import show
from _tables import CACHE, FLOATS, wide

ROWS = 10_000_000
PEER_HOLDS = 20_000_000
"""Rows beyond which the peer needs more memory than a small machine has, and isn't run."""
LIMIT = 4.0
CLOSE = 1e-9
_BLOCK = 250_000


def run(rows: int) -> None:
    """Clean the same file with both, compare every value, print both."""
    data = wide(rows)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        sides = [_assay(data, folder, rows)]
        notes = [
            f"{len(FLOATS)} columns: clip at |z| > {LIMIT:g}, median, standardised file beside"
        ]
        if rows <= PEER_HOLDS:
            (folder / "peer").mkdir()
            command = side("clean_pandas.py", data, folder / "peer", LIMIT)
            sides.append(measure("pandas + scikit-learn", command, rows=rows))
            notes.append(_compare(folder, sides[1].result))
        else:
            notes.append("the peer would hold the whole table in memory, and isn't run")
        show("Cleaning", sides, notes)


def _assay(data: Path, folder: Path, rows: int) -> Measured:
    policy = folder / "cleaning.json"
    steps: list[dict[str, Any]] = [
        {"step": "outliers", "columns": FLOATS, "action": "clip",
         "by": {"method": "zscore", "threshold": LIMIT, "ddof": 0}},
        {"step": "impute", "columns": {n: {"method": "median"} for n in FLOATS}},
        {"step": "scale", "columns": FLOATS, "method": "standardise", "output": "derived"},
    ]  # fmt: skip
    policy.write_text(json.dumps({"on_inconclusive": "hold", "steps": steps}))
    command = [
        *(sys.executable, "-c", "from assay.cli import main; main()", "clean", data),
        *("--policy", policy, "--reference", data, "--out", folder / "clean.parquet"),
        *("--report", folder / "report.json", "--json"),
    ]
    return measure("assay", command, rows=rows, env={"ASSAY_MEMORY": "1GB"})


def _compare(folder: Path, peer: dict[str, dict[str, float]]) -> str:
    state = json.loads((folder / "report.state.json").read_text())["steps"]
    for name, theirs in peer.items():
        clip, fill, scale = (state[i]["columns"][name]["values"] for i in range(3))
        ours = {"low": clip["low"], "high": clip["high"], "fill": fill["fill"],
                "center": scale["center"], "scale": scale["scale"]}  # fmt: skip
        for key, value in theirs.items():
            _alike(f"{key} of {name}", np.array(ours[key]), np.array(value))
    cells = 0
    for ours_name, theirs_name in (("clean", "clean"), ("clean.scaled", "scaled")):
        left, right = folder / f"{ours_name}.parquet", folder / "peer" / f"{theirs_name}.parquet"
        for a, b in zip(_blocks(left), _blocks(right), strict=True):
            for name in FLOATS:
                _alike(name, a[name].to_numpy(), b[name].to_numpy())
                cells += a.num_rows
    shutil.rmtree(folder / "peer")
    return f"{len(peer) * 5} parameters and {cells:,} cells agree within {CLOSE:g}"


def _blocks(path: Path) -> Iterator[Any]:
    return pq.ParquetFile(path).iter_batches(_BLOCK, columns=list(FLOATS))


def _alike(what: str, a: Any, b: Any) -> None:
    if not np.allclose(a, b, rtol=CLOSE, atol=CLOSE):
        raise BenchError(f"{what} differs by {float(np.max(np.abs(a - b)))}")
