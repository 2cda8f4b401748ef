"""The nearest rows, by a distance over numbers and levels."""

from __future__ import annotations

from typing import Final

import numpy as np

from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array

_BLOCK: Final = 512


def as_points(rows: CodedTable, scale: CodedTable) -> Array:
    """Rows as points (n, d), whose squared distance adds up over columns.

    A number counts in standard deviations of ``scale``, a level 1 where it differs; a missing
    number is at the mean, and differs by 1 from one that is there.
    """
    parts: list[Array] = []
    for column in rows.columns:
        values = rows.values[column.name]
        if column.levels is None:
            real = scale.values[column.name]
            missing = np.isnan(values)
            centred = (values - np.nanmean(real)) / (np.nanstd(real) or 1.0)
            parts += [np.where(missing, 0.0, centred)[:, None], missing[:, None].astype(float)]
        else:
            one_hot = np.zeros((len(values), len(column.levels) + 2))
            one_hot[np.arange(len(values)), values] = np.sqrt(0.5)
            parts.append(one_hot)
    return np.concatenate(parts, axis=1)


def nearest(points: Array, among: Array, number: int) -> Array:
    """Distances (n, number) of each point to the nearest of others, in ascending order.

    Examples
    --------
    >>> nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [3.0], [9.0]]), 2).tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    return _found(points, among, number)[1]


def nearest_places(points: Array, among: Array, number: int) -> Array:
    """Places (n, number) of the nearest of others, the nearest first."""
    return _found(points, among, number)[0]


def _found(points: Array, among: Array, number: int) -> tuple[Array, Array]:
    from threadpoolctl import threadpool_limits

    square = (among**2).sum(axis=1)
    places = np.empty((len(points), number), dtype=np.intp)
    distances = np.empty((len(points), number))
    with threadpool_limits(1):
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            away = square - 2 * (block @ among.T)
            chosen = np.argpartition(away, number - 1, axis=1)[:, :number]
            # Computed again by differences: near 0 the products above are not exact.
            gaps = block[:, None, :] - among[chosen]
            exact = np.sqrt((gaps**2).sum(axis=2))
            order = np.argsort(exact, axis=1, kind="stable")
            places[start : start + len(block)] = np.take_along_axis(chosen, order, axis=1)
            distances[start : start + len(block)] = np.take_along_axis(exact, order, axis=1)
    return places, distances
