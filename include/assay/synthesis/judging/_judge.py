"""The verdict on made rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.policy.synthesis import SynthesisPolicy
from assay.reasons import ReasonCode
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, side_of
from assay.synthesis.judging._fidelity import Distance
from assay.synthesis.judging._report import SynthesisReport
from assay.verdict import Measurement, Number, Reason, Verdict

GATE: Final = "synthesis"


def judge_synthesis(found: SynthesisReport, policy: SynthesisPolicy) -> Verdict:
    """Judge made rows by the limits of the policy.

    ======================== ===============================================================
    FAIL                     where an interval shows it
    ======================== ===============================================================
    synthetic_column_differs a column is farther than ``column``, and than real halves are
    synthetic_pair_differs   the same of a pair
    synthetic_less_useful    a model loses more than ``most_lost``
    synthetic_too_close      made rows are nearer to the rows that were learned from
    synthetic_membership     they give away who was learned from
    synthetic_copy           a made row is equal to a rare real one
    synthetic_rare           too many made rows have rare quasi-identifiers
    synthetic_bias           a group changes by more than a limit
    ======================== ===============================================================

    INCONCLUSIVE (``synthetic_undecided``) where an interval holds its limit, or where two halves
    of the real rows differ by more than the limit by chance.
    """
    reasons = [
        *_fidelity(found.columns, policy.fidelity.column, ReasonCode.SYNTHETIC_COLUMN_DIFFERS),
        *_fidelity(found.pairs, policy.fidelity.pair, ReasonCode.SYNTHETIC_PAIR_DIFFERS),
        *_utility(found, policy),
        *_privacy(found, policy),
        *_bias(found, policy),
    ]
    return Verdict.of(GATE, reasons, _measurements(found), policy)


def _fidelity(found: tuple[Distance, ...], limit: float, code: ReasonCode) -> Iterator[Reason]:
    for one in found:
        beyond = one.value > limit and one.value > one.null
        if beyond or one.null > limit:
            name = " and ".join(one.columns)
            said = (
                f"{name}: made rows are {one.value:.3f} from real ones; the limit is {limit:g}, "
                f"and two halves of the real rows differ by up to {one.null:.3f}."
            )
            given = code if beyond else ReasonCode.SYNTHETIC_UNDECIDED
            numbers: dict[str, Number] = {"distance": one.value, "max": limit, "null": one.null}
            yield Reason(code=given, outcome=given.outcome, message=said, column=one.columns[0],
                         numbers=numbers)  # fmt: skip


def _utility(found: SynthesisReport, policy: SynthesisPolicy) -> Iterator[Reason]:
    if found.utility is None or policy.utility is None:
        return
    said = f"A model that learned from made rows loses this much {found.utility.metric}"
    code = ReasonCode.SYNTHETIC_LESS_USEFUL
    yield from _against(found.utility.lost, policy.utility.most_lost, code, said,
                        column=found.utility.label)  # fmt: skip


def _privacy(found: SynthesisReport, policy: SynthesisPolicy) -> Iterator[Reason]:
    one, limits = found.privacy, policy.privacy
    close, code = ReasonCode.SYNTHETIC_TOO_CLOSE, ReasonCode.SYNTHETIC_MEMBERSHIP
    yield from _against(
        one.nearer,
        limits.nearer,
        close,
        "Share of made rows that are nearer to a row that was learned from",
    )
    yield from _against(
        one.ratio_gap,
        limits.ratio_gap,
        close,
        "Ratio of nearest distances, smaller beside rows that were learned from",
    )
    yield from _against(one.membership, limits.membership_auc, code,
                        "AUC of guessing that a row was learned from")  # fmt: skip
    if one.copies:
        copied = ReasonCode.SYNTHETIC_COPY
        said = f"{one.copies:,} made rows are equal to a real row that few others are equal to."
        yield Reason(code=copied, outcome=copied.outcome, message=said,
                     numbers={"copies": one.copies, "max": 0})  # fmt: skip
    if one.quasi_identifiers:
        names = ", ".join(one.quasi_identifiers)
        yield from _against(one.rare, limits.rare, ReasonCode.SYNTHETIC_RARE,
                            f"Share of made rows with a rare combination of {names}")  # fmt: skip


def _bias(found: SynthesisReport, policy: SynthesisPolicy) -> Iterator[Reason]:
    limits = policy.bias
    if limits is None:
        return
    code = ReasonCode.SYNTHETIC_BIAS
    for one in found.groups:
        whom = f"{one.attribute} = {one.group}"
        for figure, most, said in (
            (one.share, limits.share, f"Change of the share of {whom}"),
            (one.rate, limits.rate, f"Change of the rate of favourable outcomes of {whom}"),
        ):
            yield from _against(figure, most, code, said, -most, one.attribute)
        if one.impact is not None:
            said = f"Factor by which the disparate impact of {whom} changes"
            yield from _against(
                one.impact, limits.impact, code, said, 1 / limits.impact, one.attribute
            )


def _against(
    figure: Estimate, most: float, code: ReasonCode, said: str, least: float | None = None,
    column: str | None = None,
) -> Iterator[Reason]:  # fmt: skip
    side = side_of(figure.low, figure.high, most=most, least=least)
    if side is Side.WITHIN:
        return
    given = code if side is Side.BEYOND else ReasonCode.SYNTHETIC_UNDECIDED
    limits = f"{most:.3g}" if least is None else f"{least:.3g} to {most:.3g}"
    numbers: dict[str, Number] = {
        "value": figure.value, "low": figure.low, "high": figure.high, "max": most,
    }  # fmt: skip
    yield Reason(
        code=given, outcome=given.outcome, column=column, numbers=numbers,
        message=f"{said}: {shown(figure)}; the limit is {limits}.",
    )  # fmt: skip


def shown(figure: Estimate) -> str:
    """A figure with its interval, for a sentence."""
    if figure.value is None or figure.low is None or figure.high is None:
        value = "not defined" if figure.value is None else f"{figure.value:.3f}"
        return f"{value} ({figure.how})"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _measurements(found: SynthesisReport) -> Iterator[Measurement]:
    for one in found.distances:
        name = "column_distance" if len(one.columns) == 1 else "pair_distance"
        yield Measurement(
            name=name, value=one.value, unit="1", n=one.n, column=one.columns[0],
            detail={"null": one.null, "columns": list(one.columns)},
        )  # fmt: skip
    privacy = found.privacy
    named = {
        "nearer": privacy.nearer, "ratio_gap": privacy.ratio_gap,
        "membership_auc": privacy.membership, "rare": privacy.rare,
    }  # fmt: skip
    if found.utility is not None:
        named[f"lost:{found.utility.metric}"] = found.utility.lost
    yield from (_measurement(name, figure) for name, figure in named.items())
    yield Measurement(name="copies", value=privacy.copies, unit="rows", n=found.made)
    for group in found.groups:
        for name in ("share", "rate", "impact"):
            figure = getattr(group, name)
            if figure is not None:
                yield _measurement(name, figure, group.attribute, group.group)


def _measurement(
    name: str, figure: Estimate, column: str | None = None, group: str | None = None
) -> Measurement:
    detail = {"low": figure.low, "high": figure.high, "how": figure.how}
    return Measurement(name=name, value=figure.value, unit="1", n=figure.n, column=column,
                       group=group, detail=detail)  # fmt: skip
