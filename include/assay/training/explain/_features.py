"""What is known of each feature: its kind, what it may become, and its unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from assay.errors import InputError, PolicyError, Problem, problems_error, unknown

Direction = Literal["rises", "falls"]


@dataclass(frozen=True)
class Feature:
    """A feature as a counterfactual sees it.

    Parameters
    ----------
    name : str
        Its column.
    kind : {"number", "level"}
        A number has a distance; two levels are equal or not.
    actionable : bool
        Whether a counterfactual may change it. All others are immutable.
    low, high : float, optional
        The contract's range of a number.
    levels : tuple of str, optional
        The contract's closed list. Only released values are proposed in any case.
    direction : {"rises", "falls"}, optional
        The only direction in which it can change, as an age: of a number, or of a level in the
        order of its closed list.
    spread : float
        The unit of a number's change in reports: the standard deviation of the released column.
    classified : bool
        Whether its values may be shown; a report says only by how much it changes.

    Examples
    --------
    >>> Feature("hours", "number", low=0, high=99, spread=12.3).allows(120.0)
    False
    """

    name: str
    kind: Literal["number", "level"]
    actionable: bool = True
    low: float | None = None
    high: float | None = None
    levels: tuple[str, ...] | None = None
    direction: Direction | None = None
    spread: float = 1.0
    classified: bool = False

    def allows(self, value: Any) -> bool:
        """Whether the contract allows a value, whatever the row has now."""
        if self.kind == "level":
            return self.levels is None or str(value) in self.levels
        above = self.low is None or value >= self.low
        return bool(above and (self.high is None or value <= self.high))


def describe_features(
    released: Any,
    *,
    actionable: Iterable[str],
    directions: Mapping[str, Direction] | None = None,
    ranges: Mapping[str, tuple[float | None, float | None]] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    classified: Iterable[str] = (),
) -> tuple[Feature, ...]:
    """Describe the columns of a table of features, with their spreads in it.

    Parameters
    ----------
    released : pandas.DataFrame (n, p)
        Released rows. Booleans, text and categories are levels; all else is a number.
    actionable : iterable of str
        Features that may change.
    directions, ranges, levels : mapping, optional
        By feature: the only direction, the contract's range, the contract's closed list.
    classified : iterable of str
        Features whose values a report may not show.

    Raises
    ------
    PolicyError
        With every name that is no feature, and every direction of levels without an order.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [20.0, 40.0], "sex": ["F", "M"]})
    >>> [(f.name, f.kind, f.actionable) for f in describe_features(table, actionable=["age"])]
    [('age', 'number', True), ('sex', 'level', False)]
    """
    chosen, directions = set(actionable), dict(directions or {})
    ranges, closed = dict(ranges or {}), dict(levels or {})
    found = {name: _described(released[name], name) for name in map(str, released.columns)}
    _refuse_unknown({"actionable": chosen, "directions": directions}, found, closed)
    for name, feature in found.items():
        low, high = ranges.get(name, (None, None))
        found[name] = replace(
            feature, actionable=name in chosen, direction=directions.get(name), low=low, high=high,
            levels=tuple(map(str, closed[name])) if name in closed else None,
            classified=name in set(classified),
        )  # fmt: skip
    return tuple(found.values())


def _described(column: Any, name: str) -> Feature:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_bool_dtype(column.dtype) or not is_numeric_dtype(column.dtype):
        return Feature(name, "level")
    spread = float(np.nanstd(column.to_numpy(dtype=float, na_value=np.nan))) if len(column) else 0.0
    return Feature(name, "number", spread=spread if spread > 0 else 1.0)


def _refuse_unknown(
    named: Mapping[str, Iterable[str]], found: Mapping[str, Feature], closed: Iterable[str]
) -> None:
    problems = [
        Problem("no such feature", where=f"explain.counterfactuals.{key}", **unknown(name, found))
        for key, names in named.items()
        for name in sorted(names)
        if name not in found
    ]
    problems += [
        Problem(
            "levels without an order have no direction",
            where=f"explain.counterfactuals.directions.{name}",
            got=name, expected="a number, or a closed list",
            do="Remove it, or state the levels in the contract.",
        )
        for name in sorted(named["directions"])
        if name in found and found[name].kind == "level" and name not in closed
    ]  # fmt: skip
    if problems:
        raise problems_error(PolicyError, problems)


def refuse_other_columns(features: Sequence[Feature], table: Any, what: str) -> None:
    """Refuse a table whose columns aren't the features, in their order."""
    names = [f.name for f in features]
    if (got := list(map(str, table.columns))) != names:
        raise InputError(
            f"the columns of {what} aren't the described features", got=got,
            expected=", ".join(names), do="Give the same features in the same order.",
        )  # fmt: skip
