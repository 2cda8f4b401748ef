"""From counts to a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.fairness._cells import Cell, is_required, judge_cells, rates_of, reference_of
from assay.fairness._conditional import (
    compare_within,
    conditional_measurements,
    reasons_of_reversals,
)
from assay.fairness._counts import OUTCOMES
from assay.fairness._groups import part_tiny
from assay.fairness._measure import FairnessMeasurements
from assay.fairness._measurements import all_measurements, limits_text, shown_count
from assay.fairness._reasons import (
    by_attributes,
    reasons_of_cells,
    reasons_of_columns,
    reasons_of_groups,
    reasons_of_outcomes,
    reasons_of_silence,
    tally_of,
)
from assay.fairness._treatment import table_treatment
from assay.policy.fairness import FairnessPolicy, OutcomeColumn
from assay.reasons import ReasonCode
from assay.verdict import Measurement, Reason, Verdict

GATE = "fairness"


def judge_fairness(
    measurements: FairnessMeasurements,
    policy: FairnessPolicy,
    treatment: Iterable[Measurement] = (),
) -> Verdict:
    """Judge groups against their reference group.

    Read FAIL as: beyond doubt (at the policy's alpha, over all comparisons together) a group's
    figure is beyond the limit. PASS: every interval lies inside. INCONCLUSIVE: the data do not
    decide it, or a group that must be judged is absent or too small. WARN: all is well with what
    could be judged, and something was left out, which the reasons name.

    Parameters
    ----------
    measurements : FairnessMeasurements
        From :func:`measure_fairness` under the same policy.
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
    A count that stands alone below the least number can be found by subtraction from the counts
    around it; where that matters, merge such levels (generalise them) before the release.

    A cell's p is the smallest level at which its interval lies wholly beyond the limit; Holm over
    groups × metrics. A gate that doesn't apply gives PASS with the reason ``not_applicable``.
    """
    if not policy.applies:
        why, code = policy.reason or "", ReasonCode.NOT_APPLICABLE
        reason = Reason(code=code, outcome=code.outcome, message=why)
        return Verdict.of(GATE, [reason], [], policy, {"applies": False})
    if measurements.rows == 0:
        why, code = "there are no rows, so no group can be judged", ReasonCode.EMPTY_BATCH
        reason = Reason(code=code, outcome=code.outcome, message=why, numbers={"rows": 0})
        return Verdict.of(GATE, [reason], [], policy, _detail(measurements, policy, []))
    idle = set(_idle_outcomes(measurements, policy))
    cells = _all_cells(measurements, policy, idle)
    within = compare_within(measurements, policy)
    reasons = [
        *reasons_of_columns(measurements),
        *reasons_of_outcomes(measurements, policy, idle),
        *reasons_of_groups(measurements, policy),
        *reasons_of_cells(cells, measurements, policy),
        *reasons_of_reversals(within, measurements, policy),
    ]
    reasons += reasons_of_silence(cells, measurements, policy, reasons)
    reasons.sort(key=lambda r: -r.outcome.severity)
    shown = [
        *all_measurements(measurements, policy, cells),
        *conditional_measurements(within, measurements, policy),
        *table_treatment(measurements, policy),
        *treatment,
    ]
    return Verdict.of(GATE, reasons, shown, policy, _detail(measurements, policy, cells))


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


def _idle_outcomes(
    measurements: FairnessMeasurements, policy: FairnessPolicy
) -> Iterator[OutcomeColumn]:
    """Find outcome columns that cannot be judged: absent, or never favourable.

    A value that never occurs is as likely a wrong policy as a fact, and equal rates of 0 would
    pass every difference.
    """
    for role in OUTCOMES:
        if any(role in metric.outcomes for metric in policy.metrics):
            tally = tally_of(measurements, role)
            if measurements.columns[role] is None or tally is None or tally[0] == 0:
                yield role


def _all_cells(
    measurements: FairnessMeasurements, policy: FairnessPolicy, idle: set[OutcomeColumn]
) -> list[Cell]:
    cells: list[Cell] = []
    for attributes, groups in by_attributes(measurements.groups):
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
