"""From counts to groups: levels get their names, attributes their intersections and strata."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay.fairness._counts import MISSING, Group, Level, Outcomes, Tally
from assay.policy.fairness import FairnessPolicy

Names = Mapping[str, Mapping[str | None, Level]]


@dataclass(frozen=True)
class Stratum:
    """The groups of one attribute among the rows that share a level of a control feature."""

    control: str
    level: Level
    groups: tuple[Group, ...]


def name_levels(
    counted: Sequence[Tally],
    names: Sequence[str],
    policy: FairnessPolicy,
    listed: Mapping[str, Iterable[str]],
) -> Names:
    """Each column's levels as they may be shown.

    A level that neither the policy nor ``listed`` (the contract's closed lists) names is called
    ``group 1``, ``group 2`` … by falling number of rows: its value is never shown.
    """
    return {
        name: _levels_of(counted, place, policy_levels(policy, name) | {*listed.get(name, ())})
        for place, name in enumerate(names)
    }


def _levels_of(counted: Sequence[Tally], place: int, named: set[str]) -> Mapping[str | None, Level]:
    rows: Counter[str | None] = Counter()
    for tally in counted:
        rows[tally.values[place]] += tally.n
    unlisted = [value for value in rows if value is not None and value not in named]
    levels: dict[str | None, Level] = {None: MISSING}
    levels |= {v: Level(v, "listed") for v in rows if v is not None and v in named}
    ranked = sorted(unlisted, key=lambda value: (-rows[value], str(value)))
    levels |= {v: Level(f"group {i}", "unlisted") for i, v in enumerate(ranked, 1)}
    return levels


def form_groups(
    counted: Sequence[Tally], names: Sequence[str], policy: FairnessPolicy, known: Names
) -> tuple[Group, ...]:
    """Groups of each attribute in ``names`` and each listed intersection, largest first."""
    there = [name for name in names if name in policy.attributes]
    crossed = [c for c in policy.intersections if set(c) <= set(there)]
    wanted = [*((name,) for name in there), *crossed]
    return tuple(group for each in wanted for group in _grouped(counted, names, each, known))


def _grouped(
    counted: Iterable[Tally], names: Sequence[str], attributes: tuple[str, ...], known: Names
) -> list[Group]:
    places = [names.index(name) for name in attributes]
    tallies: dict[tuple[Level, ...], Counter[Outcomes]] = defaultdict(Counter)
    for tally in counted:
        levels = tuple(known[names[place]][tally.values[place]] for place in places)
        tallies[levels][tally.outcomes] += tally.n
    made = [Group(attributes, levels, dict(c)) for levels, c in tallies.items()]
    return sorted(made, key=lambda g: (-g.rows, g.name))


def form_treated(
    counted: Sequence[Tally],
    names: Sequence[str],
    policy: FairnessPolicy,
    known: Names,
    place: int,
    spared: int | None = None,
) -> tuple[Group, ...]:
    """Form groups whose "favourable predictions" are the rows that a treatment marked.

    ``place`` is the place of the treatment in the tallies, ``spared`` that of one whose rows this
    one couldn't change: they are in no denominator.
    """
    tallies = []
    for tally in counted:
        n = tally.n if spared is None else tally.n - tally.treated[spared]
        marked = tally.treated[place]
        tallies.append(Tally(tally.values, (None, True), marked))
        tallies.append(Tally(tally.values, (None, False), n - marked))
    return form_groups([t for t in tallies if t.n], names, policy, known)


def form_strata(
    counted: Sequence[Tally], names: Sequence[str], policy: FairnessPolicy, known: Names
) -> tuple[Stratum, ...]:
    """Groups of each attribute within each level of each control feature, largest level first."""
    strata: list[Stratum] = []
    for control in (name for name in policy.control_features if name in names):
        place = names.index(control)
        within: dict[Level, list[Tally]] = defaultdict(list)
        for tally in counted:
            within[known[control][tally.values[place]]].append(tally)
        ordered = sorted(within, key=lambda level: (-sum(t.n for t in within[level]), level.name))
        strata += [
            Stratum(control, level, tuple(_grouped(within[level], names, (attribute,), known)))
            for attribute in policy.attributes
            if attribute in names and attribute != control
            for level in ordered
        ]
    return tuple(strata)


def policy_levels(policy: FairnessPolicy, name: str) -> set[str]:
    """Levels of an attribute or a control feature that the policy itself writes down."""
    levels: set[str] = set()
    if name in policy.control_features:
        levels |= {*policy.control_features[name].levels}
    if name in policy.attributes:
        attribute = policy.attributes[name]
        required = () if attribute.required_groups == "all" else attribute.required_groups
        levels |= {attribute.reference, *attribute.levels, *(v for v in required if v is not None)}
        levels |= {*(attribute.population.shares if attribute.population else ())}
    return levels


def part_tiny(groups: Iterable[Group], least_number: int) -> tuple[list[Group], list[Group]]:
    """Groups to be shown and judged one by one, and unlisted ones below the least number.

    Only the number of the second is reported: a column of free text has thousands.
    """
    parts: tuple[list[Group], list[Group]] = ([], [])
    for group in groups:
        unlisted = any(level.kind == "unlisted" for level in group.levels)
        parts[unlisted and group.rows < least_number].append(group)
    return parts
