"""All columns at once: can a classifier separate the batch's rows from the reference's?

References
----------
Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, https://arxiv.org/abs/1610.06545.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Final

import ibis
import numpy as np
from ibis import Table

from assay.drift._measurements import ColumnDrift, Effect
from assay.drift.columns._column_types import as_levels, count, fetch, sortable
from assay.engine import ROW, round12
from assay.policy.drift import CategoryTest, DriftPolicy
from assay.statistics import sorted_blocks
from assay.statistics.auc import Auc, area, null_deviation
from assay.statistics.sorted_blocks import Array

_SHARED: Final = 2.0
"""How much larger the variance of the mean is because folds share rows with each other's fits."""
ALL: Final = "(all columns)"
TEST: Final = "domain_classifier"
_LEVELS: Final = 254
"""Levels that gradient boosting separates; all rarer ones share one more."""


def measure_classifier(
    reference: Table, current: Table, policy: DriftPolicy, level: float
) -> ColumnDrift | None:
    """Measure the AUC with which a classifier separates the tables, each row scored unseen.

    Read .5 as: the tables are alike; 1: every row shows which table it is from. None where the
    policy asks for no classifier.

    ``level`` is that of the null quantile and of each bound of the interval.

    Notes
    -----
    Of each table at most ``rows`` rows are seen, those with the smallest seeded hash. Rows are
    dealt to folds; a gradient boosting fitted on the others scores each. The AUC is the mean over
    the folds, since scores of two fits aren't on one scale; its variance is DeLong's, p and null
    quantile are by the normal law of uninformative scores, with Mann & Whitney's variance; both
    variances are doubled, since folds aren't independent. The columns are those that both tables
    have and that have an order or levels in common.

    Without a shift, what two folds have in common by chance raises the AUC of both, since each is
    in the other's fit. Where a score is a sum over the rows of the fit, as a kernel's does, each
    pair of folds counts twice and the variance of the mean is twice that of independent folds,
    however many there are. Taken as independent, the test at .05 rejected .105 of pairs of 100 rows
    and .13 of pairs of 1000, about as often as twice the variance predicts (.122).
    """
    asked = policy.classifier
    if asked is None:
        return None
    rows = [min(count(table), asked.rows) for table in (reference, current)]
    names = [n for n in policy.classified_by if all(n in t.columns for t in (reference, current))]
    common: dict[str, Any] = {"column": ALL, "test": TEST}
    for side, n in zip(("reference", "current"), rows, strict=True):
        common |= {f"n_{side}": n, f"rows_{side}": n}
    if min(rows) < 2 * asked.folds or not names:
        return ColumnDrift(**common)
    features, levels = _features((reference, current), names, policy)
    folds = _scored(features, levels, asked.folds, policy.seed)
    found = _mean(folds)
    spread = sum(null_deviation(f.negatives, f.positives) ** 2 for f in folds)
    deviation = math.sqrt(_SHARED * spread) / len(folds)
    null = NormalDist(0.5, deviation)
    low, high = found.bounds(level)
    effect = Effect.of("auc", found.value, null.inv_cdf(1 - level), "normal")
    effect = effect.model_copy(update={"lower": round12(low), "upper": round12(high)})
    p = null.cdf(1 - found.value)
    return ColumnDrift(statistic=effect.value, p=p, law="normal", effects=(effect,), **common)


def _features(
    tables: tuple[Table, Table], names: Sequence[str], policy: DriftPolicy
) -> tuple[tuple[Array, Array], list[bool]]:
    """A matrix of each table's sampled rows, and which of its columns are levels."""
    chosen: list[dict[str, Any]] = [{}, {}]
    levels = []
    for name in names:
        spec = policy.columns.get(name)
        pair = (tables[0][name], tables[1][name])
        ordered = None if isinstance(spec, CategoryTest) else sortable(*pair)
        levels.append(ordered is None)
        for side, column in zip(chosen, ordered or as_levels(*pair), strict=True):
            side[name] = column
    most = policy.classifier.rows if policy.classifier else 0
    pairs = zip(tables, chosen, strict=True)
    samples = [_sample(table, columns, most, policy.seed) for table, columns in pairs]
    columns = [
        _codes(pair) if is_level else tuple(np.array(side, dtype=float) for side in pair)
        for pair, is_level in zip(zip(*samples, strict=True), levels, strict=True)
    ]
    left, right = (np.column_stack([column[i] for column in columns]) for i in (0, 1))
    return (left, right), levels


def _sample(table: Table, columns: dict[str, Any], most: int, seed: int) -> list[list[Any]]:
    """Values of the rows with the smallest hash of seed, row number and content, in its order."""
    picked = {f"v{i}": column for i, column in enumerate(columns.values())}
    number = [table[ROW].cast("string")] if ROW in table.columns else []
    parts = [*number, *(column.cast("string").fill_null("") for column in picked.values())]
    text = ibis.literal(f"{seed}").concat(*(ibis.literal("\x1f").concat(part) for part in parts))
    ranked = table.select(hashed=text.hexdigest("md5"), **picked)
    taken = ranked.order_by("hashed", *picked).limit(most).drop("hashed")
    return [column.to_pylist() for column in fetch(taken).columns]


def _codes(pair: Sequence[list[str | None]]) -> tuple[Array, Array]:
    """Levels as numbers, the most frequent first; missing is NaN."""
    seen, rows = np.unique([v for side in pair for v in side if v is not None], return_counts=True)
    order = np.lexsort((seen, -rows))
    codes: dict[str | None, float] = {
        str(seen[at]): float(min(code, _LEVELS)) for code, at in enumerate(order)
    }
    left, right = (np.array([codes.get(v, math.nan) for v in side]) for side in pair)
    return left, right


def _scored(features: tuple[Array, Array], levels: list[bool], folds: int, seed: int) -> list[Auc]:
    """The AUC of each fold's rows under a fit on the others."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    x = np.vstack(features)
    y = np.repeat([0, 1], [len(side) for side in features])
    fold = np.concatenate([np.arange(len(side)) % folds for side in features])
    found = []
    for k in range(folds):
        boosting = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=15, early_stopping=False,
            categorical_features=levels, random_state=seed,
        )  # fmt: skip
        model = boosting.fit(x[fold != k], y[fold != k])
        scores, truth = model.predict_proba(x[fold == k])[:, 1], y[fold == k]
        sides = [np.sort(scores[truth == side]) for side in (0, 1)]
        found.append(area(sorted_blocks.merged(*sides), *map(len, sides)))
    return [one for one in found if one is not None]


def _mean(folds: Sequence[Auc]) -> Auc:
    k = len(folds)
    return Auc(
        value=sum(f.value for f in folds) / k,
        variance=_SHARED * sum(f.variance for f in folds) / k**2,
        negatives=sum(f.negatives for f in folds),
        positives=sum(f.positives for f in folds),
    )
