"""100 M rows of 18 columns through every gate, each a process of its own, in bounded memory.

Validation of 42 expectations, cleaning (z-score clip, median imputation), drift of 16 columns
against a tenth of the rows, fairness by two attributes and their intersection on the cleaned rows.
No peer holds this much. A gate that ends in an error is told of, and the others go on; one whose
process tree took more than 4 GB is an error at the end. Needs some 40 GB below .cache/bench, and
takes them away again.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _measure import BenchError, Measured, measure
from _show import console, show
from _tables import CACHE, CATEGORIES, FLOATS, KEY, LEVELS, wide

ROWS = 100_000_000
LONG = True
MOST = 4.0
"""GB that a gate's process tree may take at its peak."""
ASSAY = Path(sys.executable).with_name("assay")


def run(rows: int) -> None:
    """Every gate in the order of a run, then what each took."""
    CACHE.mkdir(parents=True, exist_ok=True)
    data, reference = wide(rows), wide(max(1, rows // 10), seed=2)
    sides: list[Measured] = []
    faults: list[str] = []
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        for gate, command in _gates(folder, data, reference, rows):
            try:
                env = {"TMPDIR": str(folder)}
                found = measure(gate, command, rows=rows, env=env, accepts=(0, 1, 3))
            except BenchError as error:
                faults.append(f"{gate} failed: {error}")
                continue
            sides.append(found)
            console.print(
                f"  {gate}: {found.wall:.0f} s, {found.peak / 1e9:.2f} GB, {_said(found)}"
            )
    if rows == ROWS:
        data.unlink()
        reference.unlink()
    if sides:
        notes = [f"{one.name}: {_said(one)}" for one in sides]
        show(f"Every gate over {rows:,} x 18", sides, notes)
    faults += [f"{one.name} took {one.peak / 1e9:.2f} GB" for one in sides if one.peak / 1e9 > MOST]
    if faults:
        raise BenchError("\n".join(faults))


def _gates(
    folder: Path, data: Path, reference: Path, rows: int
) -> Iterator[tuple[str, list[str | Path]]]:
    cleaned = folder / "clean.parquet"
    if shutil.disk_usage(folder).free < 500 * rows:
        raise BenchError("not enough free space below .cache/bench")
    suite = _written(folder / "suite.json", {"name": "wide", "expectations": _suite(rows)})
    yield "validate", [ASSAY, "validate", data, "--suite", suite]
    policy = _written(folder / "cleaning.json", CLEANING)
    yield (
        "clean",
        [ASSAY, "clean", data, "--reference", reference, "--policy", policy, "--out", cleaned,
         "--json"],
    )  # fmt: skip
    policy = _written(folder / "drift.json", DRIFT)
    yield (
        "drift",
        [ASSAY, "drift", "--reference", reference, "--current", data, "--policy", policy, "--json"],
    )
    policy = _written(folder / "fairness.json", FAIRNESS)
    yield "fairness", [ASSAY, "fairness", cleaned, "--policy", policy, "--json"]


def _said(found: Measured) -> str:
    """The gate's outcome, from whatever shape its result has."""
    result: dict[str, Any] = found.result or {}
    if "statistics" in result:
        counted = result["statistics"]
        met = f"{counted['successful_expectations']} of {counted['evaluated_expectations']}"
        return f"{met} expectations are met"
    verdict = result.get("verdict", result)
    return str(verdict.get("outcome", "no outcome")) if isinstance(verdict, dict) else str(verdict)


def _written(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _suite(rows: int) -> list[dict[str, Any]]:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("column_values_to_be_unique", {"column": KEY}),
        ("table_row_count_to_be_between", {"min_value": rows, "max_value": rows}),
    ]
    for i, name in enumerate(FLOATS):
        asked += [
            ("column_values_to_not_be_null", {"column": name, "mostly": 0.95}),
            (
                "column_values_to_be_between",
                {"column": name, "min_value": i - 5, "max_value": i + 5, "mostly": 0.99},
            ),
            (
                "column_mean_to_be_between",
                {"column": name, "min_value": i - 0.5, "max_value": i + 0.5},
            ),
        ]
    for name in CATEGORIES:
        asked.append(("column_values_to_be_in_set", {"column": name, "value_set": list(LEVELS)}))
    return [
        {"type": f"expect_{kind}", "kwargs": kwargs, "severity": "warning", "meta": {}}
        for kind, kwargs in asked
    ]


CLEANING = {
    "on_inconclusive": "hold",
    "steps": [
        {
            "step": "outliers",
            "by": {"method": "zscore", "threshold": 4, "ddof": 1},
            "action": "clip",
            "columns": FLOATS,
        },
        {"step": "impute", "columns": {name: {"method": "median"} for name in FLOATS}},
    ],
}
DRIFT = {
    "on_inconclusive": "hold",
    "alpha": 0.01,
    "columns": {
        **{
            name: {"test": "kolmogorov_smirnov", "effect": "ks_statistic", "limit": 0.05}
            for name in FLOATS
        },
        **{
            name: {"test": "chi_square", "effect": "cramers_v", "limit": 0.05}
            for name in CATEGORIES
        },
    },
}
FAIRNESS = {
    "on_inconclusive": "hold",
    "roles": {"c2": "label", "c3": "prediction"},
    "favourable": ["a", "b", "c"],
    "meaning": "one of the three commonest levels",
    "alpha": 0.05,
    "least_number": 30,
    "attributes": {
        name: {"reference": "a", "required_groups": "all", "levels": LEVELS[1:]}
        for name in ("c0", "c1")
    },
    "intersections": [["c0", "c1"]],
    "intersection_depth": 2,
    "metrics": [
        {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8},
        {"metric": "equalized_odds", "max": 0.1},
    ],
}
