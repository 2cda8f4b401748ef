"""From measurements and limits to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from assay.drift._column_judge import ColumnJudge
from assay.drift._measurements import DriftMeasurements
from assay.drift.concept._judge import judge_concept
from assay.policy.drift import DriftPolicy
from assay.reasons import ReasonCode
from assay.statistics.corrections import CORRECTIONS
from assay.verdict import Outcome, Reason, Verdict

_GATE: Final = "drift"


def judge_drift(
    measurements: DriftMeasurements | Sequence[DriftMeasurements], policy: DriftPolicy
) -> Verdict:
    """Judge the measurements of a batch by the policy's limits.

    Read a reason ``drift_detected`` as: the corrected test says that this column comes from
    another distribution, and the shift reaches the owner's limit. Read ``drift_not_enough_rows``
    as: chance alone could reach the limit at this number of rows, so the comparison is
    inconclusive.

    Parameters
    ----------
    measurements : DriftMeasurements or sequence of them
        One a table (observed, candidate) and reference.

    Returns
    -------
    Verdict
        ``detail["columns"]`` has a row a column: p, adjusted p, effect, limit, null quantile,
        outcome.

    Notes
    -----
    Per column: FAIL if the adjusted p ≤ alpha and the effect ≥ its limit; else INCONCLUSIVE if the
    effect's null quantile at 1 − alpha/m is above the limit; else PASS. p-values are adjusted over
    all columns, slices and references of one table that could be judged (Benjamini & Hochberg 1995,
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
    https://doi.org/10.1214/aos/1013699998).

    Unseen levels, and the change of a share of missing values, are judged apart: FAIL if a
    one-sided bound (Wilson, Newcombe) at alpha over the number of such limits is beyond the limit,
    PASS if the other bound is within it, else INCONCLUSIVE. A limit of 0 asks for none at all. A
    change of label share, accuracy, precision, recall or AUC is judged in the same way.
    """
    found = [measurements] if isinstance(measurements, DriftMeasurements) else list(measurements)
    reasons: list[Reason] = []
    rows: list[dict[str, Any]] = []
    for table in dict.fromkeys(one.table for one in found):
        family = [one for one in found if one.table == table]
        reasons += [r for one in family for r in _states(one)]
        for judged, row in _columns(family, policy):
            reasons += judged
            rows.append(row)
        reasons += [r for one in family for r in judge_concept(one, policy)]
    reasons += _hidden(rows)
    detail = {
        "applies": policy.applies,
        "columns": rows,
        "compared": [_compared(one) for one in found],
        "correction": policy.correction,
        "p_values": sum(row["p"] is not None for row in rows),
    }
    every = [m for one in found for m in one.measurements()]
    return Verdict.of(_GATE, _once(reasons), every, policy, detail)


def _compared(one: DriftMeasurements) -> dict[str, Any]:
    keys = {"table", "reference", "batches", "state", "note", "rows_reference", "rows_current"}
    return one.model_dump(mode="json", include=keys | {"tests", "level"})


def _once(reasons: Sequence[Reason]) -> list[Reason]:
    """Drop repeated reasons, and sort: worst first, else in the order of the policy."""
    unique = {r.model_dump_json(): r for r in reasons}.values()
    return sorted(unique, key=lambda r: -r.outcome.severity)


def _states(one: DriftMeasurements) -> Iterator[Reason]:
    """Reasons why a table is not compared at all."""
    none = f"there is no reference {one.reference!r}" + (f": {one.note}" if one.note else "")
    empty = "the batch has no rows, so nothing can be compared"
    first = "the policy releases this batch without a reference"
    states: dict[str, tuple[ReasonCode, str]] = {
        "empty_batch": (ReasonCode.EMPTY_BATCH, empty),
        "no_reference": (ReasonCode.NO_REFERENCE, none),
        "bootstrap": (ReasonCode.BOOTSTRAP_BATCH, first),
        "not_applicable": (ReasonCode.NOT_APPLICABLE, f"drift is not judged here: {one.note}"),
    }
    if one.state in states:
        code, message = states[one.state]
        yield Reason(code=code, outcome=code.outcome, message=message)


def _columns(
    family: Sequence[DriftMeasurements], policy: DriftPolicy
) -> Iterator[tuple[list[Reason], dict[str, Any]]]:
    """Judge each column of one table: its reasons and its row of the detail."""
    pairs = [(one, column) for one in family for column in one.columns]
    judged = [i for i, (_, column) in enumerate(pairs) if column.p is not None]
    p_values = [p for _, column in pairs if (p := column.p) is not None]
    adjusted = dict(zip(judged, CORRECTIONS[policy.correction](p_values), strict=True))
    for i, (one, column) in enumerate(pairs):
        judge = ColumnJudge(policy, one, column, adjusted.get(i))
        reasons = [r for r in (judge.shift(), judge.unseen(), judge.missing()) if r is not None]
        yield reasons, judge.row(reasons)


def _hidden(rows: Sequence[dict[str, Any]]) -> Iterator[Reason]:
    """Reasons for columns that shift in the observed table but not in the candidate."""
    key = ("reference", "column", "slice")
    shifted = {
        row["table"]: {tuple(r[k] for k in key) for r in rows if r["table"] == row["table"]
                       and ReasonCode.DRIFT_DETECTED in r["codes"]}
        for row in rows
    }  # fmt: skip
    if "candidate" not in shifted:
        return
    hidden = shifted.get("observed", set()) - shifted["candidate"]
    for reference, column, part in sorted(hidden, key=str):
        name = column if part is None else f"{column} [{part}]"
        yield Reason(
            code=ReasonCode.SHIFT_HIDDEN_BY_CLEANING,
            outcome=Outcome.WARN,
            message=f"{name} has shifted against {reference} in the observed rows, but the "
            "candidate does not show it: cleaning hides the shift",
            column=column,
        )
