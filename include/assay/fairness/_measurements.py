"""Measurements as they are shown: every one says what is favourable and which rows were in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from assay.engine import round12
from assay.fairness._cells import Cell, rates_of, reference_of
from assay.fairness._counts import OUTCOMES, Group, RateName, rate
from assay.fairness._fairlearn import fairlearn_figures
from assay.fairness._groups import part_tiny
from assay.fairness._measure import FairnessMeasurements
from assay.policy.fairness import DisparateImpact, FairnessPolicy, Metric, OutcomeColumn
from assay.statistics.intervals import wilson
from assay.verdict import Measurement

ROWS: Final[dict[RateName, str]] = {
    "base_rate": "rows with a known label",
    "selection_rate": "rows with a known prediction",
    "true_positive_rate": "rows with a favourable label and a known prediction",
    "false_positive_rate": "rows with an unfavourable label and a known prediction",
}

_COUNTED: Final = {"favourable": "none: a count of rows, not of outcomes", "rows": "rows judged"}


def number(value: float | None) -> float | None:
    """A figure as it is stored: 12 significant digits, None where there is none."""
    return None if value is None else round12(value)


def low_and_high(low: float | None, high: float | None) -> dict[str, float | None]:
    """The ends of an interval as they are stored."""
    return {"low": number(low), "high": number(high)}


def shown_count(count: int, least_number: int) -> int | str:
    """A count, or ``<n`` below the least number; 0 is 0.

    Examples
    --------
    >>> shown_count(3, 30), shown_count(30, 30), shown_count(0, 30)
    ('<30', 30, 0)
    """
    return count if count >= least_number or count == 0 else f"<{least_number}"


def limits_text(metric: Metric) -> str:
    """A metric's limits in words."""
    if isinstance(metric, DisparateImpact):
        upper = "" if metric.max is None else f", at most {metric.max}"
        return f"ratio at least {metric.min}{upper}"
    return f"at most {metric.max} apart"


def limit_values(metric: Metric) -> list[float]:
    """A metric's limits on its own scale, from the least."""
    if isinstance(metric, DisparateImpact):
        return [float(metric.min), *([] if metric.max is None else [float(metric.max)])]
    return [-float(metric.max), float(metric.max)]


def favourable_text(
    measurements: FairnessMeasurements, policy: FairnessPolicy, rate_name: RateName
) -> str:
    """Which outcome counts as favourable in a rate, e.g. ``income = >50K``."""
    alone: dict[RateName, tuple[OutcomeColumn, ...]] = {
        "base_rate": ("label",),
        "selection_rate": ("prediction",),
    }
    parts = [
        f"{measurements.columns[role]} = {' or '.join(getattr(policy.rules.favourable, role))}"
        for role in alone.get(rate_name, OUTCOMES)
    ]
    text = " and ".join(dict.fromkeys(parts))
    return f"{text} ({policy.meaning})" if policy.meaning else text


def about_text(
    measurements: FairnessMeasurements, policy: FairnessPolicy, rate_name: RateName
) -> str:
    """What a rate's figures are of: the favourable outcome, and the rows that were in it."""
    favourable = favourable_text(measurements, policy, rate_name)
    return f"good result: {favourable}; rows: {ROWS[rate_name]}"


def all_measurements(
    measurements: FairnessMeasurements, policy: FairnessPolicy, cells: Iterable[Cell]
) -> list[Measurement]:
    """Rows and rates of each group, then each cell, then fairlearn's figures."""
    rates = rates_used(measurements, policy)
    shown: list[Measurement] = []
    for _, members in groupby(measurements.groups, key=lambda g: g.attributes):
        groups = list(members)
        shown += _group_measurements(groups, measurements, policy, rates)
        shown += _fairlearn_measurements(groups, measurements, policy, rates)
    return [*shown, *(_cell_measurement(cell, measurements, policy) for cell in cells)]


def rates_used(
    measurements: FairnessMeasurements, policy: FairnessPolicy, attributes: Iterable[str] = ()
) -> list[RateName]:
    """The rates that some metric of these attributes compares, where the data have them."""
    there = {role for role, name in measurements.columns.items() if name is not None}
    metrics = [m for m in policy.metrics if m.covers(attributes) and set(m.outcomes) <= there]
    return list(dict.fromkeys(name for m in metrics for name in rates_of(m)))


