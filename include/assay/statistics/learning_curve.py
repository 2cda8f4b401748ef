"""What more rows would give: learning curves, and the law that extends them.

A model is refitted on nested subsamples of some training rows, all other rows kept, and scored each
time. Scores follow an inverse power law of the rows, score = a − b·n⁻ᶜ, in most
learners; where the curve leads is what more rows would give. Repetitions draw other subsamples.

References
----------
Cortes C, Jackel LD, Solla SA, Vapnik V, Denker JS (1993), Learning curves: asymptotic values and
rate of convergence, Advances in Neural Information Processing Systems 6:327.
Viering T, Loog M (2023), The shape of learning curves: a review,
https://doi.org/10.1109/TPAMI.2022.3220744.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from assay.errors import InputError
from assay.statistics.scores.estimate import Estimate

Array = np.ndarray[Any, Any]
Fit = Callable[[Array], Mapping[str, float]]
"""Places of training rows → score of each slice of the test rows; higher is better."""
RESAMPLES: Final = 499
"""Resamples of the repetitions behind an interval."""
_EXPONENTS: Final = (0.05, 2.0)
_FEWEST_SIZES: Final = 3
_FEWEST_REPETITIONS: Final = 3


@dataclass(frozen=True)
class LearningCurve:
    """Scores by the number of training rows, of a slice or of all.

    Parameters
    ----------
    name : str
        The rows that there are more or fewer of.
    sizes : tuple of int
        How many of them, rising; the last is all of them.
    scores : tuple of tuple of float
        For each repetition the score at each size.
    """

    name: str
    sizes: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]

    def gain(self, more: int, *, alpha: float, seed: int) -> Estimate:
        """Expected gain of the score from more rows of the slice.

        Parameters
        ----------
        more : int
            Rows beyond those there are.
        alpha : float
            One minus the confidence, by a bootstrap over repetitions.
        seed : int
            Of the bootstrap.

        Returns
        -------
        Estimate
            Never below 0: the law rises. It holds for rows like those there are. Without an
            interval from fewer than three repetitions.

        Examples
        --------
        >>> sizes = (50, 100, 200, 400)
        >>> rising = tuple(0.9 - 2 / n ** 0.5 for n in sizes)
        >>> curve = LearningCurve("origin=EWR", sizes, (rising, rising, rising))
        >>> round(curve.gain(1200, alpha=0.05, seed=1).value, 3)
        0.05
        """
        scores, sizes = np.array(self.scores), np.array(self.sizes, dtype=float)
        if not np.isfinite(scores).all():
            return Estimate.undefined("a refit gave no score", len(self.scores))
        value = _extrapolated(sizes, scores.mean(axis=0), more)
        how = f"inverse power law, {len(scores)} repetitions"
        if len(scores) < _FEWEST_REPETITIONS:
            return Estimate(value=value, n=self.sizes[-1], how=f"{how}: too few for an interval")
        gains = self._resampled(more, seed)
        low, high = (float(q) for q in np.quantile(gains, [alpha / 2, 1 - alpha / 2]))
        return Estimate(
            value=value, low=min(low, value), high=max(high, value), n=self.sizes[-1], how=how
        )

    def probability_below(self, limit: float, more: int, *, seed: int) -> float | None:
        """Probability that more rows gain less than a limit: a share of the resamples.

        Returns
        -------
        float or None
            None from fewer than three repetitions, or where a refit gave no score.

        Examples
        --------
        >>> sizes = (50, 100, 200, 400)
        >>> rising = tuple(0.9 - 2 / n ** 0.5 for n in sizes)
        >>> curve = LearningCurve("all rows", sizes, (rising, rising, rising))
        >>> [curve.probability_below(limit, 1200, seed=1) for limit in (0.04, 0.06)]
        [0.0, 1.0]
        """
        if len(self.scores) < _FEWEST_REPETITIONS or not np.isfinite(self.scores).all():
            return None
        return float((self._resampled(more, seed) < limit).mean())

    def _resampled(self, more: int, seed: int) -> Array:
        """Gains of the law through resampled repetitions."""
        scores = np.array(self.scores)
        random = np.random.default_rng(seed)
        drawn = random.integers(len(scores), size=(RESAMPLES, len(scores)))
        return _gains(np.array(self.sizes, dtype=float), scores[drawn].mean(axis=1), more)


def measure_learning_curve(
    fit: Fit,
    rows: int,
    of_slice: Array,
    *,
    name: str,
    sizes: Sequence[int],
    repetitions: int,
    seed: int,
) -> LearningCurve:
    """Refit a model on nested subsamples of a slice's training rows.

    Parameters
    ----------
    fit : callable
        Takes places of training rows (rising), fits the model on them, and returns the score of
        each slice of the test rows, by name.
    rows : int
        Training rows there are.
    of_slice : array of int
        Places of the slice's rows among them.
    name : str
        The slice, as ``fit`` names it.
    sizes : sequence of int
        How many of the slice's rows are kept, at least three sizes; all of them are added.
    repetitions : int
        How often, each with another order of the rows.
    seed : int
        Of the orders.

    Raises
    ------
    InputError
        If there are fewer than three sizes, or a size isn't between 1 and the slice's rows.
    """
    places = np.asarray(of_slice, dtype=np.int64)
    steps = sorted({*sizes, len(places)})
    if len(steps) < _FEWEST_SIZES or not steps[0] >= 1 or steps[-1] > len(places):
        raise InputError(
            f"a curve can't be drawn through these sizes of {name}", got=list(sizes),
            expected=f"at least {_FEWEST_SIZES - 1} different ones between 1 and {len(places) - 1}",
            do="Choose other sizes, or a slice with more rows.",
        )  # fmt: skip
    others = np.setdiff1d(np.arange(rows), places)
    whole = float(fit(np.arange(rows))[name])
    scores = []
    for repetition in range(repetitions):
        order = np.random.default_rng([seed, repetition]).permutation(places)
        kept = [np.sort(np.concatenate([others, order[:size]])) for size in steps[:-1]]
        scores.append((*(float(fit(one)[name]) for one in kept), whole))
    return LearningCurve(name, tuple(steps), tuple(scores))


def _extrapolated(sizes: Array, scores: Array, more: int) -> float:
    """Gain of the fitted law from the last size to ``more`` rows beyond it."""
    from scipy.optimize import minimize_scalar

    # For a given exponent the law is a straight line in n⁻ᶜ, so that one number is searched for.
    found = minimize_scalar(
        lambda c: _line(sizes**-c, scores)[1], bounds=_EXPONENTS, method="bounded"
    )
    exponent = float(found.x)
    slope = _line(sizes**-exponent, scores)[0]
    return slope * float(sizes[-1] ** -exponent - (sizes[-1] + more) ** -exponent)


def _gains(sizes: Array, scores: Array, more: int) -> Array:
    """The same gain (k,) of many rows of scores (k, sizes), by the best of many exponents."""
    exponents = np.geomspace(*_EXPONENTS, 120)
    x = sizes[None, :] ** -exponents[:, None]
    away = x - x.mean(axis=1, keepdims=True)
    rise = scores - scores.mean(axis=1, keepdims=True)
    products = np.stack([(rise * one).sum(axis=1) for one in away], axis=1)
    squares = np.square(away).sum(axis=1)
    slopes = np.maximum(-products / squares, 0.0)
    errors = 2 * slopes * products + np.square(slopes) * squares
    best = errors.argmin(axis=1)
    ahead = sizes[-1] ** -exponents - (sizes[-1] + more) ** -exponents
    return np.asarray(slopes[np.arange(len(scores)), best] * ahead[best])


def _line(x: Array, scores: Array) -> tuple[float, float]:
    """B ≥ 0 and squared error of score = a − b·x by least squares."""
    away, rise = x - x.mean(), scores - scores.mean()
    slope = max(-float((away * rise).sum()) / float(np.square(away).sum()), 0.0)
    return slope, float(np.square(rise + slope * away).sum())
