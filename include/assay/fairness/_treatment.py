"""How the pipeline treats each group: its share of rows, and its quarantined or changed rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ibis import Table

from assay.fairness._cells import reference_of
from assay.fairness._counts import Group, Tally, count_outcomes, rate
from assay.fairness._groups import form_groups, form_treated, name_levels, part_tiny
from assay.fairness._measure import FairnessMeasurements
from assay.fairness._measurements import low_and_high, number, rate_measurement
from assay.policy.fairness import FairnessPolicy
from assay.statistics.intervals import newcombe, wilson
from assay.verdict import Measurement

QUARANTINE: Final = "quarantine"
_QUARANTINED = "__quarantined"


def measure_treatment(
    table: Table,
    policy: FairnessPolicy,
    treatments: Mapping[str, str] | None = None,
    levels: Mapping[str, Iterable[str]] | None = None,
    rows: str = "observed rows",
) -> tuple[Measurement, ...]:
    """Shares and rates of treatment by group, and how they differ from the reference group's.

    Read a difference whose interval excludes 0 as: the pipeline's rules treat groups unequally;
    look at the rule before you trust any other figure of that group. Read a share whose interval
    excludes the population's as: the group is under- or over-represented in these rows. Nothing
    is judged here.

    Parameters
    ----------
    table : ibis Table
        The observed table: every row that parsed.
    treatments : mapping, optional
        Name of a treatment to the boolean column that marks its rows; ``quarantine`` from
        ``__quarantined`` by default. Where ``quarantine`` is one, the others are counted among
        the remaining rows only, since they change no other.
    levels : mapping, optional
        Column to closed list of levels, from the contract.
    rows : str
        Which rows these are, for readers.

    Returns
    -------
    tuple of Measurement
        ``representation`` of each level of a named population (Wilson interval), ``rate of
        <treatment>`` in each group (Wilson), and ``difference of <treatment>`` from the reference
        group (Newcombe). Below the least number there is no figure. Empty if the gate doesn't
        apply.
    """
    names = [name for name in policy.attributes if name in table.columns]
    if treatments is None:
        treatments = {QUARANTINE: _QUARANTINED} if _QUARANTINED in table.columns else {}
    if not (policy.applies and names):
        return ()
    counted = count_outcomes(table, names, {}, None, [*treatments.values()])
    return tuple(_figures(counted, names, policy, treatments, levels or {}, rows))


def table_treatment(
    measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Measurement]:
    """Measure what the judged table itself shows: shares of groups, and imputed values."""
    rows = "rows judged"
    for _, members in groupby(measurements.groups, key=lambda g: g.attributes):
        yield from _representation(list(members), policy, rows)
    for treatment, groups in measurements.treated.items():
        yield from _by_attributes(treatment, groups, policy, rows)


def _figures(
    counted: Sequence[Tally],
    names: Sequence[str],
    policy: FairnessPolicy,
    treatments: Iterable[str],
    levels: Mapping[str, Iterable[str]],
    rows: str,
) -> Iterator[Measurement]:
    known = name_levels(counted, names, policy, levels)
    everything = form_groups(counted, names, policy, known)
    for _, members in groupby(everything, key=lambda g: g.attributes):
        yield from _representation(list(members), policy, rows)
    order = list(treatments)
    first = order.index(QUARANTINE) if QUARANTINE in order else None
    for place, treatment in enumerate(order):
        spared = None if first == place else first
        rows_of = rows if spared is None else f"{rows} that weren't quarantined"
        groups = form_treated(counted, names, policy, known, place, spared)
        yield from _by_attributes(treatment, groups, policy, rows_of)


def _by_attributes(
    treatment: str, groups: Iterable[Group], policy: FairnessPolicy, rows: str
) -> Iterator[Measurement]:
    for _, members in groupby(groups, key=lambda g: g.attributes):
        yield from _rates(treatment, list(members), policy, rows)


def _representation(
    groups: Sequence[Group], policy: FairnessPolicy, rows: str
) -> Iterator[Measurement]:
    """Each level's share of the rows whose level is known, beside its share of the population."""
    name = groups[0].attributes[0]
    population = policy.attributes[name].population
    if len(groups[0].attributes) > 1 or population is None:
        return
    sizes = Counter({g.name: g.rows for g in groups if g.levels[0].kind != "missing"})
    total, least = sizes.total(), max(1, policy.rules.least_number)
    for level, share in population.shares.items():
        able = total >= least
        low, high = wilson(sizes[level], total, policy.rules.alpha) if able else (None,) * 2
        small = 0 < sizes[level] < least
        yield Measurement(
            name="representation",
            value=None if small or not able else number(sizes[level] / total),
            unit="share",
            n=total if able else None,
            column=name,
            group=level,
            detail={
                "judged": False,
                "population": population.name,
                "population_share": share,
                **(low_and_high(None, None) if small else low_and_high(low, high)),
                "represented": None if low is None or high is None else _sided(low, high, share),
                "favourable": "none: a share of rows, not of outcomes",
                "rows": f"{rows} with a known {name}",
            },
        )


def _sided(low: float, high: float, share: float) -> str:
    """Say whether an interval lies below a share, above it, or includes it."""
    return "under" if high < share else "over" if low > share else "as the population"


def _rates(
    treatment: str, groups: list[Group], policy: FairnessPolicy, rows: str
) -> Iterator[Measurement]:
    reference = reference_of(groups, policy)
    for group in part_tiny(groups, policy.rules.least_number)[0]:
        about = {"judged": False, "favourable": f"no {treatment}", "rows": rows}
        yield rate_measurement(group, "selection_rate", policy, f"rate of {treatment}", about)
        if reference is not None and reference is not group:
            yield from _difference(treatment, group, reference, policy, about)


def _difference(
    treatment: str, group: Group, reference: Group, policy: FairnessPolicy, about: Mapping[str, Any]
) -> Iterator[Measurement]:
    first, second = rate(group, "selection_rate"), rate(reference, "selection_rate")
    if min(first.n, second.n) < max(1, policy.rules.least_number):
        return
    low, high = newcombe(*first, *second, policy.rules.alpha)
    yield Measurement(
        name=f"difference of {treatment}",
        value=number(first.value - second.value),
        unit="difference",
        detail={**about, "n": first.n, "reference": reference.name, **low_and_high(low, high)},
        n=first.n,
        column=group.column,
        group=group.name,
    )
