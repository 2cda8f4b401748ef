"""Which findings nobody has decided about, and what they do to a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assay.policy.privacy import PrivacyPolicy
from assay.privacy.finding._finding import Finding, Found
from assay.privacy.finding._words import noun_of
from assay.reasons import ReasonCode
from assay.verdict import Measurement, Outcome, Reason, Verdict


def undeclared(
    found: Found, classified: Collection[str], policy: PrivacyPolicy | None = None
) -> tuple[Finding, ...]:
    """The findings about people in columns that are neither classified nor decided about.

    Parameters
    ----------
    classified : collection of str
        Columns that the contract classifies.
    policy : PrivacyPolicy, optional
        The data set's policy, which may say of a column that it isn't of a kind.
    """
    section = policy.finding if policy is not None else None
    decided = section.not_personal if section is not None else {}
    return tuple(
        one
        for one in found.of_people()
        if one.column not in classified and one.kind not in decided.get(one.column, {})
    )


def judge_findings(found: Found, classified: Collection[str], policy: PrivacyPolicy) -> Verdict:
    """Judge whether a batch holds personal data that its contract doesn't declare.

    FAIL, or WARN where the policy says so, with one reason for each column and kind; PASS without
    one. A reason names the column, the kind and counts, never a value.
    """
    section = policy.finding
    hold = section is None or section.on_found == "hold"
    reasons = [
        Reason(
            code=ReasonCode.PERSONAL_DATA_UNDECLARED,
            outcome=Outcome.FAIL if hold else Outcome.WARN,
            message=f"The column looks as if it held {noun_of(one.kind)}, and the contract doesn't "
            "classify it.",
            column=one.column,
            numbers={"matched": one.matched, "distinct": one.distinct},
        )
        for one in undeclared(found, classified, policy)
    ]
    return Verdict.of("protect", reasons, _measurements(found), policy)


def _measurements(found: Found) -> Iterator[Measurement]:
    for one in found.findings:
        yield Measurement(
            name="looks_personal", value=one.share, unit="share", n=one.distinct, column=one.column,
            detail={"kind": one.kind, "about": one.about},
        )  # fmt: skip
