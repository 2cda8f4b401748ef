"""Rates within the levels of a control feature, beside those over all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assay.fairness._cells import reference_of
from assay.fairness._counts import Group, Level, Rate, RateName, rate
from assay.fairness._groups import Stratum, part_tiny
from assay.fairness._measure import FairnessMeasurements
from assay.fairness._measurements import (
    ROWS,
    about_text,
    favourable_text,
    low_and_high,
    number,
    rate_measurement,
    rates_used,
)
from assay.fairness._stratified import Pooled, pooled_difference
from assay.policy.fairness import FairnessPolicy
from assay.reasons import ReasonCode
from assay.statistics.intervals import newcombe
from assay.verdict import Measurement, Outcome, Reason


@dataclass(frozen=True)
class Conditional:
    """A group's difference from its reference over all rows, and within a control's levels.

    ``marginal`` is the difference over all rows and its interval, ``pooled`` that within levels.
    ``compared`` of the ``levels`` reach the least number in both denominators, which have ``rows``
    rows; in the levels ``against`` the difference points the other way than over all rows.
    """

    control: str
    rate: RateName
    group: Group
    reference: Group
    marginal: tuple[float, float, float]
    pooled: Pooled
    against: tuple[Level, ...]
    compared: int
    levels: int
    rows: int

    @property
    def reverses(self) -> bool:
        """Whether a gap that is beyond chance over all rows points the other way within levels."""
        gap, low, high = self.marginal
        return (low > 0 or high < 0) and gap * self.pooled.difference < 0


def compare_within(measurements: FairnessMeasurements, policy: FairnessPolicy) -> list[Conditional]:
    """Every group with its reference, for each control feature and each rate that is judged.

    Notes
    -----
    Simpson's paradox: a gap over all rows may vanish or turn round within every level of a control
    feature, where the groups are spread differently over its levels.

    References
    ----------
    Simpson, E. H. (1951). The interpretation of interaction in contingency tables. Journal of the
    Royal Statistical Society B 13(2), 238–241. doi:10.1111/j.2517-6161.1951.tb00088.x
    Bickel, P. J., Hammel, E. A., & O'Connell, J. W. (1975). Sex bias in graduate admissions: data
    from Berkeley. Science 187(4175), 398–404. doi:10.1126/science.187.4175.398
    """
    found: list[Conditional] = []
    by = groupby(measurements.strata, key=lambda s: (s.control, s.groups[0].attributes))
    for (control, attributes), members in by:
        strata = list(members)
        groups = [g for g in measurements.groups if g.attributes == attributes]
        reference = reference_of(groups, policy)
        for name in rates_used(measurements, policy, attributes) if reference else ():
            for group in part_tiny(groups, policy.rules.least_number)[0]:
                if group is not reference and reference is not None:
                    found += _compared(control, strata, group, reference, name, policy)
    return found


def _compared(
    control: str,
    strata: Sequence[Stratum],
    group: Group,
    reference: Group,
    name: RateName,
    policy: FairnessPolicy,
) -> Iterator[Conditional]:
    least = max(1, policy.rules.least_number)
    first, second = rate(group, name), rate(reference, name)
    pairs = [(s.level, _rate_in(s, group, name), _rate_in(s, reference, name)) for s in strata]
    able = [(lv, a, b) for lv, a, b in pairs if min(a.n, b.n) >= least]
    pooled = pooled_difference([(a, b) for _, a, b in able], policy.rules.alpha)
    if pooled is None or min(first.n, second.n) < least:
        return
    gap = first.value - second.value
    yield Conditional(
        control=control,
        rate=name,
        group=group,
        reference=reference,
        marginal=(gap, *newcombe(*first, *second, policy.rules.alpha)),
        pooled=pooled,
        against=tuple(lv for lv, a, b in able if gap * (a.value - b.value) < 0),
        compared=len(able),
        levels=len(pairs),
        rows=sum(a.n + b.n for _, a, b in able),
    )


def _rate_in(stratum: Stratum, group: Group, name: RateName) -> Rate:
    found = next((g for g in stratum.groups if g.levels == group.levels), None)
    return Rate(0, 0) if found is None else rate(found, name)


def conditional_measurements(
    compared: Sequence[Conditional], measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Measurement]:
    """Each group's rate in each level, then its differences side by side."""
    least = policy.rules.least_number
    for stratum in measurements.strata:
        if stratum.level.kind == "unlisted" and sum(g.rows for g in stratum.groups) < least:
            continue
        attributes = stratum.groups[0].attributes
        for name in rates_used(measurements, policy, attributes):
            for group in part_tiny(stratum.groups, least)[0]:
                given, level = stratum.control, stratum.level.name
                favourable = favourable_text(measurements, policy, name)
                rows, before = f"{ROWS[name]}, where {given} is {level}", {"given": level}
                about = {"favourable": favourable, "rows": rows}
                yield rate_measurement(
                    group, name, policy, f"{name} given {given}", before, **about
                )
    for item in compared:
        yield _difference_given(item, measurements, policy)


def _difference_given(
    item: Conditional, measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Measurement:
    gap, low, high = item.marginal
    least = policy.rules.least_number
    return Measurement(
        name=f"difference of {item.rate} given {item.control}",
        value=number(item.pooled.difference),
        unit="difference",
        n=item.rows,
        column=item.group.attributes[0],
        group=item.group.name,
        detail={
            "judged": False,
            "reference": item.reference.name,
            **low_and_high(item.pooled.low, item.pooled.high),
            "over_all_rows": number(gap),
            "over_all_rows_low": number(low),
            "over_all_rows_high": number(high),
            "reverses": item.reverses,
            "levels": item.levels,
            "levels_compared": item.compared,
            "levels_against": [level.name for level in item.against],
            "favourable": favourable_text(measurements, policy, item.rate),
            "rows": f"{ROWS[item.rate]}, compared within the {item.compared} levels of "
            f"{item.control} that have {least} or more of both groups",
        },
    )


def reasons_of_reversals(
    compared: Sequence[Conditional], measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Reason]:
    """Give a reason for each gap that reverses within the levels of a control feature."""
    for item in compared:
        if not item.reverses:
            continue
        gap, low, high = item.marginal
        beyond = item.pooled.low > 0 or item.pooled.high < 0
        about = about_text(measurements, policy, item.rate)
        sure = "" if beyond else " (where its interval includes 0)"
        yield Reason(
            code=ReasonCode.DIRECTION_REVERSES,
            outcome=Outcome.WARN,
            message=f"{item.rate} of {item.group.name} against {item.reference.name} is "
            f"{'higher' if gap > 0 else 'lower'} over all rows but "
            f"{'lower' if gap > 0 else 'higher'} within the levels of {item.control}{sure}: the "
            f"groups are spread differently over {item.control}; {about}",
            column=item.group.attributes[0],
            numbers={
                "difference": number(gap),
                **low_and_high(low, high),
                f"difference_given_{item.control}": number(item.pooled.difference),
                "given_low": number(item.pooled.low),
                "given_high": number(item.pooled.high),
                "levels_against": len(item.against),
                "levels_compared": item.compared,
            },
            about=about,
        )
