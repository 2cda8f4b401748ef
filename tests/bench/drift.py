"""Drift of one table against another: 12 floats and 4 categories, beside Evidently's preset.

Evidently needs an older pandas, so that it has an environment of its own below .cache/bench, made
here at first use by what evidently.txt pins. What is the same statistic in both must be equal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _environment import environment
from _measure import BenchError, Measured, measure, side
from _show import show
from _tables import CACHE, CATEGORIES, FLOATS, wide

ROWS = 1_000_000
MOST_PEER_ROWS = 2_000_000
"""Beyond, Evidently is left out: it takes minutes and the memory of the machine."""
SHIFT = 0.01


def run(rows: int) -> None:
    """Measure both sides, hold their statistics against each other, print them side by side."""
    reference, current = wide(rows, seed=1), wide(rows, seed=2, shift=SHIFT)
    policy = _policy(rows)
    ours = measure(
        "Assay", side("drift_assay.py", reference, current, policy), rows=rows, accepts=(0, 1)
    )
    sides: list[Measured] = [ours]
    if rows <= MOST_PEER_ROWS:
        python = environment("evidently", "evidently.presets")
        for name, asked in (("Evidently, its defaults", "default"), ("Evidently, KS", "ks"),
                            ("Evidently, Anderson-Darling", "anderson")):  # fmt: skip
            command = side("drift_evidently.py", reference, current, asked, python=python)
            sides.append(measure(name, command, rows=rows))
        notes = [_compared(ours.result, sides[2].result)]
    else:
        notes = [f"Evidently is left out above {MOST_PEER_ROWS:,} rows."]
    notes.append(
        "Assay: KS on six columns, Anderson-Darling on six, chi-square on four, five effect sizes "
        "with their null quantiles."
    )
    show(f"Drift of {rows:,} x 16 against as many", sides, notes)


def _policy(rows: int) -> Path:
    tests = ("kolmogorov_smirnov", "anderson_darling")
    columns: dict[str, dict[str, Any]] = {
        name: {"test": tests[i % 2], "effect": "ks_statistic", "limit": 0.05}
        for i, name in enumerate(FLOATS)
    }
    for name in CATEGORIES:
        columns[name] = {"test": "chi_square", "effect": "cramers_v", "limit": 0.05}
    path = CACHE / f"drift-{rows}.yaml"
    document = {"on_inconclusive": "hold", "alpha": 0.01, "columns": columns}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _compared(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Every p that both have by the same law, within 1e-6 of each other or of its size."""
    worst, compared = 0.0, 0
    for name, p in theirs.items():
        mine = ours["ks_p"].get(name, ours["chi_square_p"].get(name))
        if mine is None:
            raise BenchError(f"Assay has no p of {name}")
        gap = abs(mine - p) / max(p, 1e-12)
        worst, compared = max(worst, min(gap, abs(mine - p) * 1e6)), compared + 1
        if gap > 1e-4 and abs(mine - p) > 1e-9:
            raise BenchError(f"{name}: p is {mine} here and {p} there")
    return f"{compared} p-values (KS of 12 columns, as scipy has them) are equal."
