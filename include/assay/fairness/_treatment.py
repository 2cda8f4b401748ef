"""Fairness of our own work: how often each group's rows were quarantined, imputed, dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import ibis

from assay.fairness._cells import reference_of
from assay.fairness._counts import Counted, Group, as_text, form_groups, part_tiny, rate
from assay.fairness._figures import number, shown_count
from assay.fairness._intervals import difference_interval, wilson_interval
from assay.policy.fairness import FairnessPolicy
from assay.verdict import Measurement

_QUARANTINED, _IMPUTED = "__quarantined", "__imputed"


def measure_treatment(
    con: Any,
    table: Any,
    policy: FairnessPolicy,
    treatments: Mapping[str, str] | None = None,
    levels: Mapping[str, Iterable[str]] | None = None,
) -> tuple[Measurement, ...]:
    """Rates at which rows were treated, by group, and how they differ from the reference group's.

    Read a difference whose interval doesn't hold 0 as: our own rules work unevenly; look at the
    rule before believing any other figure of that group. Nothing is judged here.

    Parameters
    ----------
    con : ibis.backends.duckdb.Backend
        The session that the table belongs to.
    table : ibis Table
        The observed table (for quarantine) or the cleaned one (for imputation).
    policy : FairnessPolicy
        Attributes, intersections, reference groups; alpha for the intervals and the least number.
    treatments : mapping, optional
        Name of a treatment to the boolean column that marks its rows. By default
        ``quarantine`` from ``__quarantined`` and ``imputation of x`` from each ``x__imputed``.
    levels : mapping, optional
        Column to closed list of levels, from the contract.

    Returns
    -------
    tuple of Measurement
        ``rate of <treatment>`` in each group (Wilson interval), and ``difference of <treatment>``
        from the reference group (Newcombe interval). Below the least number there is no figure.
        Empty if the gate doesn't apply or the table has none of it.
    """
    del con
    names = [name for name in policy.attributes if name in table.columns]
    treatments = _found(table) if treatments is None else treatments
    if not (policy.applies and names and treatments):
        return ()
    places = {f"a{i}": as_text(table[name]) for i, name in enumerate(names)}
    flags = {f"t{i}": ibis.coalesce(table[c], False) for i, c in enumerate(treatments.values())}
    sums = {name: lambda t, name=name: t[name].sum() for name in flags}
    counted = (
        table.select(**places, **flags)
        .group_by([*places])
        .aggregate(n=lambda t: t.count(), **sums)
        .to_pyarrow()
        .to_pylist()
    )
    found: list[Measurement] = []
    for place, treatment in enumerate(treatments):
        rows = list(_counted(counted, len(names), f"t{place}"))
        groups = form_groups(rows, names, policy, levels or {})
        for _, members in groupby(groups, key=lambda g: g.attributes):
            found += _rates(treatment, list(members), policy)
    return tuple(found)


def _found(table: Any) -> dict[str, str]:
    found = {"quarantine": _QUARANTINED} if _QUARANTINED in table.columns else {}
    for name in table.columns:
        if name.endswith(_IMPUTED) and name != _IMPUTED:
            found[f"imputation of {name.removesuffix(_IMPUTED)}"] = name
    return found


def _counted(rows: Iterable[Mapping[str, Any]], width: int, flag: str) -> Iterator[Counted]:
    """Treated rows and others, in the shape of favourable and unfavourable predictions."""
    for row in rows:
        levels = tuple(row[f"a{i}"] for i in range(width))
        treated = int(row[flag])
        yield levels, (None, True), treated
        yield levels, (None, False), row["n"] - treated


def _rates(treatment: str, groups: list[Group], policy: FairnessPolicy) -> Iterator[Measurement]:
    rules = policy.rules
    reference = reference_of(groups, policy)
    for group in part_tiny(groups, rules.least_number)[0]:
        x, n = rate(group, "selection_rate")
        small = n < rules.least_number
        about: dict[str, Any] = {
            "unit": "share",
            "n": None if small else n,
            "column": " × ".join(group.attributes),
            "group": group.name,
        }
        told = {
            "n": shown_count(n, rules.least_number),
            "favourable": f"no {treatment}",
            "rows": "all rows",
        }
        ends = (None, None) if small else wilson_interval(x, n, rules.alpha)
        yield Measurement(
            name=f"rate of {treatment}",
            value=None if small else number(x / n),
            detail={**told, **_ends(ends)},
            **about,
        )
        if reference is None or reference is group:
            continue
        x2, n2 = rate(reference, "selection_rate")
        if small or n2 < rules.least_number:
            continue
        yield Measurement(
            name=f"difference of {treatment}",
            value=number(x / n - x2 / n2),
            detail={
                **told,
                "reference": reference.name,
                **_ends(difference_interval(x, n, x2, n2, rules.alpha)),
            },
            **{**about, "unit": "difference"},
        )


def _ends(ends: tuple[float | None, float | None]) -> dict[str, float | None]:
    return {"low": number(ends[0]), "high": number(ends[1])}
