"""Is it worth it? What the labels so far have given, and what more of them would."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.labelling._annotations import Array
from assay.labelling.selection._committee import Family, Progress
from assay.statistics.horvitz_thompson import horvitz_thompson
from assay.statistics.learning_curve import LearningCurve, measure_learning_curve
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import units

FEWEST: Final = 60
"""Labels through which a curve is drawn."""
FEWEST_RANDOM: Final = 16
"""Rows to learn from that random selection would have given; fewer are extended to nothing."""
_PARTS: Final = (8, 4, 2)
_REPETITIONS: Final = 5
_MOST_ROUNDS: Final = 8


@dataclass(frozen=True)
class Labels:
    """The labels so far.

    Parameters
    ----------
    place : array (l,) of int
        Places of the labelled rows, in their keyed order.
    given : array (l,) of int
        Their labels, from 0.
    inclusion : array (l,) of float
        Probability with which each was chosen; NaN where it isn't known.
    round : array (l,) of int
        The round that asked for it; 0 where it isn't known.
    """

    place: Array
    given: Array
    inclusion: Array
    round: Array


@dataclass(frozen=True)
class StopRule:
    """When another round isn't worth it.

    Parameters
    ----------
    gain : float
        Accuracy that it must give.
    probability : float
        A round that gives less with this probability isn't asked for.
    labels : int
        Labels, at most.
    """

    gain: float
    probability: float
    labels: int


@dataclass(frozen=True)
class Worth:
    """What the labels so far have given, on labelled rows that were held back for it.

    Parameters
    ----------
    labels, learned : int
        All labels, and those that the model learns from here.
    rounds : mapping of int to Estimate
        Round → accuracy by the labels of all rounds up to it.
    accuracy : Estimate
        By all of them: of the whole pool where probabilities are known, else of labelled rows.
    random : Estimate
        What as many rows at random would have given: the curve of those that were drawn at random,
        extended by an inverse power law.
    gain : Estimate
        What another round would give, by the law.
    below : float, optional
        Probability that it gives less than the rule's gain.
    stop : str, optional
        Why no other round should be asked for.
    """

    labels: int
    learned: int
    rounds: Mapping[int, Estimate]
    accuracy: Estimate
    random: Estimate
    gain: Estimate
    below: float | None = None
    stop: str | None = None


def measure_worth(
    family: Family, labels: Labels, *, budget: int, alpha: float, seed: int,
    rule: StopRule | None = None, progress: Progress = lambda _: None,
) -> Worth:  # fmt: skip
    """Measure what labels have given, and what another round would give.

    Parameters
    ----------
    family : Family
        The model that is fitted.
    budget : int
        Rows of another round.
    alpha : float
        One minus the confidence of intervals.
    seed : int
        Of the subsamples.
    rule : StopRule, optional
        When to stop; nothing is said of it otherwise.

    Notes
    -----
    A third of the labelled rows is held back, and weighted by one over its probability. The curve
    goes through five nested subsamples of the others; its interval is that of drawing them. Rows
    by score are thinned to the smallest probability that there is, which leaves a random sample of
    the pool: of one round exactly, of several about.
    """
    number = len(labels.given)
    if number < FEWEST or len(np.unique(labels.given)) < 2:
        none = Estimate.undefined(f"fewer than {FEWEST} labels, or one class", number)
        return Worth(number, 0, {}, none, none, none, stop=_used(number, rule))
    curve = _Curves(family, labels, seed, alpha, progress)
    rounds = {int(one): curve.of_round(one) for one in curve.rounds}
    whole = curve.measure(curve.learned)
    gain = whole.gain(budget, alpha=alpha, seed=seed)
    below = None if rule is None else whole.probability_below(rule.gain, budget, seed=seed)
    return Worth(
        number, len(curve.learned), rounds, curve.accuracy(curve.learned), curve.of_random(),
        gain, below, _used(number, rule) or _little(below, budget, rule),
    )  # fmt: skip


class _Curves:
    """The rows that are held back, the others, and fits on some of these."""

    def __init__(
        self, family: Family, labels: Labels, seed: int, alpha: float, progress: Progress
    ) -> None:
        self.family, self.labels, self.seed, self.alpha = family, labels, seed, alpha
        self.progress, self.fits = progress, 0
        self.classes = int(labels.given.max()) + 1
        self.held = np.arange(len(labels.given))[::3]
        self.learned = np.setdiff1d(np.arange(len(labels.given)), self.held)
        # Without a row at random, the labelled ones stand for themselves alone.
        self.known = bool(labels.inclusion.min() < 1.0)  # False where one is NaN
        share = len(self.held) / len(labels.given)
        self.inclusion = labels.inclusion[self.held] * share
        self.weight = 1.0 / self.inclusion if self.known else np.ones(len(self.held))

    @property
    def rounds(self) -> Array:
        """The last rounds, where more than one is known."""
        found = np.unique(self.labels.round)
        return found[-_MOST_ROUNDS:] if len(found) > 1 else found[:0]

    def right(self, learned: Array) -> Array:
        """Whether each row held back is predicted well by a model of some of the others."""
        self.fits += 1
        self.progress(f"learning curve, fit {self.fits}")
        given, places = self.labels.given, self.labels.place
        chances = self.family.predict(
            places[learned], given[learned], places[self.held], self.classes
        )
        return np.asarray(chances.argmax(axis=1) == given[self.held])

    def accuracy(self, learned: Array) -> Estimate:
        """The accuracy by some labels, with its interval over the rows held back."""
        right = self.right(learned)
        if self.known:
            return horvitz_thompson(right, self.inclusion, alpha=self.alpha)
        every, own = np.ones(len(right), dtype=bool), units(None, len(right))
        found = share(right, every, own, self.alpha, "there are no rows").estimate
        return found.model_copy(update={"how": f"{found.how}, of labelled rows"})

    def of_round(self, one: int) -> Estimate:
        """The accuracy by the labels of all rounds up to one."""
        learned = self.learned[self.labels.round[self.learned] <= one]
        if len(np.unique(self.labels.given[learned])) < 2:
            return Estimate.undefined("one class", len(learned))
        return self.accuracy(learned)

    def measure(self, rows: Array) -> LearningCurve:
        """The curve through nested subsamples of some rows."""

        def fit(places: Array) -> Mapping[str, float]:
            given = self.labels.given[rows[places]]
            if len(np.unique(given)) < 2:  # all are predicted alike
                right = self.labels.given[self.held] == given[0]
            else:
                right = self.right(rows[places])
            return {"labels": float((right * self.weight).sum() / self.weight.sum())}

        return measure_learning_curve(
            fit, len(rows), np.arange(len(rows)), name="labels",
            sizes=[max(len(rows) // part, 2) for part in _PARTS], repetitions=_REPETITIONS,
            seed=self.seed,
        )  # fmt: skip

    def of_random(self) -> Estimate:
        """What as many rows at random would have given."""
        if not self.known:
            return Estimate.undefined("the labels say no inclusion probability")
        inclusion = self.labels.inclusion[self.learned]
        draw = np.random.default_rng(self.seed).random(len(inclusion))
        rows = self.learned[draw < inclusion.min() / inclusion]
        if len(rows) < FEWEST_RANDOM or len(np.unique(self.labels.given[rows])) < 2:
            return Estimate.undefined("too few labels at random", len(rows))
        reached, more = self.accuracy(rows), len(self.learned) - len(rows)
        gain = self.measure(rows).gain(more, alpha=self.alpha, seed=self.seed)
        return _sum(reached, gain)


def _sum(reached: Estimate, gain: Estimate) -> Estimate:
    """A figure and what is gained on it; the distances from their ends add up as squares."""
    parts = (reached.value, reached.low, reached.high, gain.value, gain.low, gain.high)
    if any(part is None for part in parts):
        return Estimate.undefined(gain.how if gain.value is None else reached.how, reached.n)
    at, low, high, more, least, most = (float(part) for part in parts if part is not None)
    value = min(at + more, 1.0)
    below, above = math.hypot(at - low, more - least), math.hypot(high - at, most - more)
    return Estimate(
        value=value, low=max(value - below, 0.0), high=min(value + above, 1.0), n=reached.n,
        how=f"{reached.how}; {gain.how}",
    )  # fmt: skip


def _used(labels: int, rule: StopRule | None) -> str | None:
    if rule is None or labels < rule.labels:
        return None
    return f"{labels:,} labels are there, and the policy asks for {rule.labels:,} at most"


def _little(below: float | None, budget: int, rule: StopRule | None) -> str | None:
    if rule is None or below is None or below < rule.probability:
        return None
    return f"{budget:,} more labels gain less than {rule.gain:g} with probability {below:.2f}"
