"""From figures to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assay.feedback._cells import Cell, Level, Tests, judge_cells
from assay.feedback._measure import FeedbackMeasurements, Figures, Part
from assay.feedback._words import interval_text, limit_text, named, part_name, percent_text, shown
from assay.policy.model import FeedbackPolicy
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import p_beyond
from assay.verdict import Measurement, Number, Outcome, Reason, Verdict

GATE = "feedback"


def judge_feedback(
    found: FeedbackMeasurements,
    policy: FeedbackPolicy,
    test: Figures,
    *,
    test_slices: Mapping[Level, Figures] | None = None,
    test_versions: Mapping[str, Figures] | None = None,
    estimated: Figures | None = None,
) -> Verdict:
    """Judge a batch of predictions by its outcomes, against limits and against the test.

    Read FAIL as: beyond doubt (at the policy's alpha, over all figures together) a figure is beyond
    its limit, or worse than on the test rows by more than the margin. PASS: every interval keeps
    its limits. INCONCLUSIVE: the outcomes don't decide it. WARN: too few outcomes have come to
    judge, or slices are too small.

    Parameters
    ----------
    found : FeedbackMeasurements
        From :func:`measure_feedback` under the same policy.
    policy : FeedbackPolicy
        The section ``feedback`` of the model file.
    test : mapping
        The model's figures on its test rows, with intervals at the same level.
    test_slices : mapping, optional
        The same within levels, by column and level.
    test_versions : mapping, optional
        Model version → its figures on its test rows, where the batch has predictions of several.
        Each version is then judged, by the limits and beside its own test.
    estimated : mapping, optional
        Figures that :func:`estimate_performance` gave for the batch: a warning where they are
        beyond a limit and too few outcomes are there.

    Returns
    -------
    Verdict
        Its measurements are the batch's figures and those of its slices, with interval, rows,
        limit, p and outcome.

    Notes
    -----
    A cell's p is the smallest level at which its interval lies wholly beyond the limit; Holm over
    all cells. Test rows and predicted rows are taken to have no row in common.
    """
    judged = found.judged
    if judged is None:
        why, code = "the batch has no prediction", ReasonCode.EMPTY_BATCH
        reason = Reason(code=code, outcome=code.outcome, message=why, numbers={"rows": 0})
        return Verdict.of(GATE, [reason], [], policy, _detail(found, policy, []))
    if judged.labelled < policy.least_labelled * judged.rows or not judged.labelled:
        reasons = [_late(judged, policy), *_estimated(estimated or {}, policy)]
        return Verdict.of(GATE, reasons, [_share(judged)], policy, _detail(found, policy, []))
    tests = Tests(test, test_slices or {}, test_versions or {})
    cells = judge_cells(found, policy, tests)
    reasons = [
        *_too_few(judged, policy),
        *(_reason(cell) for cell in cells if cell.outcome is not Outcome.PASS),
        *_small_slices(found, policy),
    ]
    reasons.sort(key=lambda reason: -reason.outcome.severity)
    parts = [judged, *(found.of_kind("version") if tests.versions else ()), *found.of_kind("slice")]
    shown = [_share(judged), *_measurements(parts, cells)]
    return Verdict.of(GATE, reasons, shown, policy, _detail(found, policy, cells))


def _detail(
    found: FeedbackMeasurements, policy: FeedbackPolicy, cells: list[Cell]
) -> dict[str, object]:
    part = found.judged
    return {
        "batch": found.batch,
        "rows": part.rows if part else 0,
        "labelled": part.labelled if part else 0,
        "favourable": found.favourable,
        "alpha": policy.alpha,
        "family": sum(cell.p is not None for cell in cells),
        "least_number": policy.least_number,
    }


def _late(judged: Part, policy: FeedbackPolicy) -> Reason:
    share = judged.labelled / judged.rows
    code = ReasonCode.LABELS_LATE
    return Reason(
        code=code,
        outcome=code.outcome,
        message=f"{percent_text(share)} of {judged.rows:,} predictions have their outcome, and "
        f"{percent_text(policy.least_labelled)} are asked for",
        numbers={
            "share_labelled": share,
            "least_labelled": policy.least_labelled,
            "rows": judged.rows,
        },
    )


def _estimated(estimated: Figures, policy: FeedbackPolicy) -> Iterator[Reason]:
    """Warn of estimates whose whole interval is beyond a limit."""
    code = ReasonCode.ESTIMATED_BEYOND_LIMIT
    for limit in policy.limits:
        estimate = estimated.get(limit.metric)
        if estimate is None:
            continue
        p = p_beyond(estimate, least=limit.min, most=limit.max, alpha=policy.alpha)
        if p is not None and p <= policy.alpha:
            yield Reason(
                code=code,
                outcome=code.outcome,
                message=f"{named(limit.metric)} is estimated at {shown(estimate.value)} "
                f"({interval_text(estimate)}), beyond the limit: "
                f"{limit_text(limit.min, limit.max)}",
                numbers=_ends(limit.metric, estimate, limit.min, limit.max),
                about="an estimate, if features and outcome are related as before",
            )


def _too_few(judged: Part, policy: FeedbackPolicy) -> Iterator[Reason]:
    if judged.figures:
        return
    code = ReasonCode.FEEDBACK_UNDECIDED
    yield Reason(
        code=code,
        outcome=code.outcome,
        message="fewer predictions have an outcome than the least number, so nothing is judged",
        numbers={"rows": judged.labelled, "least_number": policy.least_number},
    )


def _reason(cell: Cell) -> Reason:
    what = f"{named(cell.metric)}{part_name(cell.part)}"
    found = f"{shown(cell.estimate.value)} ({interval_text(cell.estimate)})"
    code = ReasonCode.FEEDBACK_UNDECIDED
    if cell.estimate.value is None:
        message = f"{what} can't be judged: {cell.estimate.how}"
    elif cell.outcome is Outcome.FAIL and cell.against == "limit":
        code = ReasonCode.FEEDBACK_BEYOND_LIMIT
        message = f"{what} is {found}, beyond the limit: {cell.limit_text}"
    elif cell.outcome is Outcome.FAIL:
        code = ReasonCode.FEEDBACK_WORSE_THAN_TEST
        message = f"{what} is worse than on the test rows by {found}, beyond {cell.most:g}"
    elif cell.against == "limit":
        message = f"{what} is {found}, inconclusive against the limit: {cell.limit_text}"
    else:
        message = (
            f"{what} is worse than on the test rows by {found}, inconclusive against {cell.most:g}"
        )
    numbers = _ends(
        "worsening" if cell.against == "test" else cell.metric, cell.estimate, cell.least, cell.most
    )
    if cell.adjusted is not None:
        numbers["p_adjusted"] = cell.adjusted
    return Reason(
        code=code,
        outcome=cell.outcome,
        message=message,
        column=cell.part.column,
        numbers=numbers,
    )


def _ends(
    name: str, estimate: Estimate, least: float | None, most: float | None
) -> dict[str, Number]:
    given = {
        name: estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "at_least": least,
        "at_most": most,
        "rows": estimate.n,
    }
    return {key: value for key, value in given.items() if value is not None}


def _small_slices(found: FeedbackMeasurements, policy: FeedbackPolicy) -> Iterator[Reason]:
    code = ReasonCode.FEEDBACK_SLICE_TOO_SMALL
    for column in policy.slices:
        parts = [part for part in found.of_kind("slice") if part.column == column]
        small = [part for part in parts if not part.figures]
        if small:
            yield Reason(
                code=code,
                outcome=code.outcome,
                message=f"levels of {column} have fewer outcomes than the least number",
                column=column,
                numbers={
                    "levels": len(small),
                    "of_levels": len(parts),
                    "least_number": policy.least_number,
                },
            )


def _share(judged: Part) -> Measurement:
    share = judged.labelled / judged.rows if judged.rows else None
    return Measurement(name="labelled_share", value=share, unit="share", n=judged.rows)


def _measurements(parts: Sequence[Part], cells: list[Cell]) -> Iterator[Measurement]:
    """Every figure of the batch, its versions and slices; then every cell."""
    for part in parts:
        for metric, estimate in part.figures.items():
            detail = {"low": estimate.low, "high": estimate.high, "how": estimate.how}
            yield _measurement(metric, part, estimate, detail)
    for cell in cells:
        estimate = cell.estimate
        detail = {
            "low": estimate.low,
            "high": estimate.high,
            "how": estimate.how,
            "limit": cell.limit_text,
            "p": cell.p,
            "p_adjusted": cell.adjusted,
            "outcome": cell.outcome.value,
        }
        name = f"{cell.metric} against {cell.against}"
        yield _measurement(name, cell.part, estimate, detail)


def _measurement(
    name: str, part: Part, estimate: Estimate, detail: Mapping[str, object]
) -> Measurement:
    group = None if part.kind == "batch" else part.level
    return Measurement(
        name=name, value=estimate.value, unit="1", n=estimate.n, column=part.column, group=group,
        detail=dict(detail),
    )  # fmt: skip
