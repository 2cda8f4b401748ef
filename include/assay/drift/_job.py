"""What the comparison of one column needs to know, and what both kinds of column share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.drift import _effects, _null
from assay.drift._model import Effect
from assay.engine import round12

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Job:
    """One column of one table to compare, and how."""

    name: str
    slice: str | None
    level: float
    seed: int
    rng: np.random.Generator
    classified: bool
    closed: tuple[str, ...] | None
    least_number: int | None


def divergences(table: Array, job: Job) -> tuple[Effect, Effect]:
    """PSI and Jensen-Shannon distance over cells; those empty on both sides don't count."""
    table = table[:, table.sum(axis=0) > 0]
    psi, distance = _null.divergence_nulls(table, job.level, job.rng)
    return (
        Effect(
            name="psi",
            value=round12(float(_effects.psi(*table))),
            null_quantile=round12(psi.quantile),
            law=psi.law,
        ),
        Effect(
            name="jensen_shannon",
            value=round12(float(_effects.jensen_shannon(*table))),
            null_quantile=round12(distance.quantile),
            law=distance.law,
        ),
    )
