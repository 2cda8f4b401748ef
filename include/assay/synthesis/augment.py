"""More rows of a class: noise, SMOTE, and mixup within the class.

For training rows alone: a row that is made from two others says nothing new about test rows.

References
----------
Chawla NV, Bowyer KW, Hall LO, Kegelmeyer WP (2002), SMOTE: synthetic minority over-sampling
technique, https://doi.org/10.1613/jair.953 (SMOTE, and SMOTE-NC for numbers beside levels).
Zhang H, Cisse M, Dauphin YN, Lopez-Paz D (2018), mixup: beyond empirical risk minimization,
https://doi.org/10.48550/arXiv.1710.09412.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from assay.errors import InputError, unknown
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.synthesis.judging._nearest import as_points, nearest_places

Random = np.random.Generator
AugmentMethod = Literal["noise", "smote", "mixup"]


@dataclass(frozen=True)
class Augmentation:
    """How rows are made of others of the same class.

    Parameters
    ----------
    method : {"noise", "smote", "mixup"}
        ``noise``: a row's numbers, moved a little. ``smote``: a place between a row and one of its
        nearest; each level is the commonest of the nearest. ``mixup``: a place between any two
        rows, near one of them; each level is of either.
    reach : float
        Of noise: its standard deviation, in those of the column within the class.
    neighbours : int
        Of SMOTE: nearest rows.
    shape : float
        Of mixup: both parameters of the Beta law that the place is drawn from.
    """

    method: AugmentMethod
    reach: float = 0.1
    neighbours: int = 5
    shape: float = 0.4


def balanced(rows: CodedTable, label: str) -> dict[int, int]:
    """How many rows each class needs to have as many as the largest; by place of its level."""
    column = _label(rows, label)
    counts = np.bincount(rows.values[label], minlength=len(column.levels or ()))
    counts = counts[: len(column.levels or ())]
    return {i: int(counts.max() - n) for i, n in enumerate(counts) if 0 < n < counts.max()}


def augment_rows(
    rows: CodedTable, label: str, wanted: Mapping[int, int], how: Augmentation, *, seed: int
) -> CodedTable:
    """Make rows of some classes.

    Parameters
    ----------
    rows : CodedTable
        Training rows.
    label : str
        Column of the class.
    wanted : mapping of int to int
        Place of a level to how many rows of it to make; see :func:`balanced`.
    how : Augmentation
    seed : int
        The same gives the same rows.

    Returns
    -------
    CodedTable
        The made rows alone, class by class. Numbers stay within the column's ends, with its
        decimals. A number that is missing in either row is that of the first.

    Raises
    ------
    InputError
        If there is no such column with levels, or a class has fewer than two rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.synthesis import code_table, describe_columns
    >>> rows = pa.table({"x": [0.0, 1.0, 8.5, 9.0, 9.5], "y": ["a", "a", "b", "b", "b"]})
    >>> coded = code_table(rows, describe_columns(rows, ["x", "y"], least_number=1, most_levels=9))
    >>> made = augment_rows(coded, "y", balanced(coded, "y"), Augmentation("smote"), seed=1)
    >>> made.values["y"].tolist(), bool((made.values["x"] <= 1).all())
    ([0], True)
    """
    _label(rows, label)
    random = np.random.default_rng(seed)
    parts = [rows.take(slice(0))]
    for place, number in wanted.items():
        mine = rows.take(rows.values[label] == place)
        if len(mine) < 2:
            raise InputError("a class has too few rows", where=label, got=f"{len(mine)} rows",
                             expected="at least 2", do="Leave it out.")  # fmt: skip
        parts.append(_METHODS[how.method](mine, number, how, random))
    whole = {name: np.concatenate([part.values[name] for part in parts]) for name in rows.values}
    return CodedTable(rows.columns, whole)


def _noise(rows: CodedTable, number: int, how: Augmentation, random: Random) -> CodedTable:
    base = rows.take(random.integers(0, len(rows), number))
    found = {}
    for column in rows.columns:
        values = base.values[column.name]
        if column.number:
            spread = np.nanstd(rows.values[column.name])
            values = column.rounded(values + how.reach * spread * random.standard_normal(number))
        found[column.name] = values
    return CodedTable(rows.columns, found)


def _smote(rows: CodedTable, number: int, how: Augmentation, random: Random) -> CodedTable:
    k = min(how.neighbours, len(rows) - 1)
    first = random.integers(0, len(rows), number)
    points = as_points(rows, rows)
    asked, place = np.unique(first, return_inverse=True)
    near = _without_itself(nearest_places(points[asked], points, k + 1), asked)[place]
    second = near[np.arange(number), random.integers(0, k, number)]
    share = random.random(number)
    found = {}
    for column in rows.columns:
        values = rows.values[column.name]
        if column.number:
            found[column.name] = _between(column, values[first], values[second], share)
        else:
            found[column.name] = _commonest(values[near])
    return CodedTable(rows.columns, found)


def _mixup(rows: CodedTable, number: int, how: Augmentation, random: Random) -> CodedTable:
    first, second = random.integers(0, len(rows), (2, number))
    share = random.beta(how.shape, how.shape, number)
    found = {}
    for column in rows.columns:
        values = rows.values[column.name]
        if column.number:
            found[column.name] = _between(column, values[first], values[second], share)
        else:
            other = random.random(number) < share
            found[column.name] = np.where(other, values[second], values[first])
    return CodedTable(rows.columns, found)


_METHODS: Final[Mapping[str, Callable[[CodedTable, int, Augmentation, Random], CodedTable]]] = {
    "noise": _noise, "smote": _smote, "mixup": _mixup,
}  # fmt: skip


def _between(column: Column, first: Array, second: Array, share: Array) -> Array:
    made = first + share * (second - first)
    return column.rounded(np.where(np.isnan(made), first, made))


def _without_itself(near: Array, asked: Array) -> Array:
    """The nearest without the row itself; of equal rows it may not be the first."""
    own = near == asked[:, None]
    own[~own.any(axis=1), -1] = True  # many equal rows: the farthest is left out
    return np.asarray(near[~own].reshape(len(near), -1))


def _commonest(codes: Array) -> Array:
    """The commonest code (n,) of each row (n, k); of several the nearest row's."""
    counts = (codes[:, :, None] == codes[:, None, :]).sum(axis=2)
    return np.asarray(codes[np.arange(len(codes)), counts.argmax(axis=1)])


def _label(rows: CodedTable, label: str) -> Column:
    names = [c.name for c in rows.columns if c.levels is not None]
    if label not in names:
        raise InputError("no such column with levels", **unknown(label, names))
    return next(c for c in rows.columns if c.name == label)
