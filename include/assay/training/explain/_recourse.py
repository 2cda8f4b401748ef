"""Recourse by group: who has a way to the favourable prediction, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.statistics.intervals import hybrid, newcombe, normal_quantile, wilson
from assay.statistics.scores.estimate import Estimate
from assay.training.explain._counterfactuals import Counterfactuals
from assay.training.explain._space import Array
from assay.verdict import Frozen


class GroupRecourse(Frozen):
    """Recourse of one group.

    Parameters
    ----------
    rows : int
        Explained rows of the group.
    share : Estimate
        Share of them with a counterfactual, with Wilson's interval.
    cost : Estimate
        Median distance of the nearest counterfactual, of the rows that have one, with its interval
        by order statistics.
    share_gap, cost_gap : Estimate or None
        Differences from the reference group: Newcombe's interval, and the same rule over the two
        medians' intervals. They hold together, over all comparisons.
    """

    group: str
    rows: int
    share: Estimate
    cost: Estimate
    share_gap: Estimate | None = None
    cost_gap: Estimate | None = None


class Recourse(Frozen):
    """Recourse by the levels of one attribute.

    ``hidden`` is how many groups have fewer rows than the least number, and so are not shown.
    """

    attribute: str
    reference: str | None
    groups: tuple[GroupRecourse, ...]
    hidden: int


def choose_by_group(
    predicted: Array, favourable: int, groups: Sequence[Any], *, most: int, seed: int
) -> Array:
    """Choose rows without the favourable prediction, at most so many of each group at random.

    Examples
    --------
    >>> choose_by_group(np.array([0, 1, 0, 0]), 1, ["a", "a", "b", None], most=5, seed=0).tolist()
    [0, 2]
    """
    import pandas as pd

    random = np.random.default_rng(seed)
    codes, names = pd.factorize(pd.Series(groups, dtype=object).astype("string"), sort=True)
    chosen = []
    for code in range(len(names)):
        mine = codes == code
        rows = np.flatnonzero(mine & (np.asarray(predicted) != favourable))
        chosen.append(rows if len(rows) <= most else random.choice(rows, most, replace=False))
    return np.sort(np.concatenate(chosen)).astype(int) if chosen else np.empty(0, dtype=int)


def measure_recourse(
    found: Counterfactuals,
    attributes: dict[str, Sequence[Any]],
    *,
    least_number: int,
    alpha: float,
    references: dict[str, str] | None = None,
) -> tuple[Recourse, ...]:
    """Measure the recourse of each group of some attributes.

    Parameters
    ----------
    found : Counterfactuals
        Of rows without the favourable prediction, with it as their target.
    attributes : dict of str to sequence
        Attribute → each explained row's level; rows without one are left out.
    least_number : int
        Fewest rows of a group that is shown.
    alpha : float
        One minus the confidence; of differences, of all of them together.
    references : dict of str to str, optional
        Attribute → the level that others are compared with; by default the one with most rows.

    Returns
    -------
    tuple of Recourse
    """
    costs = np.array([flips[0].distance if flips else math.nan for flips in found.flips])
    sizes = {name: _shown(levels, least_number) for name, levels in attributes.items()}
    family = 2 * sum(max(len(shown) - 1, 0) for shown, _ in sizes.values())
    result = []
    for name, levels in attributes.items():
        shown, hidden = sizes[name]
        reference = (references or {}).get(name) or max(shown, key=shown.__getitem__, default=None)
        parts = {g: costs[[n == g for n in _names(levels)]] for g in shown}
        groups = tuple(
            _group(g, parts[g], parts.get(reference) if reference and g != reference else None,
                   alpha, family)
            for g in shown
        )  # fmt: skip
        result.append(Recourse(attribute=name, reference=reference, groups=groups, hidden=hidden))
    return tuple(result)


def _names(levels: Sequence[Any]) -> list[str | None]:
    """Levels as text; None and NaN are no level."""
    import pandas as pd

    return [None if pd.isna(v) else str(v) for v in levels]


def _shown(levels: Sequence[Any], least: int) -> tuple[dict[str, int], int]:
    """Rows of the groups that are large enough, and how many are not."""
    names = [n for n in _names(levels) if n is not None]
    counts = {name: names.count(name) for name in sorted(set(names))}
    shown = {name: n for name, n in counts.items() if n >= least}
    return shown, len(counts) - len(shown)


def _group(
    name: str, costs: Array, reference: Array | None, alpha: float, family: int
) -> GroupRecourse:
    n, has = len(costs), int(np.isfinite(costs).sum())
    low, high = wilson(has, n, alpha)
    share = Estimate(value=has / n, low=low, high=high, n=n, how="Wilson")
    gaps: dict[str, Estimate] = {}
    if reference is not None:
        gaps["share_gap"] = _share_gap(costs, reference, alpha / family)
        gaps["cost_gap"] = _cost_gap(costs, reference, alpha / family)
    return GroupRecourse(
        group=name, rows=n, share=share, cost=median_estimate(costs, alpha), **gaps
    )


def _share_gap(costs: Array, reference: Array, alpha: float) -> Estimate:
    x1, n1, x2, n2 = (
        int(v)
        for side in (costs, reference)
        for v in (np.isfinite(side).sum(), len(side))
    )  # fmt: skip
    low, high = newcombe(x1, n1, x2, n2, alpha)
    return Estimate(value=x1 / n1 - x2 / n2, low=low, high=high, n=n1 + n2, how="Newcombe")


def _cost_gap(costs: Array, reference: Array, alpha: float) -> Estimate:
    first, second = median_estimate(costs, alpha), median_estimate(reference, alpha)
    n = first.n + second.n
    if first.value is None or second.value is None:
        return Estimate.undefined("a group has no counterfactual", n)
    value = first.value - second.value
    ends = (first.low, first.high, second.low, second.high)
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Estimate(value=value, n=n, how=f"no interval of a median: {ends.count(None)} ends")
    low, high = hybrid(
        first.value, (first.low, first.high), second.value, (second.low, second.high)
    )
    return Estimate(value=value, low=low, high=high, n=n, how="Newcombe's rule, medians")


def median_estimate(values: Array, alpha: float) -> Estimate:
    """The median of the values that aren't NaN, with its interval by order statistics.

    Notes
    -----
    The ends are the ordered values at ranks (n + 1)/2 ± z√n/2, between two of them in proportion;
    no shape of the distribution is assumed. With fewer than six values there is no interval.

    Examples
    --------
    >>> found = median_estimate(np.arange(1.0, 26.0), 0.05)
    >>> [round(v, 2) for v in (found.low, found.value, found.high)]
    [8.1, 13.0, 17.9]
    """
    known = np.sort(values[np.isfinite(values)])
    n = len(known)
    if not n:
        return Estimate.undefined("no row has a counterfactual")
    middle, reach = (n + 1) / 2, normal_quantile(alpha) * math.sqrt(n) / 2
    ranks = np.arange(1, n + 1)
    median = float(np.median(known))
    if middle - reach < 1:
        return Estimate(value=median, n=n, how="too few rows for an interval")
    low, high = np.interp([middle - reach, middle + reach], ranks, known)
    return Estimate(value=median, low=float(low), high=float(high), n=n, how="order statistics")
