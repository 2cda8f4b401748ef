"""From counts to a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from assay.fairness._cells import (
    Cell,
    absent_groups,
    is_required,
    judge_cells,
    rates_of,
    reference_of,
)
from assay.fairness._counts import OUTCOMES, Group, part_tiny
from assay.fairness._figures import all_measurements, limits_text, number, shown_count
from assay.fairness._measure import FairnessMeasurements
from assay.policy.fairness import FairnessPolicy, OutcomeColumn
from assay.verdict import Measurement, Outcome, Reason, Verdict

GATE = "fairness"


def judge_fairness(
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    treatment: Iterable[Measurement] = (),
) -> Verdict:
    """Judge groups against their reference group.

    Read FAIL as: beyond doubt (at the policy's alpha, over all comparisons together) a group's
    figure is beyond the limit. PASS: every interval lies inside. INCONCLUSIVE: the data can't
    tell, or a group that must be judged isn't there or is too small. WARN: all is well with what
    could be judged, and something was left out, which the reasons name.

    Parameters
    ----------
    measurements : FairnessMeasurements
        From :func:`measure_fairness` under the same policy.
    policy : FairnessPolicy
        Limits, alpha, least number, required groups.
    treatment : iterable of Measurement
        From :func:`measure_treatment`: shown with the rest, not judged.

    Returns
    -------
    Verdict
        Its measurements are the rates of every group (Wilson intervals), every cell with interval
        and p, and fairlearn's own figures, which take no part in the outcome. Counts below the
        least number are given as ``<n``.

    Notes
    -----
    A cell's p is the smallest level at which its interval lies wholly beyond the limit; Holm over
    groups × metrics. A gate that doesn't apply gives PASS with the reason ``not_applicable``.
    """
    if not policy.applies:
        reason = Reason(code="not_applicable", outcome=Outcome.PASS, message=policy.reason or "")
        return Verdict.of(GATE, [reason], [], policy, {"applies": False})
    if measurements.rows == 0:
        empty = Reason(
            code="empty_batch",
            outcome=Outcome.INCONCLUSIVE,
            message="there is no row, so that no group can be judged",
            numbers={"rows": 0},
        )
        return Verdict.of(GATE, [empty], [], policy, _detail(measurements, policy, []))
    idle = set(_idle_outcomes(measurements, policy))
    cells = _all_cells(measurements, policy, idle)
    reasons = [
        *_reasons_of_columns(measurements),
        *_reasons_of_outcomes(measurements, policy, idle),
        *_reasons_of_groups(measurements, policy),
        *_reasons_of_cells(cells, measurements, policy),
    ]
    reasons += _reasons_of_silence(cells, measurements, policy, reasons)
    reasons.sort(key=lambda r: -r.outcome.severity)
    return Verdict.of(
        GATE,
        reasons,
        [*all_measurements(measurements, policy, cells), *treatment],
        policy,
        _detail(measurements, policy, cells),
    )


def _detail(
    measurements: FairnessMeasurements, policy: FairnessPolicy, cells: Iterable[Cell]
) -> dict[str, object]:
    rules = policy.rules
    return {
        "applies": True,
        "favourable": rules.favourable.model_dump(mode="json"),
        "meaning": policy.meaning,
        "columns": dict(measurements.columns),
        "rows": shown_count(measurements.rows, rules.least_number),
        "alpha": rules.alpha,
        "least_number": rules.least_number,
        "family": sum(cell.p is not None for cell in cells),
        "references": {name: a.reference for name, a in policy.attributes.items()},
        "limits": [
            f"{m.metric} ({' and '.join(m.outcomes)}): {limits_text(m)}" for m in policy.metrics
        ],
    }


def _by_attributes(groups: Iterable[Group]) -> Iterator[tuple[tuple[str, ...], list[Group]]]:
    for attributes, members in groupby(groups, key=lambda g: g.attributes):
        yield attributes, list(members)


def _tally(measurements: FairnessMeasurements, role: OutcomeColumn) -> tuple[int, int, int] | None:
    """Rows where the outcome is favourable, is not, is missing; None without any group."""
    place = OUTCOMES.index(role)
    _, groups = next(_by_attributes(measurements.groups), (None, None))
    if groups is None:
        return None
    values = [(key[place], n) for group in groups for key, n in group.counts.items()]
    favourable, other, missing = (sum(n for v, n in values if v is w) for w in (True, False, None))
    return favourable, other, missing


def _idle_outcomes(
    measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[OutcomeColumn]:
    """Outcome columns that can't be judged by: absent, or never favourable.

    A value that never occurs is as likely a wrong policy as a fact, and equal rates of 0 would
    pass every difference.
    """
    for role in OUTCOMES:
        if any(role in metric.outcomes for metric in policy.metrics):
            tally = _tally(measurements, role)
            if measurements.columns[role] is None or tally is None or tally[0] == 0:
                yield role


def _all_cells(
    measurements: FairnessMeasurements, policy: FairnessPolicy, idle: set[OutcomeColumn]
) -> list[Cell]:
    cells: list[Cell] = []
    for attributes, groups in _by_attributes(measurements.groups):
        reference = reference_of(groups, policy)
        if reference is None:
            continue
        cells += [
            Cell(metric, rate_name, group, reference, is_required(group, policy))
            for metric in policy.metrics
            if metric.covers(attributes) and not idle & set(metric.outcomes)
            for rate_name in rates_of(metric)
            for group in part_tiny(groups, policy.rules.least_number)[0]
            if group is not reference
        ]
    return judge_cells(cells, policy.rules.alpha, policy.rules.least_number)


def _reasons_of_columns(measurements: FairnessMeasurements) -> Iterator[Reason]:
    for name in measurements.missing_columns:
        yield Reason(
            code="column_missing",
            outcome=Outcome.INCONCLUSIVE,
            message="the table has no such column, so that nothing that needs it was judged",
            column=name,
        )


def _reasons_of_outcomes(
    measurements: FairnessMeasurements, policy: FairnessPolicy, idle: set[OutcomeColumn]
) -> Iterator[Reason]:
    least = policy.rules.least_number
    for role in OUTCOMES:
        column, tally = measurements.columns[role], _tally(measurements, role)
        if column is None or tally is None:
            continue
        favourable, other, missing = tally
        if favourable == 0 and other > 0 and role in idle:
            values = ", ".join(getattr(policy.rules.favourable, role))
            yield Reason(
                code="favourable_outcome_absent",
                outcome=Outcome.INCONCLUSIVE,
                message=f"no row has the favourable {role} ({values}): rates of 0 say nothing",
                column=column,
            )
        if missing > 0:
            all_missing = favourable + other == 0
            yield Reason(
                code="outcome_missing",
                outcome=Outcome.INCONCLUSIVE if all_missing else Outcome.WARN,
                message=f"rows without a {role} are in no rate that needs it",
                column=column,
                numbers={
                    "rows_missing": shown_count(missing, least),
                    "rows": shown_count(measurements.rows, least),
                },
            )


def _reasons_of_groups(
    measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Reason]:
    for attributes, groups in _by_attributes(measurements.groups):
        column = " × ".join(attributes)
        if reference_of(groups, policy) is None:
            name = " × ".join(policy.attributes[a].reference for a in attributes)
            yield Reason(
                code="reference_group_absent",
                outcome=Outcome.INCONCLUSIVE,
                message=f"the reference group {name} has no row, so that none can be compared",
                column=column,
            )
        tiny = part_tiny(groups, policy.rules.least_number)[1]
        if tiny:
            needed = any(is_required(group, policy) for group in tiny)
            yield Reason(
                code="group_too_small",
                outcome=Outcome.INCONCLUSIVE if needed else Outcome.WARN,
                message="groups that no list names have fewer rows than the least number",
                column=column,
                numbers={"groups": len(tiny), "least_number": policy.rules.least_number},
            )
        for name in absent_groups(attributes, groups, policy):
            yield Reason(
                code="required_group_absent",
                outcome=Outcome.INCONCLUSIVE,
                message=f"the required group {name} has no row",
                column=column,
            )


def _reasons_of_silence(
    cells: Iterable[Cell],
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    reasons: Iterable[Reason],
) -> list[Reason]:
    """An attribute of which nothing was compared can't pass, even if nothing is wrong with it."""
    spoken = {cell.group.attributes for cell in cells if cell.p is not None}
    told = {r.column for r in reasons if r.outcome is Outcome.INCONCLUSIVE}
    silent = [
        attributes
        for attributes, _ in _by_attributes(measurements.groups)
        if attributes not in spoken and any(m.covers(attributes) for m in policy.metrics)
    ]
    return [
        Reason(
            code="nothing_compared",
            outcome=Outcome.INCONCLUSIVE,
            message="no group could be compared with the reference group",
            column=column,
        )
        for column in (" × ".join(attributes) for attributes in silent)
        if column not in told
    ]


def _reasons_of_cells(
    cells: Iterable[Cell], measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[Reason]:
    least = policy.rules.least_number
    for cell in cells:
        if cell.outcome is Outcome.PASS:
            continue
        first, second = cell.counts
        column = " × ".join(cell.group.attributes)
        label = f"{cell.metric.metric} ({cell.rate}) of {cell.group.name}"
        against = f"against {cell.reference.name}"
        if cell.p is None:
            yield Reason(
                code="group_too_small",
                outcome=Outcome.INCONCLUSIVE if cell.required else Outcome.WARN,
                message=f"{label} {against} has fewer rows than the least number, {least}",
                column=column,
                numbers={
                    "n": shown_count(first.n, least),
                    "n_reference": shown_count(second.n, least),
                    "share_of_rows": _share(cell.group, measurements.rows, least),
                },
            )
            continue
        failed = cell.outcome is Outcome.FAIL
        verb = "is beyond" if failed else "can't be told from"
        yield Reason(
            code="disparity" if failed else "disparity_undecided",
            outcome=cell.outcome,
            message=f"{label} {against} {verb} the limit: {limits_text(cell.metric)}",
            column=column,
            numbers={
                cell.unit: number(cell.estimate),
                "low": number(cell.low),
                "high": number(cell.high),
                "p": number(cell.p),
                "p_adjusted": number(cell.adjusted),
                "n": first.n,
                "n_reference": second.n,
            },
        )


def _share(group: Group, rows: int, least_number: int) -> float | None:
    return None if group.rows < least_number else number(group.rows / rows)
