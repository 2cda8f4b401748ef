"""The slices with most errors, each with what more rows of it would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from assay.feedback._rows import Array
from assay.feedback._segments import Segment, find_segments
from assay.feedback.advice._sentence import advice
from assay.policy.model import FeedbackPolicy
from assay.records.models import Figure
from assay.statistics.learning_curve import measure_learning_curve
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen

Progress = Callable[[str], None]
Refit = Callable[[Array, Array], Array]
"""Places of training rows (rising), and a mask of test rows → the classes, as numbers, that a model
which is fitted on the first predicts for the second."""
_OF_CLASS: Final = ("recall", "precision", "f1", "accuracy")
_PARTS: Final = (8, 4, 2)
"""A slice is cut to an eighth, a quarter and a half of its training rows."""
_FEWEST: Final = 40
"""Training rows of a slice through which a curve is drawn."""


class SliceAdvice(Frozen):
    """What more labelled rows of one slice would give.

    Parameters
    ----------
    slice, filter : str
        For people, and as an expression over the data set's columns.
    rows : int
        How many more.
    gain : Figure
        Of the metric, from that many more rows.
    share_of_rows, share_of_errors : float
        Of the training rows, and of the errors on the test rows.
    says : str
        All of it in a sentence.
    """

    slice: str
    filter: str
    rows: int
    metric: str
    gain: Figure
    share_of_rows: float
    share_of_errors: float
    says: str


@dataclass(frozen=True)
class SearchedRows:
    """The rows in which slices are searched, and what the model predicts of the test rows.

    Parameters
    ----------
    learned, tested : pyarrow.Table
        What describes the training rows (k) and the test rows (n).
    truth, predicted : array (n,) of int
        Classes of the test rows, as numbers.
    positive : int, optional
        The favourable class of two.
    """

    learned: pa.Table
    tested: pa.Table
    truth: Array
    predicted: Array
    positive: int | None = None

    def metric(self, policy: FeedbackPolicy) -> str:
        """The first limited metric that one slice has alone; else the accuracy."""
        named = (limit.metric for limit in policy.limits)
        one = self.positive is not None
        return next((name for name in named if name in _OF_CLASS and one), "accuracy")


def advise_on_slices(
    rows: SearchedRows,
    policy: FeedbackPolicy,
    refit: Refit | None,
    *,
    more: int,
    most: int,
    repetitions: int,
    seed: int,
    progress: Progress = lambda _: None,
) -> tuple[SliceAdvice, ...]:
    """Find the slices with most errors, and what more rows of each would give.

    Parameters
    ----------
    refit : callable or None
        Fits the model on some training rows, and predicts some test rows. None where nobody here
        can fit it again: then no gain can be said.
    more : int
        Rows that would be labelled more, of each slice.
    most : int
        Slices, at most.
    repetitions : int
        Refits of each size, each on other rows.
    seed : int
        Of the orders of the rows.

    Returns
    -------
    tuple of SliceAdvice
        The greatest gain first. A slice with few training rows isn't among them.

    Raises
    ------
    InputError
        If a column of the policy's ``segments`` or ``slices`` is missing.
    """
    columns = tuple(dict.fromkeys([*policy.segments, *policy.slices]))
    found = find_segments(
        rows.tested, rows.predicted != rows.truth, columns, alpha=policy.alpha,
        least_number=policy.least_number, most=most,
    )  # fmt: skip
    refits = _Refits(rows, refit, rows.metric(policy), repetitions, seed, progress)
    made = [one for segment in found for one in refits.advise(segment, more, policy.alpha)]
    return tuple(sorted(made, key=lambda one: -(one.gain.value or 0.0)))


@dataclass(frozen=True)
class _Refits:
    """What is needed to draw the learning curve of a slice."""

    rows: SearchedRows
    refit: Refit | None
    metric: str
    repetitions: int
    seed: int
    progress: Progress

    def advise(self, segment: Segment, more: int, alpha: float) -> Iterator[SliceAdvice]:
        """The advice on one slice; none where it has too few training rows."""
        learned = self.rows.learned
        places = segment.within(learned).nonzero()[0]
        if len(places) < _FEWEST:
            return
        gain, share = self._gain(segment, places, more, alpha), len(places) / learned.num_rows
        yield SliceAdvice(
            slice=segment.name, filter=segment.filter(self.rows.tested), rows=more,
            metric=self.metric,
            gain=Figure.model_validate(gain),
            share_of_rows=share, share_of_errors=segment.share_of_errors,
            says=advice(
                segment.name, gain, more, metric=self.metric, share_of_rows=share,
                share_of_errors=segment.share_of_errors,
            ),
        )  # fmt: skip

    def _gain(self, segment: Segment, places: Array, more: int, alpha: float) -> Estimate:
        """What more rows of a slice would give, by its learning curve."""
        if self.refit is None:
            return Estimate.undefined("own code has fitted the model", len(places))
        curve = measure_learning_curve(
            self._scorer(segment, self.refit), self.rows.learned.num_rows, places,
            name=segment.name, sizes=sorted({max(len(places) // part, 5) for part in _PARTS}),
            repetitions=self.repetitions, seed=self.seed,
        )  # fmt: skip
        return curve.gain(more, alpha=alpha, seed=self.seed)

    def _scorer(self, segment: Segment, refit: Refit) -> Callable[[Any], Mapping[str, float]]:
        """Refit on some training rows, and score the slice's test rows."""
        rows, refits = segment.within(self.rows.tested), 1 + len(_PARTS) * self.repetitions
        done = 0

        def score(places: Array) -> Mapping[str, float]:
            nonlocal done
            done += 1
            self.progress(f"{segment.name}: refit {done} of {refits}")
            truth, said = self.rows.truth[rows], refit(places, rows)
            return {segment.name: score_of(self.metric, truth, said, self.rows.positive)}

        return score


def score_of(metric: str, truth: Array, predicted: Array, positive: int | None) -> float:
    """A metric of classes on some rows; NaN where it isn't defined.

    Parameters
    ----------
    metric : {'accuracy', 'recall', 'precision', 'f1'}
    truth, predicted : array (n,) of int
        Classes as numbers.
    positive : int or None
        The class that recall, precision and F1 are about; the accuracy needs none.

    Examples
    --------
    >>> import numpy as np
    >>> truth, said = np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])
    >>> [score_of(name, truth, said, 1) for name in ("accuracy", "recall", "precision")]
    [0.75, 0.5, 1.0]
    """
    if metric == "accuracy":
        return float((truth == predicted).mean()) if len(truth) else float("nan")
    hits = float(((truth == positive) & (predicted == positive)).sum())
    found, there = float((predicted == positive).sum()), float((truth == positive).sum())
    below = {"recall": there, "precision": found, "f1": (found + there) / 2}[metric]
    return hits / below if below else float("nan")
