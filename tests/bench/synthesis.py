"""Made rows of the census income data: the network beside the copula that it must beat.

Each is fitted on `adult.data` and judged by `adult.test`: how alike columns and pairs are (one
minus the mean distance), the AUC of a model that learned from made rows and is tested on real ones,
the median distance to the nearest row that was learned from and to the nearest of as many others,
the share of made rows that are nearer to the former, and the AUC of guessing who was learned from.
It needs ASSAY_ORACLE_DATA.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from _measure import BenchError
from _show import console
from rich.table import Table

from assay.policy.synthesis import SynthesisPolicy
from assay.synthesis import CodedTable, code_table, describe_columns, fit_copula, generate
from assay.synthesis.gan import train_gan
from assay.synthesis.judging import measure_synthesis
from assay.synthesis.raking import rake

ROWS = 30_162
EPOCHS = 30
LEAST = 5
POLICY = SynthesisPolicy.model_validate({
    "on_inconclusive": "hold", "method": "best", "network": {"epochs": EPOCHS}, "seed": 1,
    "alpha": 0.05, "least_number": LEAST, "most_levels": 60, "most_rows": 100_000,
    "rows": ROWS, "rake": True,
    "fidelity": {"column": 0.1, "pair": 0.2, "rationale": "measured, not judged"},
    "utility": {"label": "income", "positive": 1, "most_lost": 0.1, "rationale": "as above"},
    "privacy": {"nearer": 0.55, "ratio_gap": 0.05, "membership_auc": 0.55, "rare": 0.05,
                "rationale": "as above"},
    "bias": {"attributes": {"sex": "Male"}, "label": "income", "favourable": 1, "share": 0.05,
             "rate": 0.05, "impact": 1.25, "rationale": "as above"},
})  # fmt: skip


def run(rows: int) -> None:
    """Fit, draw, measure and print."""
    if "ASSAY_ORACLE_DATA" not in os.environ:
        raise BenchError("ASSAY_ORACLE_DATA names no folder with the census income data")
    learned, held = _data(rows)
    made: dict[str, tuple[Any, float, float]] = {}
    made["copula"] = _timed(lambda: fit_copula(learned))
    made["network"] = _timed(lambda: train_gan(learned, epochs=EPOCHS, batch=500, seed=1))
    for name in ("copula", "network"):
        model, wall, cpu = made[name]
        raked, more, more_cpu = _timed(lambda model=model: rake(model, learned, seed=1))
        made[f"{name}, raked"] = raked, wall + more, cpu + more_cpu
    table = Table(title=f"Made rows of the census, {len(learned):,} learned from", box=None,
                  title_justify="left", pad_edge=False)  # fmt: skip
    heads = ("", "wall s", "CPU s", "columns", "pairs", "AUC", "to learned", "to held", "nearer",
             "membership", "impact of women")  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right" if head else "left")
    for name, (model, wall, cpu) in made.items():
        table.add_row(name, f"{wall:.0f}", f"{cpu:.0f}", *_figures(model, learned, held))
    console.print(table)


def _figures(model: Any, learned: CodedTable, held: CodedTable) -> list[str]:
    rows = generate(model, len(learned), seed=1).rows
    found = measure_synthesis(learned, held, rows, POLICY)
    privacy, utility = found.privacy, found.utility
    impact = next(g.impact for g in found.groups if g.impact is not None)
    return [
        f"{found.column_fidelity:.3f}", f"{found.pair_fidelity:.3f}",
        f"{utility.made.value:.3f}",
        f"{privacy.distance_learned:.3f}", f"{privacy.distance_held:.3f}",
        f"{privacy.nearer.value:.3f}", f"{privacy.membership.value:.3f}", f"× {impact.value:.2f}",
    ]  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, time.perf_counter() - wall, time.process_time() - cpu


def _data(rows: int) -> tuple[CodedTable, CodedTable]:
    from sides.adult_model import read

    tables = [
        pa.Table.from_pandas(read(name), preserve_index=False)
        for name in ("adult.data", "adult.test")
    ]
    learned = tables[0].slice(0, rows)
    columns = describe_columns(
        learned, learned.column_names, least_number=LEAST, most_levels=60
    )  # fmt: skip
    coded = [code_table(table, columns) for table in (learned, tables[1])]
    return tuple(side.take(side.known) for side in coded)
