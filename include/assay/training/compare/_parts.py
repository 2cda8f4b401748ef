"""The parts of every metric's change between two training runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from assay.policy.model import ModelFile
from assay.statistics.scores.estimate import Estimate
from assay.training._predict import Predictions
from assay.training._table import TrainingTable
from assay.training.compare._row_scores import metrics_of, row_scores
from assay.training.compare._shapley import split_change
from assay.verdict import Frozen

FactorName = Literal["data", "preprocessing", "hyperparameters"]
LESS_IS_BETTER: Final = frozenset({"log_loss", "brier", "mae", "rmse"})


class Factor(Frozen):
    """One of the things in which two runs may differ, and how they do.

    Parameters
    ----------
    says : tuple of str
        The differences in words; empty where the two are equal.
    """

    name: FactorName
    says: tuple[str, ...] = ()


class Crossing(Frozen):
    """A model with some factors of the first run and the others of the second.

    Parameters
    ----------
    second : tuple of str
        The factors that are the second run's; none for the first run itself.
    how : {'registered', 'refitted', 'found'}
        Where its predictions come from: the registered model of one of the runs, a refit, or a
        refit of an earlier comparison.
    """

    second: tuple[str, ...]
    how: Literal["registered", "refitted", "found"]


class SplitMetric(Frozen):
    """The change of one metric, and the part of each factor that differs; the parts add up to it.

    Parameters
    ----------
    values : tuple of float or None
        The metric of each crossing on the same test rows.
    """

    metric: str
    values: tuple[float | None, ...]
    whole: Estimate
    parts: dict[str, Estimate]

    @property
    def less_is_better(self) -> bool:
        """Whether a fall is an improvement."""
        return self.metric in LESS_IS_BETTER

    def says(self, part: Estimate) -> str:
        """What a part means for the model: better, worse, no difference, or inconclusive."""
        if part.low is None or part.high is None:
            return "no difference" if part.value == 0 else "inconclusive"
        if part.low <= 0 <= part.high:
            return "inconclusive"
        return "worse" if (part.low > 0) is self.less_is_better else "better"


def split_metrics(
    model: ModelFile, rows: TrainingTable, said: Sequence[Predictions], factors: Sequence[str]
) -> tuple[SplitMetric, ...]:
    """Split the change of each metric that these models have.

    Parameters
    ----------
    model : ModelFile
        For the label, the level of the intervals and the seed of their resampling.
    rows : TrainingTable
        The test rows.
    said : sequence of 2ᵏ Predictions
        What each crossing says of them, in the order of :func:`~.shapley_parts`.
    factors : sequence of k str
        The factors that differ.
    """
    shared = [m for m in metrics_of(rows, said[0]) if all(m in metrics_of(rows, s) for s in said)]
    return tuple(_split(metric, model, rows, said, factors) for metric in shared)


def _split(
    metric: str, model: ModelFile, rows: TrainingTable, said: Sequence[Predictions],
    factors: Sequence[str],
) -> SplitMetric:  # fmt: skip
    scores = np.stack([row_scores(metric, model, rows, one) for one in said])
    about: dict[str, Any] = {"alpha": model.gates.alpha, "groups": rows.unit}
    whole, parts = split_change(scores, seed=model.estimator.seed, **about)
    means = [float(row.mean()) for row in scores]
    return SplitMetric(
        metric=metric,
        values=tuple(mean if np.isfinite(mean) else None for mean in means),
        whole=whole,
        parts=dict(zip(factors, parts, strict=True)),
    )
