"""Outliers by column: bounds fitted on the reference, and what lies beyond them."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from typing import Any

import ibis
from ibis import Table

from assay.cleaning._flow import Change, Flow, change, drop, flag
from assay.cleaning._known import Known
from assay.cleaning._state import ColumnFit
from assay.errors import PolicyError
from assay.policy.cleaning import Iqr, MedianMad, OutliersStep, ZScore

MAD_SCALE = 1.482602218505602
"""1 / Φ⁻¹(3/4): makes the MAD of a normal sample estimate its standard deviation."""


def largest_z(n: int, ddof: int) -> float:
    """The largest |z| that any one of n values can have.

    With ddof 1 it is (n − 1)/√n, with ddof 0 it is √(n − 1), so that ``z > 3`` can't fire at
    n ≤ 10 whatever the values.

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


def fit_outliers(known: Known, step: OutliersStep) -> dict[str, ColumnFit]:
    """Bounds of every column of a step, all columns in the same scans.

    Notes
    -----
    z-score: mean ± threshold · sd. MAD: median ± threshold · 1.4826 · MAD (Leys et al. 2013,
    doi:10.1016/j.jesp.2013.03.013). IQR: Q1 − k · IQR and Q3 + k · IQR (Tukey 1977). NaN and
    infinities don't take part in the fit. No values, n too small for the threshold to be reached,
    or no spread at all is a fault: the column is left as it is, INCONCLUSIVE.
    """
    if isinstance(step.by, ZScore):
        fits = _by_zscore(known, step, step.by)
    elif isinstance(step.by, MedianMad):
        fits = _by_mad(known, step, step.by)
    elif isinstance(step.by, Iqr):
        fits = _by_iqr(known, step, step.by)
    else:
        raise PolicyError("an isolation forest has no bounds by column", got=step.by.method)
    if step.action == "clip":
        whole = {n for n in step.columns if known.table[n].type().is_integer()}
        return {n: _with_room(f) if n in whole else f for n, f in fits.items()}
    return fits


def _with_room(fit: ColumnFit) -> ColumnFit:
    """The fit of a column of whole numbers, a fault where no whole number lies within."""
    if fit.fault is None and _whole_bounds(fit)[0] > _whole_bounds(fit)[1]:
        return fit.model_copy(update={"fault": "spread_zero"})
    return fit


def _whole_bounds(fit: ColumnFit) -> tuple[int, int]:
    low, high = bounds_of(fit)
    return math.ceil(low), math.floor(high)


def _by_zscore(known: Known, step: OutliersStep, by: ZScore) -> dict[str, ColumnFit]:
    found = {}
    for name, m in known.moments(step.columns).items():
        if m.n < (by.min_n or 0) or largest_z(m.n, by.ddof) <= by.threshold:
            found[name] = ColumnFit(n=m.n, fault="n_too_small")
            continue
        mean, sd = float(m.mean or 0.0), float(m.deviation(by.ddof) or 0.0)
        reach = by.threshold * sd
        found[name] = _bounded(m.n, mean - reach, mean + reach, sd, {"mean": mean, "sd": sd})
    return found


def _by_mad(known: Known, step: OutliersStep, by: MedianMad) -> dict[str, ColumnFit]:
    medians = known.quantiles(dict.fromkeys(step.columns, (0.5,)))
    enough = {name: m for name, (n, m) in medians.items() if n >= max(by.min_n or 0, 1)}
    deviations = known.deviation_medians(enough)
    found = {}
    for name in step.columns:
        n, median = medians[name]
        if name not in enough:
            found[name] = ColumnFit(n=n, fault="n_too_small")
            continue
        mad = deviations[name]
        reach = by.threshold * MAD_SCALE * mad
        found[name] = _bounded(n, median - reach, median + reach, mad,
                               {"median": median, "mad": mad})  # fmt: skip
    return found


