"""The task of comparing one column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
