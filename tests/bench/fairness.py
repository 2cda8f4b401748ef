"""Fairness with intervals over 10 M rows, beside fairlearn's MetricFrame on what it can hold.

Three attributes, each pair of them and all three crossed, with their rates, comparisons, intervals
and verdict, as the command `assay fairness`. fairlearn gets 200 000 of the rows and one frame, all
three crossed, with its 20 bootstrap samples. Both on those 200 000 rows, every group's selection,
true positive and false positive rate must be equal.
"""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

from _measure import BenchError, Measured, measure, side
from _show import show
from _tables import CACHE, GROUPS, people

ROWS = 10_000_000
PEER_ROWS = 200_000
ASSAY = Path(sys.executable).with_name("assay")


def run(rows: int) -> None:
    """Both sides, then their rates group by group."""
    CACHE.mkdir(parents=True, exist_ok=True)
    policy = CACHE / "fairness.json"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    few = min(rows, PEER_ROWS)
    ours = _assay(f"assay fairness, {len(GROUPINGS)} groupings", people(rows), rows, policy)
    same = _assay("assay fairness, on fairlearn's rows", people(few), few, policy)
    peer = measure(
        "fairlearn, 1 grouping, n_boot=20", side("fairlearn_frame.py", people(few)), rows=few
    )
    _refuse_differences(same, peer)
    times = (ours.rows or 0) / ours.wall / ((peer.rows or 1) / peer.wall)
    cells = sum("p_adjusted" in m["detail"] for m in ours.result["measurements"])
    notes = [
        f"{times:,.0f} times fairlearn's rows a second, {cells} comparisons with their intervals",
        f"rates equal in all {len(peer.result)} groups of {few:,} rows",
    ]
    show("Fairness", [ours, same, peer], notes)


GROUPINGS = [c for depth in (1, 2, 3) for c in combinations(GROUPS, depth)]
POLICY = {
    "on_inconclusive": "hold",
    "roles": {"label": "label", "prediction": "prediction"},
    "favourable": 1,
    "meaning": "the loan is granted",
    "alpha": 0.05,
    "least_number": 30,
    "attributes": {
        name: {"reference": levels[0], "required_groups": "all", "levels": levels[1:]}
        for name, levels in GROUPS.items()
    },
    "intersections": [c for c in GROUPINGS if len(c) > 1],
    "intersection_depth": 3,
    "metrics": [
        {"metric": "disparate_impact", "outcome": "prediction", "min": 0.8},
        {"metric": "equalized_odds", "max": 0.1},
    ],
}


def _assay(name: str, data: Path, rows: int, policy: Path) -> Measured:
    command = [ASSAY, "fairness", data, "--policy", policy, "--json"]
    return measure(name, command, rows=rows, accepts=(0, 1, 3))


def _refuse_differences(ours: Measured, peer: Measured) -> None:
    found: dict[str, dict[str, Any]] = {}
    for m in ours.result["measurements"]:
        if m["column"] == " × ".join(GROUPS) and m["name"] in RATES:
            found.setdefault(m["group"], {})[m["name"]] = m["value"]
    for group, rates in peer.result.items():
        for name, value in rates.items():
            got = found.get(group, {}).get(name)
            if got is None or abs(got - value) > 1e-9:
                raise BenchError(f"{name} of {group}: {got} here, {value} by fairlearn")
    if found.keys() != peer.result.keys():
        raise BenchError(f"groups differ: {sorted(found.keys() ^ peer.result.keys())}")


RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
