"""From the share of wrong labels to a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from assay.engine import round12
from assay.labelling.noise._measure import LabelNoiseMeasurements
from assay.policy.label_noise import LabelNoisePolicy, WrongShare
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Measurement, Outcome, Reason, Verdict

GATE = "label_noise"


def judge_label_noise(found: LabelNoiseMeasurements, policy: LabelNoisePolicy) -> Verdict:
    """Judge the share of wrong labels by its whole interval.

    Read FAIL as: even the lower end is above the limit. PASS: the upper end isn't above it.
    INCONCLUSIVE: the interval holds the limit, or there is too little to learn from. WARN: the
    share may be above the lower limit, and isn't above the upper one. Where an expert has checked
    rows, the share is theirs; else it is a detector's estimate, and each reason says so.

    Parameters
    ----------
    found : LabelNoiseMeasurements
        From :func:`measure_label_noise` under the same policy.

    Returns
    -------
    Verdict
        Its measurements are both shares, and that of suspects among the rows of each label and
        group. A gate that doesn't apply gives PASS with the reason ``not_applicable``.
    """
    if not policy.applies:
        code = ReasonCode.NOT_APPLICABLE
        why = policy.reason or ""
        reason = Reason(code=code, outcome=code.outcome, message=why)
        return Verdict.of(GATE, [reason], [], policy, {"applies": False})
    reasons = sorted(_reasons(found, policy), key=lambda r: -r.outcome.severity)
    return Verdict.of(GATE, reasons, _measurements(found), policy, _detail(found, policy))


def judged_share(found: LabelNoiseMeasurements) -> Estimate | None:
    """The share that is judged: by the checked rows where there are some."""
    return found.checked or found.estimated


def share_outcome(share: Estimate, limits: WrongShare) -> Outcome:
    """Compare a share's whole interval with its limits.

    Examples
    --------
    >>> limits = WrongShare(fail=0.1, warn=0.05, rationale="An example.")
    >>> share_outcome(Estimate(value=0.07, low=0.06, high=0.08, n=1000, how=""), limits).value
    'WARN'
    """
    if share.low is None or share.high is None:
        return Outcome.INCONCLUSIVE
    if share.low > limits.fail:
        return Outcome.FAIL
    if share.high > limits.fail:
        return Outcome.INCONCLUSIVE
    return Outcome.WARN if limits.warn is not None and share.high > limits.warn else Outcome.PASS


def _reasons(found: LabelNoiseMeasurements, policy: LabelNoisePolicy) -> Iterator[Reason]:
    label = policy.rules.label
    if not found.rows:
        yield _undecided(ReasonCode.EMPTY_BATCH, "there are no rows", None, rows=0)
        return
    for name in found.missing_columns:
        code, judged = ReasonCode.COLUMN_MISSING, name == label
        outcome = Outcome.INCONCLUSIVE if judged else Outcome.WARN
        what = "the label is not in the table" if judged else "the group's column isn't there"
        yield Reason(code=code, outcome=outcome, message=what, column=name)
    share = judged_share(found)
    if label in found.missing_columns:
        return
    if share is None:
        why, numbers = _why_not_measured(found, policy)
        yield _undecided(ReasonCode.LABEL_NOISE_NOT_MEASURED, why, label, **numbers)
        return
    limits = _limits(found, policy)
    outcome = share_outcome(share, limits)
    if outcome is not Outcome.PASS:
        yield _of_share(share, outcome, limits, label)


def _limits(found: LabelNoiseMeasurements, policy: LabelNoisePolicy) -> WrongShare:
    """The limits of the share that is judged."""
    if found.checked is not None and policy.checked is not None:
        return policy.checked.max_share
    return policy.rules.max_estimated


def _why_not_measured(
    found: LabelNoiseMeasurements, policy: LabelNoisePolicy
) -> tuple[str, dict[str, int | str]]:
    rules = policy.rules
    if found.labelled < rules.least_rows:
        why = f"{found.labelled:,} rows have a label; at least {rules.least_rows:,} are needed"
        return why, {"labelled": found.labelled, "least_rows": rules.least_rows}
    rare = [name for name, number in found.labels.items() if number < rules.least_number]
    if rare:
        named = ", ".join(rare[:3]) + (f" and {len(rare) - 3} more" if rare[3:] else "")
        why = f"fewer than {rules.least_number} rows have the label {named}"
        return why, {"rare_labels": len(rare), "least_number": rules.least_number}
    if len(found.labels) < 2:
        return "all rows have one label, so that nothing can be learned of it", {"labels": 1}
    return "there is no column that the model can learn from", {"features": 0}


def _of_share(share: Estimate, outcome: Outcome, limits: WrongShare, label: str) -> Reason:
    if share.value is None or share.low is None or share.high is None:
        return _undecided(ReasonCode.LABEL_NOISE_UNDECIDED, share.how, label)
    warned = outcome is Outcome.WARN
    limit = limits.warn if warned and limits.warn is not None else limits.fail
    undecided = outcome is Outcome.INCONCLUSIVE
    code = ReasonCode.LABEL_NOISE_UNDECIDED if undecided else ReasonCode.LABEL_NOISE_ABOVE_LIMIT
    may = "may be" if undecided or share.low <= limit else "are"
    message = (
        f"more labels {may} wrong than the limit of {limit:.4g} allows: {share.value:.4g} "
        f"({share.low:.4g} to {share.high:.4g}), by {_article(share.how)}"
    )
    numbers = {
        "share": round12(share.value), "low": round12(share.low), "high": round12(share.high),
        "limit": limit, "rows": share.n,
    }  # fmt: skip
    return Reason(
        code=code, outcome=outcome, message=message, column=label, numbers=numbers,
        about=share.how,
    )  # fmt: skip


def _article(how: str) -> str:
    return f"the {how}" if how.startswith("estimate") else how


def _undecided(code: ReasonCode, message: str, column: str | None, **numbers: int | str) -> Reason:
    outcome = Outcome.INCONCLUSIVE
    return Reason(code=code, outcome=outcome, message=message, column=column, numbers=numbers)


def _measurements(found: LabelNoiseMeasurements) -> Iterator[Measurement]:
    for name, share in (("checked", found.checked), ("estimated", found.estimated)):
        if share is not None:
            yield _share(f"wrong_labels_{name}", share, how=share.how)
    if found.noise is None:
        return
    yield _share("suspects", found.noise.share)
    for name, share in found.noise.by_class.items():
        yield _share("suspects_of_label", share, name)
    for name, share in found.noise.by_group.items():
        yield _share("suspects_of_group", share, name)


def _share(name: str, share: Estimate, group: str | None = None, **more: str) -> Measurement:
    low, high = (None if v is None else round12(v) for v in (share.low, share.high))
    value = None if share.value is None else round12(share.value)
    detail = {"low": low, "high": high, **more}
    return Measurement(name=name, value=value, unit="share", n=share.n, group=group, detail=detail)


def _detail(found: LabelNoiseMeasurements, policy: LabelNoisePolicy) -> dict[str, object]:
    rules = policy.rules
    return {
        "applies": True, "label": rules.label, "alpha": rules.alpha, "folds": rules.folds,
        "rows": found.rows, "labelled": found.labelled, "seen": found.seen,
        "features": found.features, "left_out": list(found.left_out),
        "limits": _limits(found, policy).model_dump(),
    }  # fmt: skip
