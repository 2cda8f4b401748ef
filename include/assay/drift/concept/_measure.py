"""Whether label, prediction and score still go together: measures of one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import Table

from assay.drift.columns._column_types import FLOAT, without_nan
from assay.drift.columns._counted_table import CountedColumn, CountedTable
from assay.engine import round12
from assay.policy.drift import DriftPolicy
from assay.statistics import sorted_blocks
from assay.statistics.auc import Auc, area
from assay.statistics.levels import is_level, same_level
from assay.verdict import Measurement


def measure_concept(
    side: CountedTable, roles: Mapping[str, str], policy: DriftPolicy, group: str
) -> tuple[Measurement, ...]:
    """Label share, accuracy, precision, recall and AUC, as far as the columns are there.

    The first column of each role ``label``, ``prediction`` and ``probability`` is used. The
    policy's ``concept`` names the positive level; without one nothing is measured. ``group`` is
    ``current`` or ``reference``. Levels are compared by what they mean, as the fairness gate does:
    a label 1.0 and a prediction 1 or true are equal.

    Returns
    -------
    tuple of Measurement
        Each with its own denominator as ``n``; its value is None where that is 0. The labelled
        share says how many rows have a label. Rows without a label (or, for a comparison, without
        a prediction or score) take no part. AUC has its variance (DeLong) and both classes' rows
        in ``detail``.
    """
    if policy.concept is None:
        return ()
    columns = _Columns.of(side.table, roles)
    if columns.label is None:
        return ()
    positive = policy.concept.level
    what = f"concept levels {columns} {positive}"
    counts = side.totals(what, lambda table: _counts(table, columns, positive))
    found = [
        Measurement(
            name=name,
            value=round12(counts[top] / counts[bottom]) if counts[bottom] else None,
            unit="share",
            n=counts[bottom],
            column=columns.label if name.startswith("label") else columns.prediction,
            group=group,
            detail={"count": counts[top]},
        )
        for name, top, bottom in _shares(columns)
    ]
    if columns.score is not None:
        found.append(_auc(side, columns, positive, group))
    return tuple(found)


@dataclass(frozen=True)
class _Columns:
    label: str | None
    prediction: str | None
    score: str | None

    @classmethod
    def of(cls, table: Table, roles: Mapping[str, str]) -> _Columns:
        found = (
            next((c for c, r in roles.items() if r == role and c in table.columns), None)
            for role in ("label", "prediction", "probability")
        )
        return cls(*found)


def _shares(columns: _Columns) -> list[tuple[str, str, str]]:
    """Name, numerator and denominator of each share."""
    shares = [("labelled_share", "labelled", "rows"), ("label_share", "positive", "labelled")]
    if columns.prediction is not None:
        shares += [("accuracy", "agree", "both"), ("precision", "hit", "said")]
        shares += [("recall", "hit", "true")]
    return shares


def _counts(table: Table, columns: _Columns, positive: str) -> dict[str, Any]:
    label = without_nan(table[columns.label])
    true = is_level(label, [positive])
    wanted = {
        "rows": table.count(),
        "labelled": label.count(),
        "positive": table.count(where=true),
    }
    if columns.prediction is not None:
        prediction = without_nan(table[columns.prediction])
        both = label.notnull() & prediction.notnull()
        said = is_level(prediction, [positive])
        wanted |= {
            "both": table.count(where=both),
            "agree": table.count(where=both & same_level(label, prediction)),
            "said": table.count(where=both & said),
            "true": table.count(where=both & true),
            "hit": table.count(where=both & true & said),
        }
    return wanted


def _auc(side: CountedTable, columns: _Columns, positive: str, group: str) -> Measurement:
    def scores(table: Table, *, of_positives: bool) -> ir.Column:
        truth = is_level(table[columns.label], [positive])
        score = without_nan(table[columns.score]).cast(FLOAT)
        return ibis.ifelse(truth if of_positives else ~truth, score, ibis.null(FLOAT))

    wanted = {
        name: CountedColumn(
            f"{name} by level {columns} {positive}", partial(scores, of_positives=true)
        )
        for name, true in (("negatives", False), ("positives", True))
    }
    sides = [values() for values in side.values(wanted).values()]
    negatives, positives = (len(values) for values in sides)
    found = area(sorted_blocks.merged(sides[0], sides[1]), negatives, positives)
    classes = {"negatives": negatives, "positives": positives}
    return Measurement(
        name="auc",
        value=found and round12(found.value),
        unit="1",
        n=negatives + positives,
        column=columns.score,
        group=group,
        detail=classes | {"variance": found and round12(found.variance)},
    )


def auc_of(measurement: Measurement) -> Auc | None:
    """The AUC that a measurement holds."""
    if measurement.value is None:
        return None
    detail = measurement.detail
    return Auc(measurement.value, detail["variance"], detail["negatives"], detail["positives"])
