"""An ordered column: its test, its effects, its distribution over the reference's deciles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from assay.drift._measurements import Cell, ColumnDrift
from assay.drift.columns._column_task import ColumnTask
from assay.drift.columns._ordered_counts import OrderedCounts, count_ordered
from assay.drift.effects import effects_of_order
from assay.drift.tests import ORDERED_TESTS
from assay.engine import round12
from assay.statistics.sorted_blocks import Block


def compare_ordered(
    blocks: Iterable[Block], task: ColumnTask, test: str, time: bool, common: dict[str, Any]
) -> ColumnDrift:
    """One ordered column of reference and batch: its test, its effects, its bins.

    ``blocks`` are distinct values in order with both counts, microseconds for ``time``. ``common``
    has the fields of the result that are known already; without a value on either side it has no
    statistic.
    """
    n, m = common["n_reference"], common["n_current"]
    if not n or not m:
        return ColumnDrift(**common)
    chosen = ORDERED_TESTS[test]
    seen = count_ordered(blocks, n, m, anderson=chosen.needs_midranks)
    statistic, p, law = chosen.run(seen, task)
    return ColumnDrift(
        statistic=round12(statistic),
        p=p,
        law=law,
        effects=effects_of_order(seen, task),
        cells=() if task.classified else _bins(seen, common, time),
        **common,
    )


def _bins(seen: OrderedCounts, common: Mapping[str, Any], time: bool) -> tuple[Cell, ...]:
    """The reference's deciles, by their upper edges; extremes aren't among them."""
    counts, edges = seen.cells(seen.deciles)
    shown = [_moment(edge) if time else f"{edge:.6g}" for edge in edges]
    labels = [f"≤ {edge}" for edge in shown] + [f"> {shown[-1]}"]
    cells = [
        Cell(label=label, reference=int(r), current=int(c))
        for label, r, c in zip(labels, *counts, strict=True)
    ]
    missing = (common["missing_reference"], common["missing_current"])
    if any(missing):
        cells.append(Cell(label=None, reference=missing[0], current=missing[1]))
    return tuple(cells)


def _moment(microseconds: int) -> str:
    """A time for people: the day, and the minute where it isn't midnight."""
    text = str(np.datetime64(int(microseconds), "us"))[:16].replace("T", " ")
    return text.removesuffix(" 00:00")
