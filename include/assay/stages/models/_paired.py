"""Two models on the same rows: the difference of a metric, with its paired interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assay.policy.model import ModelFile
from assay.records.models import Figure

if TYPE_CHECKING:
    from assay.training import Predictions, TrainingTable

LESS_IS_BETTER: Final = frozenset({"log_loss", "brier", "mae", "rmse"})


def paired_figure(
    metric: str, file: ModelFile, rows: TrainingTable, a: Predictions, b: Predictions
) -> Figure:
    """A metric of b minus that of a on the same rows.

    Accuracy has Newcombe's paired interval, the area under the ROC curve DeLong's; losses are
    resampled by row, or by group where rows depend on each other.
    """
    from assay.statistics.scores.delong import auc_difference
    from assay.statistics.scores.paired import accuracy_difference, paired_difference
    from assay.training.compare import row_losses

    about: dict[str, Any] = {"alpha": file.gates.alpha, "groups": rows.unit}
    if metric == "accuracy" and rows.unit is None:
        right = [p.prediction == rows.label for p in (b, a)]
        return Figure.model_validate(accuracy_difference(*right, alpha=file.gates.alpha))
    if metric == "roc_auc":
        truth = rows.label == rows.classes.index(str(file.label.favourable))
        found = auc_difference(truth, b.probability, a.probability, **about)  # type: ignore[arg-type]
        return Figure.model_validate(found)
    losses = [row_losses(metric, file, rows, p) for p in (b, a)]
    found = paired_difference(*losses, seed=file.estimator.seed, **about)
    figure = Figure.model_validate(found)
    return _of_roots(figure, losses) if metric == "rmse" else figure


def _of_roots(squares: Figure, losses: list[Any]) -> Figure:
    """A difference of mean squares as one of their roots: divided by the sum of the roots."""
    import math

    whole = sum(math.sqrt(float(loss.mean())) for loss in losses)
    if not whole:
        return squares
    ends = {name: None if (v := getattr(squares, name)) is None else v / whole
            for name in ("value", "low", "high")}  # fmt: skip
    return squares.model_copy(update=ends)
