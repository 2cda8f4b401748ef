"""Two models on the same rows: the difference of a metric, with its paired interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assay.policy.model import ModelFile
from assay.records.models import Figure

if TYPE_CHECKING:
    from assay.training import Predictions, TrainingTable

LESS_IS_BETTER: Final = frozenset({"log_loss", "brier", "mae", "rmse"})
_TINY: Final = 1e-15


def metrics_of(rows: TrainingTable, said: Predictions) -> list[str]:
    """The metrics in which two models of these rows can be paired."""
    if not rows.classes:
        return ["mae", "rmse"]
    binary = said.probability is not None and said.probability.ndim == 1
    return ["accuracy", *(["roc_auc", "brier", "log_loss"] if binary else [])]


def paired_figure(
    metric: str, file: ModelFile, rows: TrainingTable, a: Predictions, b: Predictions
) -> Figure:
    """A metric of b minus that of a on the same rows.

    Accuracy has Newcombe's paired interval, the area under the ROC curve DeLong's; losses are
    resampled by row, or by group where rows depend on each other.
    """
    from assay.statistics.scores.delong import auc_difference
    from assay.statistics.scores.paired import accuracy_difference, paired_difference

    about: dict[str, Any] = {"alpha": file.gates.alpha, "groups": rows.unit}
    if metric == "accuracy" and rows.unit is None:
        right = [p.prediction == rows.label for p in (b, a)]
        return Figure.model_validate(accuracy_difference(*right, alpha=file.gates.alpha))
    if metric == "roc_auc":
        truth = rows.label == rows.classes.index(str(file.label.favourable))
        found = auc_difference(truth, b.probability, a.probability, **about)  # type: ignore[arg-type]
        return Figure.model_validate(found)
    losses = [_loss(metric, file, rows, p) for p in (b, a)]
    found = paired_difference(*losses, seed=file.estimator.seed, **about)
    figure = Figure.model_validate(found)
    return _of_roots(figure, losses) if metric == "rmse" else figure


def _loss(metric: str, file: ModelFile, rows: TrainingTable, said: Predictions) -> Any:
    """The loss of each row (n,)."""
    import numpy as np

    if metric == "accuracy":
        return (said.prediction == rows.label).astype(float)
    if metric in {"mae", "rmse"}:
        off = np.abs(said.prediction - rows.label)
        return np.square(off) if metric == "rmse" else off
    truth = rows.label == rows.classes.index(str(file.label.favourable))
    given = np.asarray(said.probability, dtype=float)
    if metric == "brier":
        return np.square(given - truth)
    chance = np.clip(np.where(truth, given, 1 - given), _TINY, 1.0)
    return -np.log(chance)


def _of_roots(squares: Figure, losses: list[Any]) -> Figure:
    """A difference of mean squares as one of their roots: divided by the sum of the roots."""
    import math

    whole = sum(math.sqrt(float(loss.mean())) for loss in losses)
    if not whole:
        return squares
    ends = {name: None if (v := getattr(squares, name)) is None else v / whole
            for name in ("value", "low", "high")}  # fmt: skip
    return squares.model_copy(update=ends)
