"""The verdict on an explanation: recourse that is rarer or dearer for a group is a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.policy.model import ModelFile
from assay.policy.model._explain import RecoursePolicy
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, side_of
from assay.training.explain._recourse import GroupRecourse, Recourse
from assay.training.explain._report import ExplanationReport
from assay.verdict import Measurement, Number, Outcome, Reason, Verdict

GATE: Final = "explain"


def judge_explanation(report: ExplanationReport | None, model: ModelFile) -> Verdict:
    """Judge recourse by the limits of the model file.

    ================== ========================================================================
    recourse_uneven    a group's interval of the difference, in the share with a counterfactual or
                       in its median cost, lies beyond the limit: WARN, or FAIL as the file says
    recourse_undecided an interval holds the limit, or fewer than two groups are large enough: WARN,
                       or INCONCLUSIVE where the file says that a finding is a FAIL
    ================== ========================================================================

    A model file without ``recourse`` gives ``not_applicable``. The groups are named in the report,
    not in the reasons: reasons leave the house as messages.

    Parameters
    ----------
    report : ExplanationReport or None
        None where the model file asks for no explanation.
    """
    policy = model.explain.recourse if model.explain else None
    if policy is None or report is None:
        code, why = ReasonCode.NOT_APPLICABLE, "the model file asks for no explanation"
        if model.explain:
            why = "the model file compares no groups by their recourse"
        reason = Reason(code=code, outcome=code.outcome, message=why)
        measured = [] if report is None else _measurements(report)
        return Verdict.of(GATE, [reason], measured, model, {"applies": False})
    reasons = [r for one in report.recourse for r in _reasons(one, policy)]
    if not report.recourse:
        reasons = [_undecided(policy, None, "no row is without the favourable prediction")]
    return Verdict.of(GATE, reasons, _measurements(report), model)


def _reasons(one: Recourse, policy: RecoursePolicy) -> Iterator[Reason]:
    compared = [group for group in one.groups if group.share_gap is not None]
    if not compared:
        what = f"fewer than two groups have {policy.least_number:,} rows without the favourable "
        yield _undecided(policy, one.attribute, f"{what}prediction")
        return
    sides = [_sides(group, policy) for group in compared]
    beyond = [g for g, found in zip(compared, sides, strict=True) if Side.BEYOND in found]
    if beyond:
        code = ReasonCode.RECOURSE_UNEVEN
        outcome = Outcome.FAIL if policy.finding == "fail" else code.outcome
        message = "the way to the favourable prediction is rarer or dearer for a group"
        yield Reason(
            code=code, outcome=outcome, message=message, column=one.attribute,
            numbers=_numbers(beyond, policy),
        )  # fmt: skip
    elif any(side is not Side.WITHIN for found in sides for side in found):
        what = "whether the way to the favourable prediction is as near for every group"
        yield _undecided(policy, one.attribute, f"{what} can't be said from so few rows")


def _sides(group: GroupRecourse, policy: RecoursePolicy) -> list[Side]:
    limits = ((group.share_gap, policy.share_gap), (group.cost_gap, policy.cost_gap))
    return [
        side_of(gap.low, gap.high, least=-most, most=most)
        for gap, most in limits
        if gap is not None and not _no_cost(group, gap)
    ]


def _no_cost(group: GroupRecourse, gap: Estimate) -> bool:
    """Whether a difference of costs has no meaning: a group has no counterfactual at all."""
    return gap is group.cost_gap and gap.value is None


def _numbers(beyond: list[GroupRecourse], policy: RecoursePolicy) -> dict[str, Number]:
    return {
        "groups": len(beyond), "rows": sum(group.rows for group in beyond),
        "share_gap": _widest(g.share_gap for g in beyond), "max_share_gap": policy.share_gap,
        "cost_gap": _widest(g.cost_gap for g in beyond), "max_cost_gap": policy.cost_gap,
    }  # fmt: skip


def _widest(gaps: Iterator[Estimate | None]) -> float | None:
    known = [gap.value for gap in gaps if gap is not None and gap.value is not None]
    return max(known, key=abs, default=None)


def _undecided(policy: RecoursePolicy, column: str | None, message: str) -> Reason:
    code = ReasonCode.RECOURSE_UNDECIDED
    outcome = Outcome.INCONCLUSIVE if policy.finding == "fail" else code.outcome
    return Reason(code=code, outcome=outcome, message=message, column=column)


def _measurements(report: ExplanationReport) -> Iterator[Measurement]:
    for one in report.importance:
        yield _measured(f"importance_{report.loss}", one.increase, one.feature, None)
    if report.rows:
        yield Measurement(name="with_counterfactual", value=report.with_way / len(report.rows),
                          unit="share", n=len(report.rows))  # fmt: skip
    for attribute in report.recourse:
        for group in attribute.groups:
            yield _measured("recourse_share", group.share, attribute.attribute, group.group)
            yield _measured("recourse_cost", group.cost, attribute.attribute, group.group)


def _measured(name: str, found: Estimate, column: str, group: str | None) -> Measurement:
    ends = {"low": found.low, "high": found.high, "how": found.how}
    return Measurement(
        name=name, value=found.value, unit="1", n=found.n, column=column, group=group, detail=ends
    )
