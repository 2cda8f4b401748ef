"""Performance: figures on test rows against limits, by slice, and against the champion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from assay.policy.model import MetricLimit, ModelFile
from assay.reasons import ReasonCode
from assay.records.models import Figure
from assay.statistics.scores.limits import Side, side_of
from assay.verdict import Measurement, OnInconclusive, Outcome, Reason, Verdict

GATE: Final = "performance"
SHARES: Final = frozenset({"accuracy", "precision", "recall"})
"""Metrics that are shares of rows: their limits are judged within slices too."""
_LESS_IS_BETTER: Final = frozenset({"log_loss", "brier", "ece", "mae", "rmse"})


@dataclass(frozen=True)
class Against:
    """The comparison with the champion on the same rows.

    Parameters
    ----------
    champion : str
        Its version.
    difference : Figure, optional
        The metric of the model minus the champion's, with its paired interval.
    why : str, optional
        Why there is none.
    later : bool
        Whether the champion has learned from a later snapshot, so that the model doesn't replace
        it by itself: then a comparison that is missing is no obstacle.
    """

    champion: str
    difference: Figure | None = None
    why: str | None = None
    later: bool = False


@dataclass(frozen=True)
class Slice:
    """Figures of the rows of one level of a column, at the level of the whole family of slices."""

    column: str
    level: str
    rows: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class _Judging:
    hash: str
    on_inconclusive: OnInconclusive


def judge_performance(
    model: ModelFile,
    figures: Mapping[str, Figure],
    slices: Iterable[Slice] = (),
    against: Against | None = None,
) -> Verdict:
    """Judge figures by the limits of a model file, and by the champion's.

    Read FAIL as: the whole interval lies beyond a limit, or the model is worse than the champion by
    more than the margin. INCONCLUSIVE: an interval holds the limit, or nothing could be compared.

    Parameters
    ----------
    figures : mapping of str to Figure
        Metric → figure on all test rows.
    slices : iterable of Slice
        Of the columns that the model file names, each with enough rows.
    against : Against, optional
        The champion; None where there is none.
    """
    gate, reasons = model.gates.performance, list[Reason]()
    kept = list(slices)
    for limit in gate.limits:
        reasons += _limited(limit, figures.get(limit.metric), None)
        if limit.metric in SHARES:
            for one in kept:
                reasons += _limited(limit, one.figures.get(limit.metric), one)
    if gate.champion is not None and against is not None:
        reasons += _against(model, against)
    judging = _Judging(model.hash, model.gates.on_inconclusive)
    return Verdict.of(GATE, reasons, _measurements(figures, kept), judging)


def _limited(limit: MetricLimit, figure: Figure | None, part: Slice | None) -> Iterator[Reason]:
    """Why a figure doesn't keep a limit: nothing where its whole interval does."""
    name = limit.metric if part is None else f"{limit.metric} where {part.column} is {part.level}"
    column = part.column if part else None
    bounds = " and ".join(
        f"{word} {value:g}"
        for word, value in (("at least", limit.min), ("at most", limit.max))
        if value is not None
    )
    if figure is None or figure.value is None or figure.low is None or figure.high is None:
        why = figure.how if figure else "it wasn't measured"
        yield _reason(ReasonCode.METRIC_UNDECIDED, f"{name} has no interval: {why}", {}, column)
        return
    side = side_of(figure.low, figure.high, least=limit.min, most=limit.max)
    if side is Side.WITHIN:
        return
    beyond = side is Side.BEYOND
    code = ReasonCode.METRIC_BEYOND_LIMIT if beyond else ReasonCode.METRIC_UNDECIDED
    said = "is beyond its limit" if beyond else "may be beyond its limit"
    yield _reason(code, f"{name} is {figure.text}, {bounds}: {said}", _numbers(figure), column)


def _against(model: ModelFile, against: Against) -> Iterator[Reason]:
    """Why the model doesn't stand up to the champion."""
    rule = model.gates.performance.champion
    if rule is None:
        return
    found = against.difference
    if found is not None and found.value == 0 and found.low is None and rule.require != "better":
        return  # the two say the same of every row
    if found is None or found.low is None or found.high is None:
        why = against.why or (found.how if found else "no difference was measured")
        message = f"not compared with {against.champion}: {why}"
        outcome = Outcome.WARN if against.later else None
        yield _reason(ReasonCode.CHAMPION_UNDECIDED, message, {}, None, outcome)
        return
    sign = -1 if rule.metric in _LESS_IS_BETTER else 1
    low, high = sorted((sign * found.low, sign * found.high))
    needed = 0.0 if rule.require == "better" else -rule.margin
    keeps = low > needed if rule.require == "better" else low >= needed
    if keeps:
        return
    beyond = high < needed
    code = ReasonCode.CHAMPION_BETTER if beyond else ReasonCode.CHAMPION_UNDECIDED
    asked = "better" if rule.require == "better" else f"worse by {rule.margin:g} at most"
    said = "isn't" if beyond else "may not be"
    message = f"{rule.metric} minus that of {against.champion} is {found.text}: it {said} {asked}"
    yield _reason(code, message, _numbers(found), None)


def _reason(
    code: ReasonCode,
    message: str,
    numbers: dict[str, float | int | str | None],
    column: str | None,
    outcome: Outcome | None = None,
) -> Reason:
    return Reason(
        code=code, outcome=outcome or code.outcome, message=message, numbers=numbers, column=column
    )


def _numbers(figure: Figure) -> dict[str, float | int | str | None]:
    return {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}


def _measurements(figures: Mapping[str, Figure], slices: list[Slice]) -> Iterator[Measurement]:
    for name, figure in figures.items():
        yield _measurement(name, figure)
    for part in slices:
        for name, figure in part.figures.items():
            if name in SHARES:
                yield _measurement(name, figure, part.column, part.level)


def _measurement(
    name: str, figure: Figure, column: str | None = None, group: str | None = None
) -> Measurement:
    ends = {"low": figure.low, "high": figure.high, "how": figure.how}
    return Measurement(
        name=name, value=figure.value, unit="1", n=figure.n, column=column, group=group, detail=ends
    )
