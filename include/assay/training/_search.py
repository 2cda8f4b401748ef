"""The search for the best hyperparameters, on folds that keep subjects whole and time in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from assay.errors import InputError
from assay.policy.model import ModelFile, Search
from assay.training._pipeline import LAST
from assay.training._split import fold_numbers, fold_pairs
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]


def searched(model: ModelFile, train: TrainingTable, pipeline: Any) -> tuple[Any, dict[str, Any]]:
    """Fit a pipeline on training rows, with the best parameters where the file has a search.

    Returns
    -------
    tuple
        The fitted pipeline, and the parameters that were chosen (none without a search).

    Raises
    ------
    InputError
        If there are too few rows for the folds.
    """
    asked = model.estimator.search
    if asked is None:
        return pipeline.fit(train.frame(), train.label), {}
    found = _search(model, asked, train, pipeline).fit(train.frame(), train.label)
    best = {name.removeprefix(f"{LAST}__"): value for name, value in found.best_params_.items()}
    return found.best_estimator_, best


def _search(model: ModelFile, asked: Search, train: TrainingTable, pipeline: Any) -> Any:
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - it registers the class
    from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV

    folds = fold_numbers(train, model, asked.folds)
    pairs = fold_pairs(folds, asked.folds, in_order=bool((folds < 0).any()))
    if len(pairs) < 2:
        raise InputError(
            "too few rows for the folds of the search", where="estimator.search.folds",
            got=asked.folds, do="Take fewer folds, or more batches.",
        )  # fmt: skip
    space = {f"{LAST}__{name}": list(values) for name, values in asked.space.items()}
    common: dict[str, Any] = {
        "scoring": _scoring(asked.metric, model, train), "cv": pairs, "n_jobs": 1,
        "error_score": "raise",
    }  # fmt: skip
    if asked.method == "grid":
        return GridSearchCV(pipeline, space, **common)
    seed = model.estimator.seed
    if asked.method == "random":
        common["n_iter"] = min(asked.candidates or 1, _combinations(space))
        return RandomizedSearchCV(pipeline, space, random_state=seed, **common)
    return HalvingGridSearchCV(pipeline, space, random_state=seed, **common)


def _combinations(space: dict[str, list[Any]]) -> int:
    return int(np.prod([len(values) for values in space.values()]))


def _scoring(metric: str, model: ModelFile, train: TrainingTable) -> Any:
    """The scorer; with two classes precision, recall and F1 are of the favourable one."""
    from sklearn import metrics

    if len(train.classes) == 2 and metric in {"precision", "recall", "f1", "jaccard"}:
        place = train.classes.index(str(model.label.favourable))
        return metrics.make_scorer(getattr(metrics, f"{metric}_score"), pos_label=place)
    return metrics.get_scorer(metric)
