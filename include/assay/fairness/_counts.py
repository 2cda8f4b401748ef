"""From rows to counts: one aggregation, attributes × label × prediction."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import ibis

from assay.policy.fairness import FairnessPolicy, Favourable, OutcomeColumn

OUTCOMES: tuple[OutcomeColumn, ...] = ("label", "prediction")
Known = bool | None
Outcomes = tuple[Known, Known]
Counted = tuple[tuple[str | None, ...], Outcomes, int]


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
    def rows(self) -> int:
        """All rows of the group, whatever their outcomes."""
        return sum(self.counts.values())


def count_outcomes(
    table: Any,
    attributes: Sequence[str],
    columns: Mapping[OutcomeColumn, str | None],
    favourable: Favourable,
) -> list[Counted]:
    """Rows by levels of all attributes × label × prediction, in one pass over the table.

    Parameters
    ----------
    table : ibis Table
        With every attribute.
    attributes : sequence of str
        Columns whose levels are kept apart.
    columns : mapping
        ``label`` and ``prediction`` to the column of that role, None where there is none.
    favourable : Favourable
        The values of each that are favourable.

    Notes
    -----
    Counts are integers, so the order of rows and the number of threads don't show.
    """
    keys = {f"a{i}": as_text(table[name]) for i, name in enumerate(attributes)}
    for role in OUTCOMES:
        column, values = columns[role], getattr(favourable, role)
        keys[role] = ibis.null("boolean") if column is None else _is_one_of(table[column], values)
    counted = (
        table.select(**keys)
        .group_by([*keys])
        .aggregate(n=lambda t: t.count())
        .to_pyarrow()
        .to_pylist()
    )
    return [
        (
            tuple(row[f"a{i}"] for i in range(len(attributes))),
            (row["label"], row["prediction"]),
            row["n"],
        )
        for row in counted
    ]


def as_text(column: Any) -> Any:
    """A column's values as text, as a policy writes them: 2.0 is '2', NaN is missing."""
    kind = column.type()
    if not (kind.is_floating() or kind.is_decimal()):
        return column if kind.is_string() else column.cast("string")
    number = column.cast("float64")
    whole = number.try_cast("int64")
    text = ibis.ifelse(
        whole.notnull() & (whole.cast("float64") == number),
        whole.cast("string"),
        number.cast("string"),
    )
    return ibis.ifelse(number.isnan(), ibis.null("string"), text)


def _is_one_of(column: Any, values: Sequence[str]) -> Any:
    if column.type().is_boolean():
        values = [{"1": "true", "0": "false"}.get(v, v) for v in values]
    return as_text(column).isin(list(values))


def form_groups(
    counted: Sequence[Counted],
    names: Sequence[str],
    policy: FairnessPolicy,
    listed: Mapping[str, Iterable[str]],
) -> tuple[Group, ...]:
    """Groups of each attribute in ``names`` and each intersection of them, largest first.

    A level that neither the policy nor ``listed`` (the contract's closed lists) names is called
    ``group 1``, ``group 2`` … by falling number of rows: its value is never shown.
    """
    known = {name: _levels_of(counted, i, name, policy, listed) for i, name in enumerate(names)}
    groups: list[Group] = []
    crossed = [c for c in policy.intersections if set(c) <= set(names)]
    for attributes in [*((name,) for name in names), *crossed]:
        places = [names.index(name) for name in attributes]
        tallies: dict[tuple[Level, ...], Counter[Outcomes]] = defaultdict(Counter)
        for values, outcomes, n in counted:
            levels = tuple(known[names[place]][values[place]] for place in places)
            tallies[levels][outcomes] += n
        made = [Group(attributes, levels, dict(c)) for levels, c in tallies.items()]
        groups += sorted(made, key=lambda g: (-g.rows, g.name))
    return tuple(groups)


def _levels_of(
    counted: Sequence[Counted],
    place: int,
    name: str,
    policy: FairnessPolicy,
    listed: Mapping[str, Iterable[str]],
) -> dict[str | None, Level]:
    rows: Counter[str | None] = Counter()
    for values, _, n in counted:
        rows[values[place]] += n
    named = {*policy_levels(policy, name), *listed.get(name, ())}
    unlisted = [value for value in rows if value is not None and value not in named]
    levels: dict[str | None, Level] = {None: MISSING}
    levels |= {
        value: Level(value, "listed") for value in rows if value is not None and value in named
    }
    ranked = sorted(unlisted, key=lambda value: (-rows[value], str(value)))
    levels |= {v: Level(f"group {i}", "unlisted") for i, v in enumerate(ranked, 1)}
    return levels


def policy_levels(policy: FairnessPolicy, name: str) -> set[str]:
    """Levels of an attribute that the policy itself writes down."""
    attribute = policy.attributes[name]
    required = () if attribute.required_groups == "all" else attribute.required_groups
    return {attribute.reference, *attribute.levels, *(v for v in required if v is not None)}


def part_tiny(groups: Iterable[Group], least_number: int) -> tuple[list[Group], list[Group]]:
    """Groups to be shown and judged one by one, and unlisted ones below the least number.

    The second are told of by their number alone: a column of free text has thousands.
    """
    parts: tuple[list[Group], list[Group]] = ([], [])
    for group in groups:
        unlisted = any(level.kind == "unlisted" for level in group.levels)
        parts[unlisted and group.rows < least_number].append(group)
    return parts


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
