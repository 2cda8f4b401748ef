"""Figures and parts in words."""

from __future__ import annotations

from typing import Final

from assay.feedback._measure import Part
from assay.statistics.scores.estimate import Estimate

_NAMES: Final = {
    "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "f1": "F1",
    "log_loss": "log loss", "brier": "Brier score", "roc_auc": "ROC AUC", "pr_auc": "PR AUC",
    "ece": "calibration error", "mae": "mean absolute error", "rmse": "root mean square error",
    "r2": "R²",
}  # fmt: skip


def named(metric: str) -> str:
    """A figure's name for people; of one class, with its name.

    Examples
    --------
    >>> named("roc_auc"), named("recall:EWR")
    ('ROC AUC', 'recall of EWR')
    """
    name, _, of_class = metric.partition(":")
    words = _NAMES.get(name, name.replace("_", " "))
    return f"{words} of {of_class}" if of_class else words


def part_name(part: Part) -> str:
    """Which rows of the batch, as an end of a phrase; nothing for all of them."""
    if part.kind == "version":
        return f" of {part.level}"
    return f" where {part.column} is {part.level}" if part.column else ""


def limit_text(least: float | None, most: float | None) -> str:
    """A limit in words.

    Examples
    --------
    >>> limit_text(0.8, None), limit_text(0.1, 0.2)
    ('at least 0.8', 'at least 0.1 and at most 0.2')
    """
    parts = (("at least", least), ("at most", most))
    return " and ".join(f"{word} {limit:g}" for word, limit in parts if limit is not None)


def percent_text(share: float) -> str:
    """A share as percent, with a digit where it has one.

    Examples
    --------
    >>> percent_text(0.5), percent_text(0.0125)
    ('50 %', '1.2 %')
    """
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def shown(value: float | None) -> str:
    """A figure to three digits.

    Examples
    --------
    >>> shown(0.81234), shown(None), shown(12.3456)
    ('0.812', '–', '12.3')
    """
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.3g}"


def interval_text(estimate: Estimate) -> str:
    """Its interval in words."""
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{shown(estimate.low)} to {shown(estimate.high)}"
