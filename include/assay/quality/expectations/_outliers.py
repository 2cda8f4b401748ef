"""Expectations of values far from the others."""

from __future__ import annotations

import math
from typing import Any

import ibis

from assay.quality._check import Check, Conclusion, Values, value_check
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._aggregates import mean_of, numeric, spread, std_of, sums
from assay.quality.expectations._quantiles import quantile_value, ranked


@compiles(
    "expect_column_values_to_not_be_outliers", row_level=True,
    scans="the one scan, and two for the quartiles and the rows",
    differences="Mean and deviation are rounded to 12 significant digits. Decimals are judged, "
    "and booleans by `iqr`; GX on pandas can't.",
)  # fmt: skip
def not_outliers(frame: Frame, e: Expectation) -> Check:
    """No value lies beyond the quartiles, or off the mean, by ``multiplier`` times the spread.

    The spread is the interquartile range (``iqr``) or the sample deviation (``std``); where there
    is none, or an infinite one, no value is an outlier.

    References
    ----------
    Tukey, J. W. (1977). Exploratory Data Analysis. Addison-Wesley.
    """
    column = numeric(frame, e)
    method, multiplier = e.kwargs.get("method") or "iqr", e.kwargs.get("multiplier")
    multiplier = 1.5 if multiplier is None else multiplier
    if method == "iqr":
        places = (0.25, 0.75)

        def fenced(n: int, at: dict[int, float]) -> Check:
            low, high = (quantile_value(at, n, q, "linear") if n else math.nan for q in places)
            reach = multiplier * (high - low)
            return _beyond(frame, e, column, low - reach, high + reach)

        def wanted(n: int) -> list[int]:
            return [f(q * (n - 1)) for q in places for f in (math.floor, math.ceil)]

        return ranked(frame, e, wanted, lambda *_: Conclusion(False), fenced)
    if method != "std":
        raise Unjudged("method must be 'iqr' or 'std'")

    def then(values: Values) -> Check:
        mean, std = mean_of(values), std_of(values)
        if mean is None or std is None or not math.isfinite(mean):
            return _beyond(frame, e, column, math.nan, math.nan)
        reach = multiplier * std
        bad = (column - mean).abs() >= reach if reach > 0 else column != mean
        return value_check(frame, e, bad)

    aggregates = sums(frame, e, column) | spread(frame, e, column)
    return Check(aggregates, lambda _: Conclusion(False), then=then)


def _beyond(frame: Frame, e: Expectation, column: Any, low: float, high: float) -> Check:
    known = math.isfinite(low) and math.isfinite(high)
    bad = ~column.between(low, high) if known else ibis.literal(False)
    return value_check(frame, e, bad)
