"""From rows to counts: one aggregation, attributes × control features × label × prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import ibis
from ibis import Table

from assay.policy.fairness import Favourable, OutcomeColumn
from assay.statistics.levels import is_level, level_text

OUTCOMES: tuple[OutcomeColumn, ...] = ("label", "prediction")
Known = bool | None
Outcomes = tuple[Known, Known]


class Level(NamedTuple):
    """A value of a protected attribute, as it may be shown."""

    name: str
    kind: Literal["listed", "missing", "unlisted"]


MISSING = Level("(missing)", "missing")


@dataclass(frozen=True)
class Group:
    """The rows that share a level of an attribute, or one of each of several.

    Parameters
    ----------
    attributes : tuple of str
        The columns, one or (for an intersection) several.
    levels : tuple of Level
        Their levels, in that order.
    counts : mapping
        Rows by (label is favourable, prediction is favourable); None where it is missing or the
        data have no such column.
    """

    attributes: tuple[str, ...]
    levels: tuple[Level, ...]
    counts: Mapping[Outcomes, int]

    @property
    def name(self) -> str:
        """The levels joined by ×."""
        return " × ".join(level.name for level in self.levels)

    @property
    def column(self) -> str:
        """The attributes joined by ×."""
        return " × ".join(self.attributes)

    @property
    def rows(self) -> int:
        """All rows of the group, whatever their outcomes."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Tally:
    """Rows that agree in all levels and outcomes, and how many of them were treated.

    ``values`` has a level for each column that was kept apart, None where it is missing;
    ``outcomes`` whether label and prediction are favourable, None where missing or not there.
    """

    values: tuple[str | None, ...]
    outcomes: Outcomes
    n: int
    treated: tuple[int, ...] = ()


def count_outcomes(
    table: Table,
    names: Sequence[str],
    columns: Mapping[OutcomeColumn, str | None],
    favourable: Favourable | None,
    treatments: Sequence[str] = (),
) -> list[Tally]:
    """Rows by levels of all columns × label × prediction, in one pass over the table.

    ``names`` are the columns whose levels are kept apart: attributes and control features.
    ``columns`` is ``label`` and ``prediction`` to the column of that role; where there is one,
    ``favourable`` has its favourable values. ``treatments`` are boolean columns that mark treated
    rows; null is false.

    Notes
    -----
    Counts are integers, so the order of rows and the number of threads don't show. Levels become
    text after they are counted, once a level instead of once a row.
    """
    keys = {f"a{i}": table[name] for i, name in enumerate(names)}
    for role in OUTCOMES:
        column, values = columns.get(role), getattr(favourable, role, ())
        keys[role] = ibis.null("boolean") if column is None else is_level(table[column], values)
    flags = {f"t{i}": ibis.coalesce(table[name], False) for i, name in enumerate(treatments)}
    sums = {name: lambda t, name=name: t[name].sum() for name in flags}
    rows = table.select(**keys, **flags)
    counted = rows.group_by([*keys]).aggregate(n=rows.count(), **sums)
    texts = {f"a{i}": level_text(counted[f"a{i}"]) for i in range(len(names))}
    found = []
    for row in counted.mutate(**texts).to_pyarrow().to_pylist():
        values, treated = (row[name] for name in texts), (int(row[name]) for name in flags)
        outcomes = row["label"], row["prediction"]
        found.append(Tally(tuple(values), outcomes, row["n"], tuple(treated)))
    return found


class Rate(NamedTuple):
    """Successes of trials."""

    x: int
    n: int

    @property
    def value(self) -> float:
        """The share, NaN without a trial."""
        return self.x / self.n if self.n else math.nan


RateName = Literal["selection_rate", "base_rate", "true_positive_rate", "false_positive_rate"]


def rate(group: Group, name: RateName) -> Rate:
    """One of the four rates of a group, over the rows where what it needs is known.

    Notes
    -----
    ``selection_rate``: predictions that are favourable. ``base_rate``: labels that are.
    ``true_positive_rate``: favourable predictions among favourable labels.
    ``false_positive_rate``: favourable predictions among unfavourable labels.

    Examples
    --------
    >>> g = Group(("sex",), (Level("F", "listed"),), {(True, True): 3, (True, False): 1})
    >>> rate(g, "true_positive_rate")
    Rate(x=3, n=4)
    >>> rate(g, "false_positive_rate").value
    nan
    """
    successes = trials = 0
    for (label, prediction), n in group.counts.items():
        outcome = label if name == "base_rate" else prediction
        wanted = {"true_positive_rate": True, "false_positive_rate": False}.get(name)
        if outcome is None or (wanted is not None and label is not wanted):
            continue
        trials += n
        successes += n if outcome else 0
    return Rate(successes, trials)
