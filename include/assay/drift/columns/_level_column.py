"""A column of levels: homogeneity, effects, unseen levels, and what of it may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from assay.drift._measurements import Cell, ColumnDrift
from assay.drift.columns._column_task import ColumnTask
from assay.drift.columns._counted_table import Levels
from assay.drift.effects import effects_of_levels
from assay.drift.tests import LEVEL_TESTS
from assay.engine import round12

Array = np.ndarray[Any, Any]
_SHOWN: Final = 20


def compare_levels(
    reference: Levels, current: Levels, task: ColumnTask, common: dict[str, Any]
) -> ColumnDrift:
    """One column of levels in reference and batch: its test, its effects, its levels.

    Without a row on either side it has no statistic.
    """
    rows, rows_before = sum(current.values()), sum(reference.values())
    for side, levels in (("reference", reference), ("current", current)):
        whole, missing = sum(levels.values()), levels.get(None, 0)
        common |= {f"rows_{side}": whole, f"missing_{side}": missing, f"n_{side}": whole - missing}
    if not rows or not rows_before:
        return ColumnDrift(**common)
    # Code points are in the order of their bytes, so that this is the engine's order.
    names = sorted({*reference, *current}, key=lambda name: (name is not None, name or ""))
    table = np.array([[side.get(name, 0) for name in names] for side in (reference, current)])
    test = LEVEL_TESTS[common["test"]](table, task.level, task.rng)
    new = (table[0] == 0) & np.array([name is not None for name in names])
    return ColumnDrift(
        statistic=round12(test.statistic),
        p=test.p,
        law=test.law,
        effects=effects_of_levels(test, table, task),
        unseen=int(table[1][new].sum()),
        cells=_shown(names, table, task),
        **common,
    )


def _shown(names: Sequence[str | None], table: Array, task: ColumnTask) -> tuple[Cell, ...]:
    """The most frequent levels by name, the rest together.

    Of a classified column only levels of the contract's closed list are named, and only where both
    counts reach the least number; everything else is `other`, and where that is a small count too,
    nothing is shown, since it could be computed from the total.
    """
    order = sorted(range(len(names)), key=lambda i: (-int(table[:, i].sum()), names[i] or ""))
    cells: list[Cell] = []
    other = np.zeros(2, dtype=np.int64)
    for i in order:
        if len(cells) < _SHOWN and _may_show(names[i], table[:, i], task):
            cells.append(Cell(label=names[i], reference=int(table[0, i]), current=int(table[1, i])))
        else:
            other += table[:, i]
    least = task.least_number or 0
    if task.classified and (not cells or any(0 < rows < least for rows in other)):
        return ()
    if other.any():
        cells.append(Cell(label="(other)", reference=int(other[0]), current=int(other[1])))
    return tuple(cells)


def _may_show(name: str | None, counts: Array, task: ColumnTask) -> bool:
    if not task.classified:
        return True
    if task.least_number is None or int(counts.min()) < task.least_number:
        return False
    return name is None or (task.closed is not None and name in task.closed)
