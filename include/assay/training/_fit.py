"""Fitting a model, so that the same rows and the same file give the same parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.training._pipeline import LAST, build_pipeline, encoded_widths
from assay.training._search import searched
from assay.training._split import Split
from assay.training._table import TrainingTable
from assay.training._threads import one_result, without_threads

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what is needed to use it.

    Parameters
    ----------
    estimator : object
        A pipeline of scikit-learn that takes a frame with the features.
    features : tuple of str
        In their order.
    classes : tuple of str
        Class names by code; empty for a number.
    favourable : str or None
        The class that probabilities and figures are about, where there are two.
    best_params : mapping
        The parameters that a search chose; empty without one.
    converged : bool
        Whether the optimiser says that it came to an end.
    seconds : float
        What fitting took, the search included; no part of what identifies the model.
    """

    estimator: Any
    features: tuple[str, ...]
    classes: tuple[str, ...]
    favourable: str | None
    best_params: Mapping[str, Any] = field(default_factory=dict)
    converged: bool = True
    seconds: float = field(default=0.0, compare=False)

    @property
    def widths(self) -> dict[str, int]:
        """Feature → how many columns the estimator gets of it, where each column has one origin."""
        return encoded_widths(self.estimator, self.features)


def fit(
    model: ModelFile,
    table: TrainingTable,
    split: Split,
    enlarge: Callable[[TrainingTable], TrainingTable] | None = None,
) -> Fitted:
    """Fit the model of a file on the training rows.

    The same table, split and file give the same parameters bit for bit, on any number of threads.

    Parameters
    ----------
    enlarge : callable, optional
        Gives the training rows with others that are made of them. A search sees real rows alone:
        a row that is made of one fold's rows says nothing new about them.

    Raises
    ------
    PolicyError
        If the file names a class or parameter that doesn't exist.
    InputError
        If scikit-learn refuses the rows.
    """
    train = table.only(split.train)
    started = time.perf_counter()
    if enlarge is None:
        fitted = _fit_searched(model, train)
    else:
        best = _fit_searched(model, train).best_params if model.estimator.search else {}
        fitted = refit(model, enlarge(train), best)
    return replace(fitted, seconds=time.perf_counter() - started)


def _fit_searched(model: ModelFile, train: TrainingTable) -> Fitted:
    """Fit on training rows, after the search where the file has one."""
    pipeline = build_pipeline(model, train.scaler)
    with one_result(model.estimator.name, train.rows), explained() as warned:
        estimator, best = searched(model, train, pipeline)
        without_threads(estimator)
    return Fitted(
        estimator, model.features, train.classes, model.label.favourable, best,
        converged=not warned,
    )  # fmt: skip


def refit(model: ModelFile, table: TrainingTable, best: Mapping[str, Any]) -> Fitted:
    """Fit once more on other rows or labels, with the parameters that a search chose before."""
    pipeline = build_pipeline(model, table.scaler)
    pipeline.set_params(**{f"{LAST}__{name}": value for name, value in best.items()})
    with one_result(model.estimator.name, table.rows), explained() as warned:
        estimator = without_threads(pipeline.fit(table.frame(), table.label))
    return Fitted(
        estimator, model.features, table.classes, model.label.favourable, dict(best),
        converged=not warned,
    )  # fmt: skip


@contextmanager
def explained() -> Iterator[list[Any]]:
    """Collect warnings that an optimiser didn't come to an end; explain a refusal of the rows."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    warned: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            yield warned
        except (ValueError, TypeError) as exc:
            raise InputError(
                "scikit-learn refuses the training rows", where="estimator", got=_first_line(exc),
                do="Add a step of preprocessing (SimpleImputer for missing values, OneHotEncoder "
                "for text), or take an estimator that needs none.",
            ) from exc  # fmt: skip
        warned += [w for w in caught if issubclass(w.category, ConvergenceWarning)]


def _first_line(error: Exception) -> str:
    """What scikit-learn says, without the values of rows that it may quote."""
    said = str(error).strip().split("\n")[0]
    return type(error).__name__ if "could not convert" in said else said
