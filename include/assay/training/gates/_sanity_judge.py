"""The verdict on a model's sanity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.policy.model import ModelFile
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, side_of
from assay.training.gates._measurement import as_measurement, shown
from assay.training.gates._sanity import OneFeature, Sanity
from assay.verdict import Measurement, Number, Outcome, Reason, Verdict

GATE: Final = "sanity"


def judge_sanity(found: Sanity, model: ModelFile) -> Verdict:
    """Judge a model's sanity by the limits of its file.

    ===================== ==================================================================
    FAIL                  where an interval shows it
    ===================== ==================================================================
    constant_not_beaten   no gain over a constant
    answer_in_one_feature one feature alone reaches ``one_feature`` of the model's gain
    learned_by_heart      training rows fare better by more than ``train_test_gap``
    noise_learned         permuted labels give more than chance, in the mean of the refits and in
                          that of as many more
    rows_on_both_sides    more than ``duplicates`` of the test rows have an equal training row
    ===================== ==================================================================

    INCONCLUSIVE (``sanity_undecided``) where an interval holds the limit. A proxy is a WARN: its
    feature predicts a protected attribute with an area that is shown to be above ``proxy_auc``. A
    feature that ``strong_features`` names is measured, and not judged alone.
    """
    reasons = [
        *_gain_reasons(found),
        *_feature_reasons(found, model),
        *_gap_reasons(found, model),
        *_noise_reasons(found),
        *_duplicate_reasons(found, model),
        *_proxy_reasons(found, model),
    ]
    return Verdict.of(GATE, reasons, _measurements(found), model)


def _gain_reasons(found: Sanity) -> Iterator[Reason]:
    gain = found.gain
    said = f"The gain in {found.score} over a constant is {shown(gain)} on the test rows."
    if gain.high is not None and gain.high <= 0:
        yield _reason(ReasonCode.CONSTANT_NOT_BEATEN, said, gain)
    elif gain.low is None and gain.value is not None:
        yield from _exact_gain(gain, said)
    elif gain.low is None or gain.low <= 0:
        yield _reason(ReasonCode.SANITY_UNDECIDED, said, gain)


def _exact_gain(gain: Estimate, said: str) -> Iterator[Reason]:
    if (gain.value or 0.0) <= 0:
        yield _reason(ReasonCode.CONSTANT_NOT_BEATEN, said, gain)


def _feature_reasons(found: Sanity, model: ModelFile) -> Iterator[Reason]:
    limit, whole = model.gates.sanity.one_feature, found.gain.value
    if whole is None or whole <= 0 or len(found.one_feature) < 2:
        return
    for one in found.one_feature:
        strong = one.feature in model.gates.sanity.strong_features
        if strong or (one.gain.value or 0.0) < limit * whole:
            continue
        share = (one.gain.value or 0.0) / whole
        said = (
            f"{one.feature} alone reaches {share:.0%} of the model's gain in {found.score}; the "
            f"limit is {limit:.0%}."
        )
        numbers: dict[str, Number] = {"share": share, "max": limit, "behind": one.behind.value,
                                      "behind_high": one.behind.high}  # fmt: skip
        code = ReasonCode.SANITY_UNDECIDED
        if _surely(one, limit, whole):
            code = ReasonCode.ANSWER_IN_ONE_FEATURE
        yield Reason(code=code, outcome=code.outcome, message=said, column=one.feature,
                     numbers=numbers)  # fmt: skip


def _surely(one: OneFeature, limit: float, whole: float) -> bool:
    """Whether even the greatest advantage of the model over the feature leaves it at the limit."""
    most = one.behind.value if one.behind.high is None else one.behind.high
    return most is not None and most <= (1 - limit) * whole


def _gap_reasons(found: Sanity, model: ModelFile) -> Iterator[Reason]:
    most = model.gates.sanity.train_test_gap
    side = side_of(found.gap.low, found.gap.high, most=most)
    if side is Side.WITHIN:
        return
    said = (
        f"On training rows {found.metric} is better by {shown(found.gap)} than on test rows; the "
        f"limit is {most:g}."
    )
    beyond = side is Side.BEYOND
    code = ReasonCode.LEARNED_BY_HEART if beyond else ReasonCode.SANITY_UNDECIDED
    yield _reason(code, said, found.gap, most)


def _noise_reasons(found: Sanity) -> Iterator[Reason]:
    noise = found.noise
    if noise is not None:
        refits = len(found.permuted) + len(found.permuted_again)
        said = (
            f"Fitted on permuted labels, {refits} times, the mean gain in "
            f"{found.score} is {shown(noise)}: the test labels reach the fit by another way than "
            "the features."
        )
        yield _reason(ReasonCode.NOISE_LEARNED, said, noise)


def _duplicate_reasons(found: Sanity, model: ModelFile) -> Iterator[Reason]:
    most = model.gates.sanity.duplicates
    if most is None:
        return
    side = side_of(found.duplicates.low, found.duplicates.high, most=most)
    if side is Side.WITHIN:
        return
    said = (
        f"A share of {shown(found.duplicates)} of the test rows has an equal training row; the "
        f"limit is {most:g}."
    )
    beyond = side is Side.BEYOND
    code = ReasonCode.ROWS_ON_BOTH_SIDES if beyond else ReasonCode.SANITY_UNDECIDED
    yield _reason(code, said, found.duplicates, most)


def _proxy_reasons(found: Sanity, model: ModelFile) -> Iterator[Reason]:
    limit = model.gates.sanity.proxy_auc
    worst: dict[tuple[str, str], Reason] = {}
    for proxy in found.proxies:
        low = proxy.area.low if proxy.area.low is not None else proxy.area.value
        if low is None or low <= limit:
            continue
        said = (
            f"{proxy.feature} predicts {proxy.attribute} = {proxy.level} with an AUC of "
            f"{shown(proxy.area)}; the limit is {limit:g}."
        )
        reason = _reason(ReasonCode.PROXY_FEATURE, said, proxy.area, limit, proxy.feature)
        key = (proxy.feature, proxy.attribute)
        known = worst.get(key)
        if known is None or float(known.numbers["value"] or 0) < float(proxy.area.value or 0):
            worst[key] = reason
    yield from worst.values()


def _reason(
    code: ReasonCode, message: str, estimate: Estimate, limit: float | None = None,
    column: str | None = None,
) -> Reason:  # fmt: skip
    numbers: dict[str, Number] = {"value": estimate.value, "low": estimate.low,
                                  "high": estimate.high, "n": estimate.n}  # fmt: skip
    if limit is not None:
        numbers["max"] = limit
    outcome: Outcome = code.outcome
    return Reason(code=code, outcome=outcome, message=message, column=column, numbers=numbers)


def _measurements(found: Sanity) -> Iterator[Measurement]:
    yield as_measurement("gain_over_constant", found.gain, score=found.score)
    yield as_measurement("train_test_gap", found.gap, metric=found.metric)
    yield as_measurement("duplicates", found.duplicates)
    for one in found.one_feature:
        yield as_measurement("gain_of_one_feature", one.gain, column=one.feature)
    for gain in (*found.permuted, *found.permuted_again):
        yield as_measurement("gain_of_permuted_labels", gain)
    for proxy in found.proxies:
        yield as_measurement(
            "proxy_auc",
            proxy.area,
            column=proxy.feature,
            group=f"{proxy.attribute} = {proxy.level}",
        )