def _by_iqr(known: Known, step: OutliersStep, by: Iqr) -> dict[str, ColumnFit]:
    found = {}
    quartiles = known.quantiles(dict.fromkeys(step.columns, (0.25, 0.75)))
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


def apply_outliers(flow: Flow, index: int, step: OutliersStep, fits: dict[str, ColumnFit]) -> Flow:
    """Flag, clip, empty or drop what lies strictly beyond the fitted bounds.

    Notes
    -----
    An infinite value lies beyond; NaN and null don't. A column of whole numbers is clipped to the
    nearest whole number within the bounds, so that its type stays. With the same state, doing it
    twice changes nothing more.
    """
    rule = f"outliers.{step.by.method}.{step.action}"
    fitted = {n: f for n, f in fits.items() if f.fault is None}
    beyond = {name: _beyond(flow.numeric(name, index), fit) for name, fit in fitted.items()}
    if step.action == "flag":
        none = ibis.literal(False)
        return flag(flow, index, [
            (f"{n}__outlier", n, beyond.get(n, none), rule) for n in step.columns
        ])  # fmt: skip
    if step.action == "drop":
        return drop(flow, index, [(where, f"clean.outliers:{n}") for n, where in beyond.items()])
    changes = []
    for name, where in beyond.items():
        value, fit = flow.table[name], fitted[name]
        new = ibis.null(value.type()) if step.action == "null" else _nearest(value, fit)
        new = ibis.ifelse(where, new, value)
        changes.append(Change(name, _unless_inside(value, fit, value, new), rule, where))
    return change(flow, index, changes)


def _beyond(value: Any, fit: ColumnFit) -> Any:
    number = value.cast("float64")
    low, high = bounds_of(fit)
    outside = (number < low) | (number > high)
    return outside & ~value.isnan() if value.type().is_floating() else outside


def inliers(table: Table, fits: Mapping[str, ColumnFit], strict: Container[str]) -> dict[str, Any]:
    """Whether a step leaves cells as they are, by column.

    In ``strict`` columns a null's answer is null and a NaN's is no, which is cheaper to find.
    """
    found = {}
    for name, fit in fits.items():
        if fit.fault is None:
            value = table[name]
            within = value.cast("float64").between(*bounds_of(fit))
            if name not in strict:
                missing = value.isnan() if value.type().is_floating() else False
                within = (within | missing).fill_null(True)
            found[name] = _unless_inside(value, fit, ibis.literal(True), within)
    return found


def _unless_inside(value: Any, fit: ColumnFit, inside: Any, otherwise: Any) -> Any:
    """What holds of cells well within the bounds, as most are; else what is asked in full.

    An engine compares floating-point numbers slowly, since NaN has its place among them: most
    cells are asked once how far they are from the middle. Those so near a bound that rounding may
    tell, null and NaN are asked in full.
    """
    low, high = bounds_of(fit)
    middle = low + (high - low) / 2
    reach = (high - low) / 2 * (1 - 1e-9) - 4 * math.ulp(max(abs(low), abs(high)))
    if not (math.isfinite(reach) and reach > 0):
        return otherwise
    return ibis.ifelse((value.cast("float64") - middle).abs() < reach, inside, otherwise)


def bounds_of(fit: ColumnFit) -> tuple[float, float]:
    """The lower and the upper bound."""
    return float(fit.values["low"] or 0), float(fit.values["high"] or 0)


def _nearest(value: Any, fit: ColumnFit) -> Any:
    dtype = value.type()
    low, high = nearest_bounds(dtype, fit)
    above = value.cast("float64") > float(fit.values["high"] or 0)
    return ibis.ifelse(above, ibis.literal(high).cast(dtype), ibis.literal(low).cast(dtype))


def nearest_bounds(dtype: Any, fit: ColumnFit) -> tuple[float, float]:
    """What values beyond the bounds of a column of this type are clipped to."""
    if dtype.is_integer():
        least, most = _whole_bounds(fit)
        return max(least, dtype.bounds.lower), min(most, dtype.bounds.upper)
    return bounds_of(fit)
