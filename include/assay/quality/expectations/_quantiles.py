"""Expectations of order statistics, computed exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from assay.engine.functions import values_at_quantiles
from assay.quality._check import Check, Conclusion, Values, counted
from assay.quality._frame import Frame, Unjudged, all_of
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._aggregates import judged, numeric, present

_SCANS = "the one scan for the number of values, and one for the values at the ranks"


def ranked(
    frame: Frame, e: Expectation, wanted: Any, conclude: Any, then: Any | None = None
) -> Check:
    """First the number of values n, then the values at the ranks (from 0) that n asks for.

    What comes of them is a conclusion, or (``then``) a further check.
    """
    column = numeric(frame, e)
    there = present(frame, e, column)

    def at_ranks(values: Values) -> Check:
        n = int(values["n"])
        ranks = sorted(set(wanted(n)) if n else set())
        floats = column.cast("float64")
        places = [(k + 0.5) / n for k in ranks]

        def found(got: Values) -> dict[int, float]:
            return dict(zip(ranks, got["at"], strict=True)) if ranks else {}

        return Check(
            {"at": values_at_quantiles(floats, places, where=there)} if ranks else {},
            lambda got: conclude(n, found(got)),
            then=None if then is None else lambda got: then(n, found(got)),
            keeps=n,
        )

    return Check({"n": counted(frame, there)}, lambda _: Conclusion(False), then=at_ranks)


@compiles("expect_column_median_to_be_between", takes="numbers", scans=_SCANS)
def column_median(frame: Frame, e: Expectation) -> Check:
    """The middle value, or the mean of the two in the middle, lies between the bounds."""

    def conclude(n: int, at: dict[int, float]) -> Conclusion:
        if not n:
            return judged(None, e)
        low, high = at[(n - 1) // 2], at[n // 2]
        return judged(low if low == high else (low + high) / 2, e)

    by_rank = ranked(frame, e, lambda n: [(n - 1) // 2, n // 2], conclude)
    bounds = [e.kwargs.get("min_value"), e.kwargs.get("max_value")]
    plain = all(b is None or (isinstance(b, int | float) and float(b) == b) for b in bounds)
    return by_rank if frame.details or not plain else _by_counts(frame, e, by_rank)


def _by_counts(frame: Frame, e: Expectation, by_rank: Check) -> Check:
    """A median between its bounds by the number of values beyond each, else by its ranks.

    It is certain where at most (n − 1) // 2 values lie below the lower bound, and as many above the
    upper one: then both values in the middle are between them.
    """
    column = numeric(frame, e)
    there, values = present(frame, e, column), column.cast("float64")
    low, high = e.kwargs.get("min_value"), e.kwargs.get("max_value")
    beyond = {}
    if low is not None:
        out = values <= float(low) if e.kwargs.get("strict_min") else values < float(low)
        beyond["below"] = counted(frame, all_of([there, out]))
    if high is not None:
        out = values >= float(high) if e.kwargs.get("strict_max") else values > float(high)
        beyond["above"] = counted(frame, all_of([there, out]))

    def then(got: Values) -> Check:
        n = int(got["n"])
        if n and all(int(got[side]) <= (n - 1) // 2 for side in beyond):
            return Check({}, lambda _: Conclusion(True))
        return by_rank

    counts = {"n": counted(frame, there), **beyond}
    return Check(counts, lambda _: Conclusion(False), then=then)


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile_value(at: dict[int, float], n: int, q: float, method: str) -> float:
    """A quantile by pandas' interpolation methods, from the two values around its place.

    Notes
    -----
    The place is q·(n − 1); ``nearest`` takes the even one of two equally near ranks. ``linear`` is
    definition 7 of Hyndman and Fan.

    References
    ----------
    Hyndman, R. J., & Fan, Y. (1996). Sample quantiles in statistical packages. The American
    Statistician 50(4), 361–365. doi:10.1080/00031305.1996.10473566
    """
    place = q * (n - 1)
    low, high = math.floor(place), math.ceil(place)
    if method == "lower" or low == high:
        return at[low]
    if method == "higher":
        return at[high]
    if method == "nearest":
        return at[round(place)]
    share = 0.5 if method == "midpoint" else place - low
    return at[low] + share * (at[high] - at[low])


def ranks_around(quantiles: Sequence[float], n: int) -> list[int]:
    """The ranks of the values around the places of quantiles, of n values."""
    return [f(q * (n - 1)) for q in quantiles for f in (math.floor, math.ceil)]


def in_range(value: float | None, bounds: Sequence[float | None]) -> bool:
    """Whether a quantile lies in a range or within 1e-8 + 1e-4·|bound| of a bound of it."""
    if value is None:
        return False
    low = -math.inf if bounds[0] is None else bounds[0]
    high = math.inf if bounds[1] is None else bounds[1]
    near = any(math.isfinite(b) and abs(value - b) <= 1e-8 + 1e-4 * abs(b) for b in (low, high))
    return near or low <= value <= high


@compiles(
    "expect_column_quantile_values_to_be_between", takes="numbers", scans=_SCANS,
    required=("column", "quantile_ranges"),
    differences="`linear` and `midpoint` may differ in the last digit.",
)  # fmt: skip
def quantiles_between(frame: Frame, e: Expectation) -> Check:
    """Each quantile lies in its range."""
    ranges = e.kwargs["quantile_ranges"]
    quantiles, bounds = ranges["quantiles"], ranges["value_ranges"]
    method = e.kwargs.get("allow_relative_error") or "nearest"
    if method not in _METHODS:
        raise Unjudged("allow_relative_error must be one of " + ", ".join(_METHODS))
    if len(quantiles) != len(bounds) or any(not 0 <= q <= 1 for q in quantiles):
        raise Unjudged("quantile_ranges needs one range for each quantile from 0 to 1")

    def conclude(n: int, at: dict[int, float]) -> Conclusion:
        values = [quantile_value(at, n, q, method) if n else None for q in quantiles]
        details = [in_range(v, b) for v, b in zip(values, bounds, strict=True)]
        return Conclusion(all(details), {
            "observed_value": {"quantiles": quantiles, "values": values},
            "details": {"success_details": details},
        })  # fmt: skip

    return ranked(frame, e, partial(ranks_around, quantiles), conclude)