def _group_measurements(
    groups: list[Group],
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    rates: list[RateName],
) -> Iterator[Measurement]:
    """Groups in full; unlisted ones below the least number as one line."""
    least = policy.rules.least_number
    reference = reference_of(groups, policy)
    large, tiny = part_tiny(groups, least)
    for group in large:
        yield _rows_measurement(group, measurements.rows, least, is_reference=group is reference)
        for name in rates:
            favourable = favourable_text(measurements, policy, name)
            about = {"favourable": favourable, "rows": ROWS[name]}
            yield rate_measurement(group, name, policy, name, {}, **about)
    if tiny:
        yield Measurement(
            name="rows",
            value=None,
            unit="rows",
            column=groups[0].column,
            group="(unlisted, below the least number)",
            detail={"shown": shown_count(sum(g.rows for g in tiny), least), "groups": len(tiny)}
            | _COUNTED,
        )


def _rows_measurement(group: Group, rows: int, least: int, *, is_reference: bool) -> Measurement:
    shown, small = shown_count(group.rows, least), group.rows < least
    share = None if small else number(group.rows / rows)
    return Measurement(
        name="rows",
        value=None if small else group.rows,
        unit="rows",
        column=group.column,
        group=group.name,
        detail={"shown": shown, "share": share, "reference": is_reference, **_COUNTED},
    )


def rate_measurement(
    group: Group,
    of: RateName,
    policy: FairnessPolicy,
    name: str,
    before: Mapping[str, Any] = MappingProxyType({}),
    **after: Any,
) -> Measurement:
    """A group's rate with Wilson's interval; nothing is shown below the least number.

    ``before`` and ``after`` are the other fields of its detail, around the interval.
    """
    rules = policy.rules
    found = rate(group, of)
    small = found.n < max(1, rules.least_number)
    low, high = (None, None) if small else wilson(found.x, found.n, rules.alpha)
    return Measurement(
        name=name,
        value=None if small else number(found.value),
        unit="share",
        n=None if small else found.n,
        column=group.column,
        group=group.name,
        detail={
            **before,
            "n": shown_count(found.n, rules.least_number),
            **low_and_high(low, high),
            **after,
        },
    )


def _cell_measurement(
    cell: Cell, measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Measurement:
    least = policy.rules.least_number
    first, second = cell.counts
    detail: dict[str, Any] = {
        "rate": cell.rate,
        "reference": cell.reference.name,
        "n": shown_count(first.n, least),
        "n_reference": shown_count(second.n, least),
        **low_and_high(cell.low, cell.high),
        "p": number(cell.p),
        "p_adjusted": number(cell.adjusted),
        "outcome": cell.outcome.value,
        "required": cell.required,
        "limit": limits_text(cell.metric),
        "limits": limit_values(cell.metric),
        "nought": 1.0 if isinstance(cell.metric, DisparateImpact) else 0.0,
        "favourable": favourable_text(measurements, policy, cell.rate),
        "rows": ROWS[cell.rate],
    }
    return Measurement(
        name=cell.metric.metric,
        value=number(cell.estimate),
        unit=cell.unit,
        n=None if cell.p is None else first.n,
        column=cell.group.column,
        group=cell.group.name,
        detail=detail,
    )


def _fairlearn_measurements(
    groups: list[Group],
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    rates: list[RateName],
) -> Iterator[Measurement]:
    least = policy.rules.least_number
    bases: tuple[RateName, ...] = ("selection_rate", "base_rate")
    for base in bases:
        if base == "base_rate" and "base_rate" not in rates:
            continue
        members = groups if base == "selection_rate" else [_label_as_prediction(g) for g in groups]
        for name, (value, rows) in fairlearn_figures(members, least).items():
            odds = name.startswith("eq")
            over: RateName = "true_positive_rate" if odds else base
            yield Measurement(
                name=f"fairlearn.{name}",
                value=number(value),
                unit="ratio" if name.endswith("ratio") else "difference",
                n=rows,
                column=groups[0].column,
                detail={
                    "judged": False,
                    "rate": over,
                    "favourable": favourable_text(measurements, policy, over),
                    "rows": "rows with a known label and prediction" if odds else ROWS[over],
                    "over": f"groups with {least} rows or more in each denominator",
                },
            )


def _label_as_prediction(group: Group) -> Group:
    counts: dict[tuple[bool | None, bool | None], int] = {}
    for (label, _), n in group.counts.items():
        counts[None, label] = counts.get((None, label), 0) + n
    return Group(group.attributes, group.levels, counts)
