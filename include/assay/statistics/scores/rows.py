"""What a model says of rows, checked once before it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from assay.errors import InputError
from assay.statistics.scores.units import Array

ONE_EACH: Final = "Give one entry a row, in the order of the rows."


def binary(truth: Any) -> Array:
    """Whether rows are positive, (n,) of bool.

    Raises
    ------
    InputError
        If there is another value than false and true, 0 and 1; a missing one also.

    Examples
    --------
    >>> binary([0, 1, 1])
    array([False,  True,  True])
    """
    found = np.asarray(truth)
    if found.ndim != 1:
        raise InputError("the truth isn't one entry a row", got=found.shape, expected="shape (n,)")
    if found.dtype == bool:
        return found
    positive = found == 1
    if not bool((positive | (found == 0)).all()):
        raise InputError(
            "the truth has other values than 0 and 1", expected="0 and 1, or false and true",
            do="Compare the label with its favourable class, and leave out rows without a label.",
        )  # fmt: skip
    return np.asarray(positive, dtype=bool)


def numbers(values: Any, rows: int) -> Array:
    """Numbers of rows, (n,) of float64; NaN where one is missing.

    Raises
    ------
    InputError
        If there isn't one a row.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (rows,):
        raise InputError(
            "not one number a row", got=found.shape, expected=f"shape ({rows},)", do=ONE_EACH
        )
    return found


def missing_score(scores: Array) -> bool:
    """Whether a score is NaN. An infinite one has its place in the order."""
    return bool(np.isnan(scores).any())


def codes(labels: Any, classes: Sequence[Any], what: str) -> Array:
    """Place of each row's label among the classes, (n,) of int.

    Raises
    ------
    InputError
        If a label is missing or is no class.

    Examples
    --------
    >>> codes(["b", "a"], ["a", "b"], "truth")
    array([1, 0])
    """
    found = np.asarray(labels)
    if found.ndim != 1:
        raise InputError(f"the {what} isn't one label a row", got=found.shape, expected="(n,)")
    code = np.full(len(found), -1, dtype=np.int64)
    for place, name in enumerate(classes):
        code[found == name] = place
    if (code < 0).any():
        raise InputError(
            f"the {what} of {np.count_nonzero(code < 0):,} rows is none of the classes",
            expected=f"one of {len(classes)} classes",
            do="Declare every class of the label, and leave out rows without a label.",
        )
    return code
