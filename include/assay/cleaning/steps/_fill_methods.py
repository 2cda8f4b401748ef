"""Methods of imputation: what takes the place of a missing value, each with how it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import ibis
from ibis import Table

from assay.cleaning._fitted_state import ColumnFit, Value
from assay.cleaning.steps._step import Need
from assay.policy.cleaning_steps import Fill
from assay.statistics.columns import ColumnNumbers
from assay.statistics.profile import Profile
from assay.statistics.values import is_missing

_MEDIAN: Final = 0.5
Fit = Callable[[ColumnNumbers, Mapping[str, Fill]], dict[str, ColumnFit]]


@dataclass(frozen=True)
class FillMethod:
    """A method: how columns are fitted, all in the same scans, and what it needs for that.

    ``estimate`` gives the fill roughly from a sample, where a sample shows it.
    """

    fit: Fit
    needs: tuple[Need, ...] = ()
    estimate: Callable[[Profile], float | None] | None = None


def _mean_of(profile: Profile) -> float | None:
    moments = profile.moments()
    return moments.mean if moments else None


def _by_mean(numbers: ColumnNumbers, columns: Mapping[str, Fill]) -> dict[str, ColumnFit]:
    found = numbers.moments(list(columns))
    return {name: _fill(numbers.table, name, m.n, m.mean) for name, m in found.items()}


def _by_median(numbers: ColumnNumbers, columns: Mapping[str, Fill]) -> dict[str, ColumnFit]:
    found = numbers.quantiles(dict.fromkeys(columns, (_MEDIAN,)))
    return {name: _fill(numbers.table, name, n, median) for name, (n, median) in found.items()}


def _alone(fit: Callable[[Table, str, Fill], ColumnFit]) -> Fit:
    """Fit each column by itself."""
    return lambda numbers, columns: {n: fit(numbers.table, n, how) for n, how in columns.items()}


def _fill(table: Table, name: str, n: int, value: float | None) -> ColumnFit:
    if value is None:
        return ColumnFit(n=n, fault="no_values")
    if table[name].type().is_integer():
        return ColumnFit(n=n, values={"exact": value, "fill": round(value)})
    return ColumnFit(n=n, values={"fill": value})


def _mode(table: Table, name: str, _: Fill) -> ColumnFit:
    present = table.filter(~is_missing(table[name]))
    counts = present.group_by(value=present[name]).aggregate(rows=lambda t: t.count())
    top = counts.order_by(ibis.desc("rows"), "value").limit(1).to_pyarrow().to_pylist()
    if not top:
        return ColumnFit(n=0, fault="no_values")
    total = present.count().to_pyarrow().as_py()
    return ColumnFit(n=total, values={"fill": _jsonable(top[0]["value"])})


def _jsonable(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value)


METHODS: Final[Mapping[str, FillMethod]] = {
    "mean": FillMethod(_by_mean, (None,), _mean_of),
    "median": FillMethod(_by_median, (_MEDIAN,), lambda profile: profile.quantile(_MEDIAN)),
    "mode": FillMethod(_alone(_mode)),
    "constant": FillMethod(
        _alone(lambda _, __, how: ColumnFit(n=0, values={"fill": _jsonable(how.value)}))
    ),
    "drop": FillMethod(_alone(lambda *_: ColumnFit(n=0))),
}
"""The methods by the name that a policy gives."""
