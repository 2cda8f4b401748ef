"""The effects by the name that a policy gives, each with all that the room asks of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.drift._measurements import Effect
from assay.drift.effects import _formulas, _null_quantiles
from assay.drift.tests import _kolmogorov_smirnov

if TYPE_CHECKING:
    from assay.drift.columns._column_task import ColumnTask
    from assay.drift.columns._ordered_counts import OrderedCounts
    from assay.drift.tests._chi_square import Homogeneity

Array = np.ndarray[Any, Any]
Divergences = Mapping[str, Effect]
"""PSI and the Jensen-Shannon distance of one table; their null quantiles are simulated together."""


def _no_weights(table: Array) -> Array:
    raise NotImplementedError  # the effect is no sum over cells of a table


@dataclass(frozen=True)
class EffectSize:
    """An effect size.

    ``measure`` and ``measured`` are what a difference of mean scores is where an attribution splits
    the effect: a key, and the words for readers. ``weights`` gives the score of each cell of a
    table of counts (2, k), so that Σ score·(p′ − p) is the effect.
    """

    label: str
    measure: str
    measured: str
    of_order: Callable[[OrderedCounts, ColumnTask, Divergences], Effect] | None = None
    of_levels: Callable[[Homogeneity, int, Divergences], Effect] | None = None
    weights: Callable[[Array], Array] = _no_weights


def effects_of_order(seen: OrderedCounts, task: ColumnTask) -> tuple[Effect, ...]:
    """Measure all effects of an ordered column, each with its null quantile."""
    found = divergences(seen.cells(seen.deciles)[0], task)
    return tuple(e.of_order(seen, task, found) for e in EFFECTS.values() if e.of_order)


def effects_of_levels(test: Homogeneity, table: Array, task: ColumnTask) -> tuple[Effect, ...]:
    """Measure all effects of a column of levels, each with its null quantile."""
    found, rows = divergences(table, task), int(table.sum())
    return tuple(e.of_levels(test, rows, found) for e in EFFECTS.values() if e.of_levels)


def divergences(table: Array, task: ColumnTask) -> Divergences:
    """Measure PSI and Jensen-Shannon distance over cells; cells without a row don't count."""
    table = table[:, table.sum(axis=0) > 0]
    nulls = _null_quantiles.divergence_nulls(table, task.level, task.rng)
    values = {"psi": _formulas.psi(*table), "jensen_shannon": _formulas.jensen_shannon(*table)}
    return {
        name: Effect.of(name, float(value), null.quantile, null.law)
        for (name, value), null in zip(values.items(), nulls, strict=True)
    }


def _divergence(name: str) -> Callable[[object, object, Divergences], Effect]:
    return lambda _, __, found: found[name]


def _ks_statistic(seen: OrderedCounts, task: ColumnTask, _: Divergences) -> Effect:
    null = _kolmogorov_smirnov.null_quantile(task.level, seen.n, seen.m)
    law = "exact" if seen.n * seen.m <= 250_000 else "kstwo"
    return Effect.of("ks_statistic", seen.statistic, null, law)


def _cramers_v(test: Homogeneity, rows: int, _: Divergences) -> Effect:
    found = (test.statistic, test.null_statistic)
    value, null = (_formulas.cramers_v(s, rows, max(test.cells, 2)) for s in found)
    law = "analytic" if test.law == "chi_square" else "simulated"
    return Effect.of("cramers_v", value, null, law)


def _wasserstein(seen: OrderedCounts, task: ColumnTask, _: Divergences) -> Effect:
    """Measure the distance over the interquartile range; no value where that is 0."""
    if seen.iqr <= 0 or not math.isfinite(seen.wasserstein / seen.iqr):
        return Effect(name="wasserstein", value=None)
    grid = seen.grid
    ends, sizes = grid.reference + grid.current, (seen.n, seen.m)
    null = _null_quantiles.wasserstein_null(grid.values, ends, sizes, task.level, task.seed)
    return Effect.of("wasserstein", seen.wasserstein / seen.iqr, null / seen.iqr, "simulated")


EFFECTS: Final[Mapping[str, EffectSize]] = {
    "ks_statistic": EffectSize("KS distance", "share", "share of rows", of_order=_ks_statistic),
    "cramers_v": EffectSize(
        "Cramér’s V", "phi_squared", "χ² over rows", None, _cramers_v, _formulas.phi_squared_weights
    ),
    "psi": EffectSize(
        "PSI", "psi", "PSI", _divergence("psi"), _divergence("psi"), _formulas.psi_weights,
    ),
    "jensen_shannon": EffectSize(
        "Jensen-Shannon", "jensen_shannon_divergence", "Jensen-Shannon divergence",
        _divergence("jensen_shannon"), _divergence("jensen_shannon"),
        _formulas.jensen_shannon_weights,
    ),
    "wasserstein": EffectSize(
        "Wasserstein", "wasserstein", "Wasserstein distance over the interquartile range",
        of_order=_wasserstein,
    ),
    "auc": EffectSize("AUC", "auc", "AUC"),
}  # fmt: skip
MEASURES: Final = {effect.measure: effect.measured for effect in EFFECTS.values()}
"""What an attribution splits → the words for readers."""
