"""From findings to the verdict over a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from assay.policy.quality import QualityPolicy
from assay.quality._finding import Finding, touches
from assay.quality._finding_words import count_of, share_of
from assay.quality._registry import entry_of
from assay.quality._scores import Score, judge_scores, measure_scores, score_measurements
from assay.quality._validation import Validation
from assay.quality._wording import asked_sentence, quarantine_words
from assay.reasons import ReasonCode
from assay.verdict import Measurement, Outcome, Reason, Verdict
from assay.wording import shown_number


def judge_validation(
    validation: Validation, policy: QualityPolicy, gate: str = "validate"
) -> Verdict:
    """Judge whether a batch goes on; failing rows are quarantined, and only too many hold it.

    Read the reasons: FAIL if a critical expectation of the whole table is unmet, if more than
    ``policy.quarantine.max_share`` of the judged rows are quarantined, or if none is left;
    INCONCLUSIVE if a critical expectation couldn't be judged; WARN if more than
    ``policy.quarantine.warn_share`` are quarantined or a warning fired; else PASS. A warning that
    couldn't be judged is a warning. A score below the policy's limit for its dimension fails or
    warns, as the limit says.

    Parameters
    ----------
    validation : Validation
        What the contract's and the suite's expectations found.
    gate : str
        Name of the gate in the verdict, ``validate_raw`` or ``validate_clean``; the limits on
        scores are those of the stage that it names.
    """
    judged = validation.rows_in - validation.dropped
    share = validation.quarantined / judged if judged else None
    found = (_reason(f, validation.redact) for f in validation.findings)
    reasons = [r for r in found if r is not None]
    if not policy.quarantine.warns(share or 0):
        reasons = [_tolerated(r) for r in reasons]
    reasons += _of_rows(validation, share, policy)
    scores = measure_scores(validation)
    reasons += judge_scores(scores, policy, gate.removeprefix("validate_"))
    return Verdict.of(
        gate, reasons, _measurements(validation, share, scores), policy,
        detail={
            "suite": validation.suite_name,
            "suite_hash": validation.suite_hash,
            "expectations": len(validation.findings),
            "judged": sum(f.not_judged is None for f in validation.findings),
        },
    )  # fmt: skip


def _reason(finding: Finding, redact: Collection[str]) -> Reason | None:
    e = finding.expectation
    if e.severity == "info" or finding.verdict is Outcome.PASS:
        return None
    counts = ("element_count", "unexpected_count", "unexpected_percent")
    counted = _counted(finding)
    numbers = {k: finding.result[k] for k in counts if k in finding.result} | counted
    asked = asked_sentence(e, closed=touches(e, redact))
    code, outcome = ReasonCode.CRITICAL_EXPECTATION_UNMET, Outcome.FAIL
    message = asked + _found(finding, counted)
    if finding.verdict is Outcome.INCONCLUSIVE:
        code, numbers = ReasonCode.EXPECTATION_NOT_JUDGED, {}
        outcome = Outcome.INCONCLUSIVE if e.severity == "critical" else Outcome.WARN
        why = f": {finding.problem}" if finding.engine == "compiled" else ""
        message = f"{asked}, which could not be judged{why}"
    elif finding.verdict is Outcome.WARN:
        code, outcome = ReasonCode.WARNING_EXPECTATION_UNMET, Outcome.WARN
    elif finding.row_level:
        rows = numbers.get("unexpected_count")
        code, outcome = ReasonCode.ROWS_QUARANTINED, Outcome.WARN
        message = quarantine_words(e, None if rows is None else int(rows))
    column = e.columns[0] if len(e.columns) == 1 else None
    return Reason(code=code, outcome=outcome, column=column, message=message, numbers=numbers)


def _tolerated(reason: Reason) -> Reason:
    """A reason that says which rows are quarantined, where they are too few for a warning."""
    few = reason.code == ReasonCode.ROWS_QUARANTINED
    return reason.model_copy(update={"outcome": Outcome.PASS}) if few else reason


def _found(finding: Finding, counted: Mapping[str, float]) -> str:
    """How far an unmet expectation is from being met, in counts."""
    if finding.row_level:
        rows, total = count_of(finding), int(finding.result.get("element_count") or 0)
        return f"; {rows:,} of {total:,} rows ({share_of(finding):.2%}) don’t"
    observed = counted.get("observed")
    return "" if observed is None else f"; found {shown_number(observed)}"


def _counted(finding: Finding) -> dict[str, float]:
    """The observed count and its limits, where what is observed is a count and not a value."""
    e = finding.expectation
    if entry_of(e.type).observed != "count":
        return {}
    limits = {k: e.arguments.get(k) for k in ("min_value", "max_value", "value")}
    found = {"observed": finding.result.get("observed_value"), **limits}
    return {
        k: v for k, v in found.items() if isinstance(v, int | float) and not isinstance(v, bool)
    }


def _of_rows(
    validation: Validation, share: float | None, policy: QualityPolicy
) -> Iterable[Reason]:
    limit = policy.quarantine.max_share
    if share is not None and share > limit:
        yield Reason(
            code=ReasonCode.QUARANTINE_SHARE_ABOVE_LIMIT, outcome=Outcome.FAIL,
            message=f"{share:.2%} of the rows are quarantined; the limit is {limit:.2%}",
            numbers={"quarantined": validation.quarantined, "share": share, "limit": limit},
        )  # fmt: skip
    if validation.rows_left == 0:
        yield Reason(
            code=ReasonCode.NO_ROWS_LEFT, outcome=Outcome.FAIL,
            message="no row is left after validation",
            numbers={"rows_in": validation.rows_in, "quarantined": validation.quarantined,
                     "dropped": validation.dropped},
        )  # fmt: skip


def _measurements(
    validation: Validation, share: float | None, scores: tuple[Score, ...]
) -> list[Measurement]:
    counts: dict[str, Any] = {
        "rows_in": validation.rows_in,
        "rows_quarantined": validation.quarantined,
        "rows_dropped": validation.dropped,
        "rows_left": validation.rows_left,
    }
    found = [
        Measurement(name=k, value=v, unit="rows", n=validation.rows_in) for k, v in counts.items()
    ]
    n = validation.rows_in - validation.dropped
    found.append(Measurement(name="quarantined_share", value=share, unit="share", n=n))
    found += score_measurements(scores)
    for f in validation.findings:
        value = f.result.get("unexpected_percent")
        e = f.expectation
        if isinstance(value, int | float):
            found.append(Measurement(
                name="unexpected_share", value=value / 100, unit="share", group=e.label,
                n=f.result.get("element_count"),
                column=e.columns[0] if len(e.columns) == 1 else None))  # fmt: skip
    return found
