"""The Gaussian copula: each column's own distribution, joined by one correlation matrix.

References
----------
Patki N, Wedge R, Veeramachaneni K (2016), The Synthetic Data Vault,
https://doi.org/10.1109/DSAA.2016.49.
Olsson U (1979), Maximum likelihood estimation of the polychoric correlation coefficient,
https://doi.org/10.1007/BF02296207.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column

_KNOTS: Final = 512
_LARGEST: Final = 0.999
_LEAST_EIGENVALUE: Final = 1e-6


@dataclass(frozen=True)
class Copula:
    """Each column's own distribution, and how their normal scores correlate.

    Parameters
    ----------
    columns : tuple of Column
    missing : array (k,)
        Share of missing values of each column.
    marginals : tuple of array
        Of a number: its quantiles at evenly spaced shares; of levels: their shares (k,), the last
        one that of missing values.
    correlation : array (k, k)
    """

    columns: tuple[Column, ...]
    missing: Array
    marginals: tuple[Array, ...]
    correlation: Array

    def draw(self, rows: int, random: np.random.Generator) -> CodedTable:
        """Draw rows that are like those it was fitted on."""
        from scipy.special import ndtr

        root = np.linalg.cholesky(self.correlation)
        shares = ndtr(random.standard_normal((rows, len(self.columns))) @ root.T)
        return CodedTable(self.columns, {
            column.name: self._values(i, shares[:, i]) for i, column in enumerate(self.columns)
        })  # fmt: skip

    def _values(self, place: int, share: Array) -> Array:
        column, marginal, missing = self.columns[place], self.marginals[place], self.missing[place]
        if column.levels is not None:
            ends = np.cumsum(marginal)
            found = np.searchsorted(ends / ends[-1], share, side="right")
            return np.asarray(np.minimum(found, np.flatnonzero(marginal)[-1]))
        inner = (share - missing) / max(1 - missing, 1e-12)
        values = np.interp(inner, np.linspace(0, 1, len(marginal)), marginal)
        return np.where(share < missing, np.nan, column.rounded(values))


def fit_copula(rows: CodedTable) -> Copula:
    """Fit a Gaussian copula; nothing in it is drawn.

    Notes
    -----
    A value stands for an interval of the standard normal law, as wide as its share; its score m is
    the mean over the interval. For normal x and y with correlation r, E[m_x m_y] begins with
    r Var(m_x) Var(m_y) in r, so that r is estimated by Cov(m_x, m_y) / (Var(m_x) Var(m_y)), which
    is the correlation of the scores where no values are tied. Negative eigenvalues are raised.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.synthesis import code_table, describe_columns
    >>> x = np.random.default_rng(1).normal(size=(500, 1)).round(2)
    >>> rows = pa.table({"a": x[:, 0], "b": -2 * x[:, 0]})
    >>> columns = describe_columns(rows, ["a", "b"], least_number=5, most_levels=9)
    >>> fit_copula(code_table(rows, columns)).correlation.round(2).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    parts = [_of_column(column, rows.values[column.name]) for column in rows.columns]
    scores = np.column_stack([score for _, _, score in parts])
    variance = scores.var(axis=0)
    spread = np.where(variance > 0, variance, 1.0)
    raw = np.cov(scores, rowvar=False, ddof=0).reshape(len(parts), -1) / np.outer(spread, spread)
    return Copula(
        rows.columns, np.array([missing for missing, _, _ in parts]),
        tuple(marginal for _, marginal, _ in parts), _correlation(raw),
    )  # fmt: skip


def _of_column(column: Column, values: Array) -> tuple[float, Array, Array]:
    """The share of missing values, the marginal, and the score of each row."""
    n = len(values)
    if column.levels is not None:
        counts = np.bincount(values, minlength=len(column.levels) + 1)[: len(column.levels) + 1]
        return float(counts[-1] / n), counts / n, _scores(counts)[values]
    missing = np.isnan(values)
    there = np.clip(values[~missing], column.low, column.high)
    quantiles = np.quantile(there, np.linspace(0, 1, _KNOTS))
    # Missing values are an interval of their own, below all others.
    ranked = np.where(missing, -np.inf, values)
    _, place, counts = np.unique(ranked, return_inverse=True, return_counts=True)
    return float(missing.mean()), quantiles, _scores(counts)[place]


def _scores(counts: Array) -> Array:
    """Mean of the standard normal law over intervals with these shares, in order."""
    from scipy.special import ndtri

    ends = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    density = np.zeros(len(ends))
    inner = (ends > 0) & (ends < 1)
    density[inner] = np.exp(-(ndtri(ends[inner]) ** 2) / 2) / np.sqrt(2 * np.pi)
    width = np.diff(ends)
    return np.divide(density[:-1] - density[1:], width, out=np.zeros(len(width)), where=width > 0)


def _correlation(raw: Array) -> Array:
    """The nearest matrix that is one of correlations, by raising eigenvalues."""
    limited = np.clip(raw, -_LARGEST, _LARGEST)
    np.fill_diagonal(limited, 1.0)
    values, vectors = np.linalg.eigh(limited)
    whole = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diag(whole))
    return np.asarray(np.round(whole / np.outer(scale, scale), 12))
