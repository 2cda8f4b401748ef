"""Expectations of values far from the others."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import ibis

from assay.quality._check import Check, Conclusion, value_check
from assay.quality._frame import Frame, Unjudged
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._aggregates import numeric, off_mean
from assay.quality.expectations._quantiles import quantile_value, ranked, ranks_around


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
            known = math.isfinite(low - reach) and math.isfinite(high + reach)
            inside = column.between(low - reach, high + reach) if known else ibis.literal(True)
            return value_check(frame, e, ~inside)

        wanted = partial(ranks_around, places)
        return ranked(frame, e, wanted, lambda *_: Conclusion(False), fenced)
    if method != "std":
        raise Unjudged("method must be 'iqr' or 'std'")

    def off(mean: float, std: float) -> Any:
        reach = multiplier * std
        return (column - mean).abs() >= reach if reach > 0 else column != mean

    return off_mean(frame, e, column, off)
