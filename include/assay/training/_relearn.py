"""Refits on the same rows with other labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from assay.policy.model import ModelFile
from assay.training._fit import Fitted, explained, refit
from assay.training._pipeline import LAST, build_pipeline
from assay.training._predict import Predictions, predict, predict_prepared
from assay.training._table import TrainingTable
from assay.training._threads import one_result

Array = np.ndarray[Any, Any]


def relearn(
    model: ModelFile,
    learned: TrainingTable,
    labels: Iterable[Array],
    asked: TrainingTable,
    best: Mapping[str, Any],
) -> Iterator[Predictions]:
    """Refit a model on the same rows for each of several labels; give what each says of others.

    Preprocessing that learns from no label is the same for all of them and is fitted once.

    Parameters
    ----------
    labels : iterable of array (n,)
        Labels of the rows ``learned``.
    asked : TrainingTable
        The rows that are predicted.
    best : mapping
        The parameters that a search chose before.

    Raises
    ------
    InputError
        If scikit-learn refuses the rows.
    """
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    pipeline = build_pipeline(model, learned.scaler)
    pipeline.set_params(**{f"{LAST}__{name}": value for name, value in best.items()})
    columns, last = pipeline[:-1], pipeline[-1]
    if _learns_from_labels(columns[0]):
        for label in labels:
            yield predict(refit(model, replace(learned, label=label), best), asked.features)
        return
    with one_result(model.estimator.name, learned.rows), explained():
        rows, prepared = columns.fit_transform(learned.frame()), columns.transform(asked.frame())
    for label in labels:
        with one_result(model.estimator.name, learned.rows), explained():
            again = Pipeline([*columns.steps, (LAST, clone(last).fit(rows, label))])
        fitted = Fitted(again, model.features, learned.classes, model.label.favourable, dict(best))
        yield predict_prepared(fitted, prepared)


def _learns_from_labels(columns: Any) -> bool:
    """Whether a step of preprocessing is fitted on labels too, as a target encoder is."""
    from sklearn.utils import get_tags

    chains = [chain for _, chain, _ in columns.transformers if not isinstance(chain, str)]
    return any(get_tags(step).target_tags.required for chain in chains for _, step in chain.steps)
