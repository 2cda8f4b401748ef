"""Labels that the other rows contradict, by confident learning.

A row's label is suspected if a model that was fitted on other rows is as sure of another class as
it usually is of rows that have that class (:mod:`assay.statistics.confident_learning`). The
probabilities are out of fold: no row is predicted by a fit that has seen its label.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from assay.errors import InputError
from assay.feedback._rows import Array
from assay.statistics.confident_learning import NO_CLASS, confident_classes

FitAndPredict = Callable[[Array, Array], Array]
"""Masks (n,) of rows to fit on, and of the m rows to predict → probabilities (m, k) of classes."""

SUSPECTED_LABEL: Final = "suspected label"
"""The mark of these rows."""
LABELS_AND_ERRORS: Final = (
    "A suspected label contradicts what the other rows lead one to expect, and so do hard rows: "
    "errors among them are expected to be more frequent. Their number says how many errors a wrong "
    "label may explain."
)


def suspect_labels(
    label: Array,
    classes: int,
    fit_and_predict: FitAndPredict,
    *,
    folds: int,
    seed: int,
    groups: Array | None = None,
) -> Array:
    """Mark the rows whose label a fit on the other rows contradicts.

    Parameters
    ----------
    label : array (n,) of int
        Classes, as places 0 to k − 1; each fold has about the same share of each.
    classes : int
        How many there are, k.
    fit_and_predict : callable
        Fits a model on some rows, and predicts others.
    folds : int
        Parts of the rows; each is predicted by a fit on the others.
    seed : int
        Of the folds.
    groups : array (n,) of int, optional
        Rows of a group stay in one fold.

    Returns
    -------
    array (n,) of bool
        A wrong mark is possible: a hard row may look like one of another class.

    Raises
    ------
    InputError
        If a class has fewer rows, or there are fewer groups, than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    counts = np.bincount(label, minlength=classes)
    fewest = int(counts[counts > 0].min()) if len(label) else 0
    if groups is not None:
        fewest = min(fewest, len(np.unique(groups)))
    if fewest < folds:
        raise InputError("a class has fewer rows than there are folds", got=fewest,
                         expected=f"at least {folds}")  # fmt: skip
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    found = np.empty((len(label), classes))
    for fitted, left in kind(folds, shuffle=True, random_state=seed).split(label, label, groups):
        masks = np.zeros((2, len(label)), dtype=bool)
        masks[0, fitted], masks[1, left] = True, True
        found[left] = fit_and_predict(*masks)
    true = confident_classes(label, found)
    return np.asarray((true != NO_CLASS) & (true != label))
