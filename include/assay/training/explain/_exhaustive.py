"""All changes of one feature, then of two, then of more, as long as they are few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import prod
from typing import Final

import numpy as np

from assay.training.explain._options import Options
from assay.training.explain._space import Array

CANDIDATES: Final = 1_024
"""Most candidates of one row and one number of changes."""
_FEWEST: Final = 3
"""Fewest values of a feature that are worth combining."""

Row = Mapping[int, Array]
"""Codes by feature."""


def single_changes(row: Array, options: Row) -> Array:
    """All rows that differ from a row in one feature."""
    return combined(row, options, 1)


def kept_values(options: Row, margins: Mapping[int, Array], size: int) -> Row | None:
    """The values of each feature to combine, so that there are not too many combinations.

    Parameters
    ----------
    margins : mapping of int to array
        How far each value alone brings the row; where there are too many, the farthest are kept.

    Returns
    -------
    mapping or None
        None where so few values could be kept that combining them says little.
    """
    if size > len(options):
        return None
    counts = [len(codes) for codes in options.values()]
    most = max(counts)
    while _combinations([min(c, most) for c in counts], size) > CANDIDATES:
        most -= 1
        if most < _FEWEST:
            return None
    kept = {}
    for j, codes in options.items():
        best = np.argsort(-margins[j], kind="stable")[:most]
        kept[j] = codes[np.sort(best)]
    return kept


def _combinations(counts: Sequence[int], size: int) -> int:
    return sum(prod(chosen) for chosen in combinations(counts, size))


def combined(row: Array, options: Row, size: int) -> Array:
    """All rows that differ from a row in so many of the features."""
    parts = list(_combined(row, options, size))
    return np.concatenate(parts) if parts else np.empty((0, len(row)), dtype=row.dtype)


def _combined(row: Array, options: Row, size: int) -> Iterator[Array]:
    for chosen in combinations(options, size):
        grids = np.meshgrid(*(options[j] for j in chosen), indexing="ij")
        rows = np.repeat(row[None], grids[0].size, axis=0)
        for j, grid in zip(chosen, grids, strict=True):
            rows[:, j] = grid.ravel()
        yield rows


def closer(options: Options, row: Array, flip: Array, window: int | None, most: int) -> Array:
    """Rows like a flip in which one number is nearer to the row's own."""
    parts = []
    for j in np.flatnonzero(flip != row):
        if int(j) in options.thinned and row[j] != options.space.missing[j]:
            codes = options.nearer(int(j), int(row[j]), int(flip[j]), window, most)
            rows = np.repeat(flip[None], len(codes), axis=0)
            rows[:, j] = codes
            parts.append(rows)
    return np.concatenate(parts) if parts else np.empty((0, len(row)), dtype=row.dtype)
