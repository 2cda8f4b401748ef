"""Missing values, filled by what the reference says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import ibis
from ibis import Table

from assay.cleaning._flow import Change, Flow, change, drop, flag
from assay.cleaning._known import Known
from assay.cleaning._state import ColumnFit, Value
from assay.errors import PolicyError
from assay.policy.cleaning import ImputeStep
from assay.statistics.values import is_missing


def fit_impute(flow: Flow, known: Known, index: int, step: ImputeStep) -> dict[str, ColumnFit]:
    """The fill of every column of a step; all means in the same scans, all medians in one.

    Notes
    -----
    Missing is null, and for floating-point numbers NaN too. A mode's ties go to the smallest
    value, as in scikit-learn's SimpleImputer. For a column of whole numbers the mean or median is
    rounded to the nearest whole number, halves to even, so that its type stays. A column without a
    value has no fill: a fault, and its cells stay missing.
    """
    by_method: dict[str, list[str]] = {"mean": [], "median": [], "mode": []}
    for name, how in step.columns.items():
        flow.column(name, index)
        if how.method in {"mean", "median"}:
            flow.numeric(name, index)
        if how.method in by_method:
            by_method[how.method].append(name)
    table = known.table
    moments = known.moments(by_method["mean"])
    found = {name: _fill(table, name, m.n, m.mean) for name, m in moments.items()}
    quantiles = known.quantiles(dict.fromkeys(by_method["median"], (0.5,)))
    found |= {name: _fill(table, name, n, median) for name, (n, median) in quantiles.items()}
    found |= {name: _mode(table, name) for name in by_method["mode"]}
    for name, how in step.columns.items():
        if how.method == "constant":
            found[name] = ColumnFit(n=0, values={"fill": _jsonable(how.value)})
        elif how.method == "drop":
            found[name] = ColumnFit(n=0)
    return {name: found[name] for name in step.columns}


def _fill(table: Table, name: str, n: int, value: float | None) -> ColumnFit:
    if value is None:
        return ColumnFit(n=n, fault="no_values")
    if table[name].type().is_integer():
        return ColumnFit(n=n, values={"exact": value, "fill": round(value)})
    return ColumnFit(n=n, values={"fill": value})


def _mode(table: Table, name: str) -> ColumnFit:
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


def apply_impute(flow: Flow, index: int, step: ImputeStep, fits: dict[str, ColumnFit]) -> Flow:
    """Fill missing cells (or drop their rows) and flag the filled ones in ``<column>__imputed``.

    Where a column could not be fitted its flag is there and false, so that the columns of a
    release don't depend on its rows.
    """
    drops, flags, changes = [], [], []
    for name, how in step.columns.items():
        value = flow.column(name, index)
        missing = is_missing(value)
        if how.method == "drop":
            drops.append((missing, f"clean.impute:{name}"))
            continue
        rule = f"impute.{how.method}"
        if fits[name].fault is not None:
            flags.append((f"{name}__imputed", name, ibis.literal(False), rule))
            continue
        fill = _literal(value, fits[name].values["fill"], name, index)
        flags.append((f"{name}__imputed", name, missing, rule))
        changes.append(Change(name, ibis.ifelse(missing, fill, value), rule, missing))
    flow = flag(drop(flow, index, drops), index, flags)
    marks = {mark.column: mark for mark in flow.marks if mark.step == index}
    return change(flow, index, [replace(c, marked=marks[c.column]) for c in changes])


def _literal(column: Any, fill: Value, name: str, index: int) -> Any:
    """The fill in the column's own type.

    Raises
    ------
    PolicyError
        If a constant isn't of that type.
    """
    dtype = column.type()
    try:
        return ibis.literal(_typed(dtype, fill)).cast(dtype)
    except (TypeError, ValueError) as exc:
        raise PolicyError(
            "the constant isn't of the column's type",
            where=f"steps.{index}.columns.{name}",
            got=fill,
            expected=str(dtype),
        ) from exc


def _typed(dtype: Any, fill: Value) -> Any:
    if dtype.is_boolean():
        return _only(fill, isinstance(fill, bool))
    if dtype.is_string():
        return _only(fill, isinstance(fill, str))
    if dtype.is_date():
        return date.fromisoformat(str(fill))
    if dtype.is_timestamp():
        return datetime.fromisoformat(str(fill))
    number = isinstance(fill, int | float) and not isinstance(fill, bool)
    if dtype.is_integer():
        return _only(fill, number and float(fill or 0).is_integer())
    return _only(fill, number)


def _only(fill: Value, right: bool) -> Value:
    if not right:
        raise TypeError
    return fill
