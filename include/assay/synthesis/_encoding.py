"""Rows as the numbers that a network learns from: mode-specific normalisation, and one-hot levels.

A number is the mode that it lies in (one-hot) and how far it is from the mode's mean, in four
standard deviations. Modes are found by a variational Gaussian mixture; a value that a twentieth of
the rows share is a mode of its own, without a width; so is a missing value.

References
----------
Xu L, Skoularidou M, Cuesta-Infante A, Veeramachaneni K (2019), Modeling tabular data using
conditional GAN, https://doi.org/10.48550/arXiv.1907.00503.
Blei DM, Jordan MI (2006), Variational inference for Dirichlet process mixtures,
https://doi.org/10.1214/06-BA104.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column

_SHARED: Final = 0.05
_COMPONENTS: Final = 10
_LEAST_WEIGHT: Final = 0.005
_SAMPLE: Final = 5_000
_WIDTHS: Final = 4.0


class Head(NamedTuple):
    """A part of an encoded row: a place or a one-hot choice, from ``start`` to before ``stop``."""

    column: str
    kind: Literal["place", "choice"]
    start: int
    stop: int


@dataclass(frozen=True)
class Modes:
    """The modes of a number: first the values that many rows share, then wide ones.

    Parameters
    ----------
    means, widths : array (m,)
        Width 0 for a value that many rows share.
    weights : array (m,)
    """

    means: Array
    widths: Array
    weights: Array


@dataclass(frozen=True)
class Encoding:
    """How rows become numbers, and numbers rows.

    Read ``heads`` for the parts of a row in order, ``width`` for how many numbers it has.
    """

    columns: tuple[Column, ...]
    modes: dict[str, Modes]
    heads: tuple[Head, ...]

    @property
    def width(self) -> int:
        """Numbers of an encoded row."""
        return self.heads[-1].stop

    def encode(self, rows: CodedTable, random: np.random.Generator) -> Array:
        """Rows as numbers (n, width) of float32; a mode is drawn by its probability."""
        found = np.zeros((len(rows), self.width), dtype=np.float32)
        every = np.arange(len(rows))
        places = {head.column: head for head in self.heads if head.kind == "place"}
        for head in self.heads:
            if head.kind == "choice":
                chosen = rows.values[head.column]
                if head.column in self.modes:
                    place, chosen = _in_modes(chosen, self.modes[head.column], random)
                    found[:, places[head.column].start] = place
                found[every, head.start + chosen] = 1.0
        return found

    def decode(self, encoded: Array) -> CodedTable:
        """Numbers (n, width) as rows."""
        found: dict[str, Array] = {}
        by_name = {c.name: c for c in self.columns}
        place: Array = np.empty(0)
        for head in self.heads:
            part = encoded[:, head.start : head.stop]
            if head.kind == "place":
                place = np.clip(part[:, 0].astype(float), -1.0, 1.0)
            elif head.column in self.modes:
                modes, chosen = self.modes[head.column], part.argmax(axis=1)
                means, widths = np.append(modes.means, np.nan), np.append(modes.widths, 0.0)
                value = means[chosen] + _WIDTHS * widths[chosen] * place
                found[head.column] = by_name[head.column].rounded(value)
            else:
                found[head.column] = part.argmax(axis=1)
        return CodedTable(self.columns, found)


def fit_encoding(rows: CodedTable, *, seed: int) -> Encoding:
    """Find the modes of each number, and lay out the parts of a row."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        modes = {c.name: find_modes(rows.values[c.name], seed) for c in rows.columns if c.number}
    heads: list[Head] = []
    at = 0
    for column in rows.columns:
        if column.number:
            heads.append(Head(column.name, "place", at, at + 1))
            at += 1
        choices = len(modes[column.name].means) if column.levels is None else len(column.levels)
        choices += column.missing
        heads.append(Head(column.name, "choice", at, at + choices))
        at += choices
    return Encoding(rows.columns, modes, tuple(heads))


def find_modes(values: Array, seed: int) -> Modes:
    """Find the modes of some numbers.

    Examples
    --------
    >>> random = np.random.default_rng(3)
    >>> wide = random.normal(10, 1, 300), random.normal(50, 2, 300)
    >>> found = find_modes(np.concatenate([np.zeros(500), *wide]), seed=1)
    >>> found.means.round().tolist(), found.widths.round().tolist()
    ([0.0, 10.0, 50.0], [0.0, 2.0, 2.0])
    """
    there = values[np.isfinite(values)]
    shared, counts = np.unique(there, return_counts=True)
    often = counts >= _SHARED * len(there)
    rest = there[~np.isin(there, shared[often])]
    means, widths, weights = _mixture(rest, seed)
    share = len(rest) / max(len(there), 1)
    return Modes(
        np.concatenate([shared[often], means]),
        np.concatenate([np.zeros(often.sum()), widths]),
        np.concatenate([counts[often] / max(len(there), 1), weights * share]),
    )


def _mixture(values: Array, seed: int) -> tuple[Array, Array, Array]:
    """Means, standard deviations and weights, in the order of the means."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import BayesianGaussianMixture

    if not len(values):
        return np.empty(0), np.empty(0), np.empty(0)
    centre, spread = values.mean(), values.std() or 1.0
    if len(np.unique(values)) <= _COMPONENTS:
        return np.array([centre]), np.array([spread]), np.ones(1)
    sample = np.random.default_rng(seed).permutation(values)[:_SAMPLE, None]
    mixture = BayesianGaussianMixture(
        n_components=_COMPONENTS, weight_concentration_prior=0.001, covariance_prior=[[0.01]],
        max_iter=100, random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        # Modes that still move a little are good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = mixture.fit((sample - centre) / spread)
    kept = fitted.weights_ > _LEAST_WEIGHT
    order = np.argsort(fitted.means_[kept, 0], kind="stable")
    means = fitted.means_[kept, 0][order] * spread + centre
    widths = np.sqrt(fitted.covariances_[kept, 0, 0][order]) * spread
    weights = fitted.weights_[kept][order]
    return means, widths, weights / weights.sum()


def _in_modes(values: Array, modes: Modes, random: np.random.Generator) -> tuple[Array, Array]:
    """How far each value is from its mode, and which mode it is; the last one for missing."""
    point = modes.widths == 0
    width = np.where(point, 1.0, modes.widths)
    away = (values[:, None] - modes.means) / width
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.log(modes.weights) - np.log(width) - away**2 / 2
    density[:, point] = np.where(values[:, None] == modes.means[point], np.inf, -np.inf)
    missing = np.isnan(values)
    density[missing] = 0.0
    # A wide mode is drawn by its probability: the greatest of Gumbel's numbers beside it.
    chosen = np.argmax(density + random.gumbel(size=density.shape), axis=1)
    at = away[np.arange(len(values)), chosen] / _WIDTHS
    at = np.where(point[chosen] | missing, 0.0, np.clip(at, -0.99, 0.99))
    return at, np.where(missing, len(modes.means), chosen)
