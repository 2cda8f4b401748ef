"""What the comparison of one column needs to know, and what both kinds of column share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.drift._measurements import Effect
from assay.drift.effects import _formulas, _null_quantiles
from assay.engine import round12

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class ColumnTask:
    """One column of one table to compare, and how."""

    name: str
    slice: str | None
    level: float
    seed: int
    rng: np.random.Generator
    classified: bool
    closed: tuple[str, ...] | None
    least_number: int | None


def divergences(table: Array, task: ColumnTask) -> tuple[Effect, Effect]:
    """PSI and Jensen-Shannon distance over cells; those empty on both sides don't count."""
    table = table[:, table.sum(axis=0) > 0]
    psi, distance = _null_quantiles.divergence_nulls(table, task.level, task.rng)
    return (
        Effect(
            name="psi",
            value=round12(float(_formulas.psi(*table))),
            null_quantile=round12(psi.quantile),
            law=psi.law,
        ),
        Effect(
            name="jensen_shannon",
            value=round12(float(_formulas.jensen_shannon(*table))),
            null_quantile=round12(distance.quantile),
            law=distance.law,
        ),
    )
