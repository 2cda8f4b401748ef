"""A cell: one metric for one group against its reference, with its interval and its p."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from assay.fairness._counts import MISSING, Group, Level, Rate, RateName, rate
from assay.fairness._p_values import difference_p, ratio_p
from assay.policy.fairness import DisparateImpact, FairnessPolicy, Metric
from assay.statistics.corrections import holm
from assay.statistics.intervals import miettinen_nurminen, newcombe
from assay.verdict import Outcome


@dataclass(frozen=True)
class Cell:
    """One comparison.

    ``required`` says that the policy asks for this group to be judged. ``estimate`` is the ratio or
    difference, ``low`` and ``high`` its interval at 1 − alpha; None where it can't be computed,
    ``high`` also where there is no upper limit. ``p`` is the smallest level at which the interval
    lies wholly beyond the limit, ``adjusted`` that after Holm; None where a denominator is below
    the least number.
    """

    metric: Metric
    rate: RateName
    group: Group
    reference: Group
    required: bool
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    adjusted: float | None = None
    outcome: Outcome = Outcome.INCONCLUSIVE

    @property
    def unit(self) -> Literal["ratio", "difference"]:
        """How the two rates are compared."""
        return "ratio" if isinstance(self.metric, DisparateImpact) else "difference"

    @property
    def counts(self) -> tuple[Rate, Rate]:
        """The group's rate and the reference's."""
        return rate(self.group, self.rate), rate(self.reference, self.rate)


def rates_of(metric: Metric) -> tuple[RateName, ...]:
    """The rates that a metric compares, each a cell of its own.

    Notes
    -----
    Equalized odds asks for equal rates of favourable predictions among those whose label is
    favourable and among those whose label is not; equal opportunity for the first alone. Disparate
    impact is the ratio of two rates of favourable outcomes; the four-fifths rule takes one below .8
    for evidence of adverse impact.

    References
    ----------
    Hardt, M., Price, E., & Srebro, N. (2016). Equality of opportunity in supervised learning.
    Advances in Neural Information Processing Systems 29. doi:10.48550/arXiv.1610.02413
    Equal Employment Opportunity Commission (1978). Uniform guidelines on employee selection
    procedures. 29 CFR 1607.4(D)
    Feldman, M., Friedler, S. A., Moeller, J., Scheidegger, C., & Venkatasubramanian, S. (2015).
    Certifying and removing disparate impact. KDD '15, 259–268. doi:10.1145/2783258.2783311
    """
    match metric.metric:
        case "equalized_odds":
            return ("true_positive_rate", "false_positive_rate")
        case "equal_opportunity_difference":
            return ("true_positive_rate",)
        case _:
            return ("base_rate",) if metric.outcomes == ("label",) else ("selection_rate",)


def reference_of(groups: Iterable[Group], policy: FairnessPolicy) -> Group | None:
    """The group whose every level is its attribute's reference."""
    for group in groups:
        wanted = tuple(policy.attributes[name].reference for name in group.attributes)
        if group.levels == tuple(Level(name, "listed") for name in wanted):
            return group
    return None


def is_required(group: Group, policy: FairnessPolicy) -> bool:
    """Check that the attribute of each level requires that level."""
    for name, level in zip(group.attributes, group.levels, strict=True):
        required = policy.attributes[name].required_groups
        if required == "all":
            continue
        value = None if level is MISSING or level.kind == "missing" else level.name
        if level.kind == "unlisted" or value not in required:
            return False
    return True


def absent_groups(
    attributes: Sequence[str], groups: Iterable[Group], policy: FairnessPolicy
) -> Iterator[str]:
    """Names of required groups that have no row."""
    there = {tuple(level.name for level in g.levels) for g in groups}
    wanted: list[tuple[str, ...]] = []
    for name in attributes:
        required = policy.attributes[name].required_groups
        if required == "all":
            return
        wanted.append(tuple(MISSING.name if v is None else v for v in required))
    for levels in product(*wanted):
        if levels not in there:
            yield " × ".join(levels)


def judge_cells(cells: Sequence[Cell], alpha: float, least_number: int) -> list[Cell]:
    """Give each cell its interval, its p and its outcome; Holm runs over all that have a p.

    Notes
    -----
    A cell with a denominator below the least number has no p, isn't counted in the family, and is
    INCONCLUSIVE. Of the others: FAIL where Holm rejects at alpha, PASS where the unadjusted
    interval lies inside the limits, else INCONCLUSIVE.
    """
    able = [all(r.n >= max(1, least_number) for r in cell.counts) for cell in cells]
    measured = [_measured(c, alpha) if ok else c for c, ok in zip(cells, able, strict=True)]
    adjusted = iter(holm([c.p for c in measured if c.p is not None]))
    return [
        cell if cell.p is None else _decided(replace(cell, adjusted=next(adjusted)), alpha)
        for cell in measured
    ]


def _measured(cell: Cell, alpha: float) -> Cell:
    (x1, n1), (x2, n2) = cell.counts
    metric = cell.metric
    if isinstance(metric, DisparateImpact):
        low, high = miettinen_nurminen(x1, n1, x2, n2, alpha)
        p = ratio_p(x1, n1, x2, n2, least=metric.min, most=metric.max)
        estimate = (x1 / n1) / (x2 / n2) if x2 else math.inf
    else:
        low, high = newcombe(x1, n1, x2, n2, alpha)
        p = difference_p(x1, n1, x2, n2, metric.max)
        estimate = x1 / n1 - x2 / n2
    return replace(cell, estimate=_finite(estimate), low=low, high=_finite(high), p=p)


def _finite(value: float) -> float | None:
    """Return None for infinity, which JSON does not have."""
    return value if math.isfinite(value) else None


def _decided(cell: Cell, alpha: float) -> Cell:
    if cell.adjusted is not None and cell.adjusted <= alpha:
        return replace(cell, outcome=Outcome.FAIL)
    return replace(cell, outcome=Outcome.PASS if _inside(cell) else Outcome.INCONCLUSIVE)


def _inside(cell: Cell) -> bool:
    low = -math.inf if cell.low is None else cell.low
    high = math.inf if cell.high is None else cell.high
    if isinstance(cell.metric, DisparateImpact):
        return low >= cell.metric.min and (cell.metric.max is None or high <= cell.metric.max)
    return -cell.metric.max <= low and high <= cell.metric.max
