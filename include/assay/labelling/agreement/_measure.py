"""Measure how well annotators agree: over all tasks, by class, by pair, by slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Annotations
from assay.labelling.agreement._alpha import interval_alpha, nominal_alpha, ordinal_alpha
from assay.labelling.agreement._disagreement import FEWEST_TASKS
from assay.labelling.agreement._kappa import Weights, cohen_kappa, fleiss_kappa
from assay.labelling.agreement._pairs import PairedLabels, pair_labels
from assay.labelling.agreement._raw_agreement import raw_agreement, specific_agreement
from assay.labelling.agreement._task_counts import TaskCounts, count_labels
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen

Level = Literal["nominal", "ordinal", "interval"]
"""What labels are: names, places in an order, or numbers."""


class Agreement(Frozen):
    """How well some annotators agree; safe to write as JSON.

    Parameters
    ----------
    of : tuple of str
        What it is about: nothing for all, a label, two annotators, or a slice and its level.
    figures : mapping of str to Estimate
        ``krippendorff_alpha``, ``fleiss_kappa``, ``cohen_kappa``, ``raw_agreement``, those that
        apply. Their ``n`` counts the tasks.
    """

    of: tuple[str, ...] = ()
    figures: dict[str, Estimate]


class AgreementReport(Frozen):
    """The agreement of annotators, whole and in parts.

    Parameters
    ----------
    level : {'nominal', 'ordinal', 'interval'}
        What the labels are.
    alpha : float
        One minus the confidence of every interval.
    annotations, tasks, annotators, skipped : int
        Annotations, tasks that have one, annotators, and rows without a label.
    labels : tuple of str
        Every label; empty for numbers.
    overall : Agreement
        Over all tasks.
    classes : tuple of Agreement
        Each label against all others; empty for numbers.
    pairs : tuple of Agreement
        Each two annotators who share tasks enough, by Cohen's kappa; numbers by alpha.
    pairs_of_few_tasks : int
        Two annotators who share a task, but fewer than are needed for an interval.
    slices : tuple of Agreement
        Each level of each slice.
    """

    level: Level
    alpha: float
    annotations: int
    tasks: int
    annotators: int
    skipped: int
    labels: tuple[str, ...]
    overall: Agreement
    classes: tuple[Agreement, ...] = ()
    pairs: tuple[Agreement, ...] = ()
    pairs_of_few_tasks: int = 0
    slices: tuple[Agreement, ...] = ()


def measure_agreement(
    annotations: Annotations, *, level: Level, alpha: float, seed: int
) -> AgreementReport:
    """Measure how well annotators agree, each figure with a bootstrap interval over tasks.

    Alpha and the kappas are 1 for perfect agreement, 0 for what chance gives, below 0 for less.
    A figure without an interval is inconclusive, and its ``how`` says why.

    Parameters
    ----------
    level : {'nominal', 'ordinal', 'interval'}
        Names, places in an order (that of ``annotations.labels``), or numbers. Alpha weighs the
        difference of two labels accordingly. Cohen's kappa has linear weights where there is an
        order; Fleiss' kappa and raw agreement compare labels as names. Of numbers there is alpha
        alone.
    alpha : float
        One minus the confidence.
    seed : int
        Of the resampling. The same seed gives the same intervals.

    Raises
    ------
    InputError
        If the level is interval and a label isn't a number.

    Examples
    --------
    >>> task, who = np.repeat(np.arange(40), 2), np.tile([0, 1], 40)
    >>> label = np.where(task % 2 == 0, 1, 0) ^ ((task % 10 == 3) & (who == 1))
    >>> given = Annotations(task, who, label, tuple(range(40)), ("a", "b"), ("no", "yes"))
    >>> found = measure_agreement(given, level="nominal", alpha=0.05, seed=1)
    >>> {name: round(one.value, 3) for name, one in found.overall.figures.items()}
    {'krippendorff_alpha': 0.801, 'fleiss_kappa': 0.798, 'raw_agreement': 0.9}
    """
    if level == "interval" and not all(_is_number(one) for one in annotations.labels):
        raise InputError(
            "a label isn't a number", where="level interval", expected="numbers",
            do="Choose the level nominal or ordinal.",
        )  # fmt: skip
    how = {"alpha": alpha, "seed": seed}
    pairs = pair_labels(annotations)
    sharing = [pair for pair in pairs if pair.tasks.sum() >= FEWEST_TASKS]
    return AgreementReport(
        level=level, alpha=alpha, annotations=len(annotations),
        tasks=len(np.unique(annotations.task)),
        annotators=len(annotations.annotators), skipped=annotations.skipped,
        labels=() if level == "interval" else tuple(map(str, annotations.labels)),
        overall=_agreement((), annotations, level, how),
        classes=() if level == "interval" else _by_class(annotations, how),
        pairs=tuple(_of_pair(annotations, pair, level, how) for pair in sharing),
        pairs_of_few_tasks=len(pairs) - len(sharing),
        slices=_by_slice(annotations, level, how),
    )  # fmt: skip


def _is_number(label: Any) -> bool:
    return isinstance(label, int | float) and not isinstance(label, bool)


def _agreement(
    of: tuple[str, ...], annotations: Annotations, level: Level, how: Mapping[str, Any]
) -> Agreement:
    if level == "interval":
        values = np.asarray(annotations.labels, dtype=float)[annotations.label]
        alpha = interval_alpha(annotations.task, values).estimate(**how)
        return Agreement(of=of, figures={"krippendorff_alpha": alpha})
    counts = count_labels(annotations)
    alpha_of = nominal_alpha if level == "nominal" else ordinal_alpha
    found = {
        "krippendorff_alpha": alpha_of(counts).estimate(**how),
        "fleiss_kappa": fleiss_kappa(counts).estimate(**how),
        "raw_agreement": raw_agreement(counts).estimate(**how),
    }
    return Agreement(of=of, figures=found)


def _by_class(annotations: Annotations, how: Mapping[str, Any]) -> tuple[Agreement, ...]:
    counts, found = count_labels(annotations), []
    for i, label in enumerate(annotations.labels):
        against = np.column_stack([counts.sizes - counts.counts[:, i], counts.counts[:, i]])
        figures = {
            "krippendorff_alpha": nominal_alpha(TaskCounts(against, counts.tasks)).estimate(**how),
            "raw_agreement": specific_agreement(counts, i).estimate(**how),
        }
        found.append(Agreement(of=(str(label),), figures=figures))
    return tuple(found)


def _of_pair(
    annotations: Annotations, pair: PairedLabels, level: Level, how: Mapping[str, Any]
) -> Agreement:
    of = annotations.annotators[pair.one], annotations.annotators[pair.other]
    if level == "interval":
        both = np.stack([pair.first, pair.second], axis=1).ravel()
        values = np.asarray(annotations.labels, dtype=float)[both]
        task = np.repeat(np.arange(len(pair.tasks)), 2)
        alpha = interval_alpha(task, values, pair.tasks).estimate(**how)
        return Agreement(of=of, figures={"krippendorff_alpha": alpha})
    alike = TaskCounts(np.array([[2.0, 0.0], [1.0, 1.0]]), pair.equal)
    weights: Weights = "none" if level == "nominal" else "linear"
    found = {
        "cohen_kappa": cohen_kappa(pair, weights).estimate(**how),
        "raw_agreement": raw_agreement(alike).estimate(**how),
    }
    return Agreement(of=of, figures=found)


def _by_slice(
    annotations: Annotations, level: Level, how: Mapping[str, Any]
) -> tuple[Agreement, ...]:
    found = []
    for name, one in annotations.slices.items():
        of_row = one.of_task[annotations.task]
        levels = [*enumerate(one.levels), *([(-1, "missing")] if (of_row < 0).any() else [])]
        for place, value in levels:
            part = annotations.where(of_row == place)
            found.append(_agreement((name, str(value)), part, level, how))
    return tuple(found)
