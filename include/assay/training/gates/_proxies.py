"""Features that stand for a protected attribute: each alone, and all together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.policy.model import ModelFile
from assay.statistics.keyed_order import row_draws
from assay.statistics.scores.delong import auc
from assay.statistics.scores.estimate import Estimate
from assay.training._table import TrainingTable
from assay.training.gates._figures import level_names
from assay.training.gates._single import Levels, learn, said_by, sample

Array = np.ndarray[Any, Any]

ALL: Final = "(all features)"
_FOLDS: Final = 2
_ROWS: Final = 6_000


@dataclass(frozen=True)
class Proxy:
    """How well a feature tells one level of an attribute from the others, on rows unseen."""

    feature: str
    attribute: str
    level: str
    area: Estimate


def measure_proxies(
    table: TrainingTable, model: ModelFile, named: Mapping[str, Collection[str]]
) -> tuple[Proxy, ...]:
    """Measure how well features predict each protected attribute, of at most 6 000 rows.

    Each row is scored by a small tree that was fitted on the other half. A level with fewer rows
    than the least number is left out. The intervals are at 1 − alpha over the number of features.
    """
    taken = table.only(sample(table, model.split.seed, _ROWS))
    frame = taken.frame()
    columns = {n: frame[n].to_numpy() for n in frame.columns if n not in model.protected}
    folds = row_draws(taken.batch, taken.id, model.split.seed, "proxies") < 1 / _FOLDS
    found = []
    for attribute in model.protected:
        levels = level_names(taken.watched.column(attribute).to_pylist(), named.get(attribute))
        for level, positive in _levels(levels, model.gates.performance.least_number):
            alpha = model.gates.alpha / (len(columns) + 1)
            for name, scores in _scores(columns, positive, folds):
                area = auc(positive, scores, alpha=alpha)
                found.append(Proxy(name, attribute, level, area))
    return tuple(found)


def _levels(levels: Array, least: int) -> Iterator[tuple[str, Array]]:
    """Each level with its rows; of two levels only the rarer."""
    names, rows = np.unique(levels, return_counts=True)
    wanted = names[np.argsort(rows, kind="stable")][: 1 if len(names) == 2 else None]
    for level in sorted(wanted):
        positive = levels == level
        if min(positive.sum(), (~positive).sum()) >= least:
            yield str(level), positive


def _scores(
    columns: Mapping[str, Array], positive: Array, folds: Array
) -> Iterator[tuple[str, Array]]:  # fmt: skip
    together: dict[str, list[Array]] = {}
    for name, column in columns.items():
        scores = np.zeros(len(positive))
        for held in (folds, ~folds):
            numbers = Levels(column[~held], positive[~held].astype(float))
            tree = learn(numbers.of(column[~held]), positive[~held], classes=True)
            scores[held] = said_by(tree, numbers.of(column[held]), classes=True)[:, -1]
            together.setdefault(name, []).append(numbers.of(column))
        yield name, scores
    if len(columns) > 1:
        yield ALL, _all(together, positive, folds)


def _all(together: Mapping[str, list[Array]], positive: Array, folds: Array) -> Array:
    from sklearn.ensemble import HistGradientBoostingClassifier

    scores = np.zeros(len(positive))
    for place, held in enumerate((folds, ~folds)):
        rows = np.hstack([parts[place] for parts in together.values()])
        boosted = HistGradientBoostingClassifier(
            max_iter=30, max_leaf_nodes=8, early_stopping=False, random_state=0
        ).fit(rows[~held], positive[~held])
        scores[held] = boosted.predict_proba(rows[held])[:, -1]
    return scores
