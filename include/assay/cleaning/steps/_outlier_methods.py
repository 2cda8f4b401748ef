"""Methods that find a column's outlier bounds: z-score, MAD, IQR."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.cleaning._fitted_state import ColumnFit
from assay.cleaning.steps._step import Need
from assay.policy.cleaning_steps import Iqr, MedianMad, ZScore
from assay.statistics.columns import ColumnNumbers

MAD_SCALE = 1.482602218505602
"""1 / Φ⁻¹(3/4): makes the MAD of a normal sample estimate its standard deviation."""
_MEDIAN: Final = 0.5
_QUARTILES: Final = (0.25, 0.75)
Fit = Callable[[ColumnNumbers, Sequence[str], Any], dict[str, ColumnFit]]


@dataclass(frozen=True)
class BoundsMethod:
    """A method: how it fits the bounds of columns, all in the same scans, and what it needs.

    ``estimable`` says whether the profiles of a sample are enough to estimate the bounds.
    """

    fit: Fit
    needs: tuple[Need, ...]
    estimable: bool = True


def largest_z(n: int, ddof: int) -> float:
    """The largest |z| that any one of n values can have.

    With ddof 1 it is (n − 1)/√n, with ddof 0 it is √(n − 1), so that ``z > 3`` is impossible for
    n ≤ 10, whatever the values.

    References
    ----------
    Shiffler, R. E. (1988). Maximum Z scores and outliers. The American Statistician 42(1), 79–80.
    doi:10.1080/00031305.1988.10475530

    Examples
    --------
    >>> largest_z(10, 1) < 3 < largest_z(11, 1)
    True
    """
    if n < 2:
        return 0.0
    return (n - 1) / math.sqrt(n) if ddof == 1 else math.sqrt(n - 1)


def _by_zscore(numbers: ColumnNumbers, columns: Sequence[str], by: ZScore) -> dict[str, ColumnFit]:
    """Mean ± threshold · standard deviation."""
    found = {}
    for name, m in numbers.moments(columns).items():
        if m.n < (by.min_n or 0) or largest_z(m.n, by.ddof) <= by.threshold:
            found[name] = ColumnFit(n=m.n, fault="n_too_small")
            continue
        mean, sd = float(m.mean or 0.0), float(m.deviation(by.ddof) or 0.0)
        reach = by.threshold * sd
        found[name] = _bounded(m.n, mean - reach, mean + reach, sd, {"mean": mean, "sd": sd})
    return found


def _by_mad(numbers: ColumnNumbers, columns: Sequence[str], by: MedianMad) -> dict[str, ColumnFit]:
    """Median ± threshold · 1.4826 · MAD (Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013)."""
    medians = numbers.quantiles(dict.fromkeys(columns, (_MEDIAN,)))
    enough = {name: m for name, (n, m) in medians.items() if n >= max(by.min_n or 0, 1)}
    deviations = numbers.deviation_medians(enough)
    found = {}
    for name in columns:
        n, median = medians[name]
        if name not in enough:
            found[name] = ColumnFit(n=n, fault="n_too_small")
            continue
        mad = deviations[name]
        reach = by.threshold * MAD_SCALE * mad
        values = {"median": median, "mad": mad}
        found[name] = _bounded(n, median - reach, median + reach, mad, values)
    return found


def _by_iqr(numbers: ColumnNumbers, columns: Sequence[str], by: Iqr) -> dict[str, ColumnFit]:
    """Q1 − k · IQR and Q3 + k · IQR (Tukey 1977)."""
    found = {}
    quartiles = numbers.quantiles(dict.fromkeys(columns, _QUARTILES))
    for name, (n, q1, q3) in quartiles.items():
        if n < max(by.min_n or 0, 1):
            found[name] = ColumnFit(n=n, fault="n_too_small")
            continue
        reach = by.factor * (q3 - q1)
        found[name] = _bounded(n, q1 - reach, q3 + reach, q3 - q1, {"q1": q1, "q3": q3})
    return found


def _bounded(n: int, low: float, high: float, spread: float, values: dict[str, float]) -> ColumnFit:
    if spread <= 0 or not (math.isfinite(low) and math.isfinite(high)):
        return ColumnFit(n=n, values=dict(values), fault="spread_zero")
    return ColumnFit(n=n, values={**values, "low": low, "high": high})


METHODS: Final[Mapping[str, BoundsMethod]] = {
    "zscore": BoundsMethod(_by_zscore, (None,)),
    "mad": BoundsMethod(_by_mad, (_MEDIAN,), estimable=False),
    "iqr": BoundsMethod(_by_iqr, _QUARTILES),
}
"""The methods by the name that a policy gives."""
