"""Figures against their limits, and against those of the test rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from assay.feedback._measure import FeedbackMeasurements, Figures, Part
from assay.feedback._words import limit_text
from assay.policy.model import FeedbackPolicy
from assay.statistics.corrections import holm
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.limits import Side, independent_difference, p_beyond, side_of
from assay.verdict import Outcome

LOWER_IS_BETTER: Final = frozenset({"log_loss", "brier", "ece", "mae", "rmse"})
SHARES: Final = frozenset(
    {"accuracy", "precision", "recall", "f1", "balanced_accuracy", "roc_auc", "pr_auc"}
)
"""Figures whose interval has Wilson's form, or nearly."""
Level = tuple[str, str]
"""Column and level of a slice."""


@dataclass(frozen=True)
class Tests:
    """The figures of the test rows.

    Parameters
    ----------
    whole : mapping
        On all test rows.
    slices : mapping
        Within levels, by column and level.
    versions : mapping
        Model version → its figures, where the batch has predictions of several: each of them is
        judged beside its own, and nothing else is.
    """

    whole: Figures
    slices: Mapping[Level, Figures] = field(default_factory=dict)
    versions: Mapping[str, Figures] = field(default_factory=dict)

    def of(self, part: Part) -> Figures | None:
        """The figures that a part is compared with; None where it is compared with none."""
        if part.kind == "version" or self.versions:
            return self.versions.get(part.level, {}) if part.kind == "version" else None
        if part.kind == "slice":
            return self.slices.get((str(part.column), part.level)) or None
        return self.whole


@dataclass(frozen=True)
class Cell:
    """One figure of one part against one limit.

    Parameters
    ----------
    against : str
        ``limit``, or ``test`` for the worsening since the test.
    estimate : Estimate
        The figure, or its worsening (above 0 where it is worse than on the test rows).
    least, most : float or None
        The limit of the estimate.
    p, adjusted : float or None
        None without an interval.
    """

    part: Part
    metric: str
    against: Literal["limit", "test"]
    estimate: Estimate
    least: float | None
    most: float | None
    p: float | None
    adjusted: float | None = None
    outcome: Outcome = Outcome.INCONCLUSIVE

    @property
    def limit_text(self) -> str:
        """The limit in words."""
        if self.against == "test":
            return f"at most {self.most:g} worse than on the test rows"
        return limit_text(self.least, self.most)


def judge_cells(
    found: FeedbackMeasurements,
    policy: FeedbackPolicy,
    tests: Tests,
) -> list[Cell]:
    """Every cell of the judged batch, FAIL where Holm over all of them rejects."""
    versions = found.of_kind("version") if tests.versions else ()
    chosen = (found.judged, *versions, *found.of_kind("slice"))
    parts = [part for part in chosen if part and part.figures]
    cells = [
        cell for part in parts for cell in (*_limits(part, policy), *_margins(part, policy, tests))
    ]
    known = [i for i, cell in enumerate(cells) if cell.p is not None]
    adjusted = dict(zip(known, holm([cells[i].p or 0.0 for i in known]), strict=True))
    return [_judged(cell, adjusted.get(i), policy.alpha) for i, cell in enumerate(cells)]


def _judged(cell: Cell, adjusted: float | None, alpha: float) -> Cell:
    outcome = Outcome.INCONCLUSIVE
    if adjusted is not None and adjusted <= alpha:
        outcome = Outcome.FAIL
    elif _keeps_limits(cell):
        outcome = Outcome.PASS
    return replace(cell, adjusted=adjusted, outcome=outcome)


def _keeps_limits(cell: Cell) -> bool:
    low, high = cell.estimate.low, cell.estimate.high
    return side_of(low, high, least=cell.least, most=cell.most) is Side.WITHIN


def _limits(part: Part, policy: FeedbackPolicy) -> Iterator[Cell]:
    for limit in policy.limits:
        none = Estimate.undefined("the model gives no probabilities", part.labelled)
        estimate = part.figures.get(limit.metric, none)
        p = p_beyond(
            estimate, least=limit.min, most=limit.max, alpha=policy.alpha,
            share=limit.metric in SHARES,
        )  # fmt: skip
        yield Cell(part, limit.metric, "limit", estimate, limit.min, limit.max, p)


def _margins(part: Part, policy: FeedbackPolicy, tests: Tests) -> Iterator[Cell]:
    """The worsening of figures; of a slice only where the test has figures of it too."""
    of_test = tests.of(part)
    if of_test is None:
        return
    for margin in policy.against_test:
        worse = _worsening(margin.metric, part.figures, of_test)
        p = p_beyond(worse, most=margin.margin, alpha=policy.alpha)
        yield Cell(part, margin.metric, "test", worse, None, margin.margin, p)


def _worsening(metric: str, figures: Figures, of_test: Figures) -> Estimate:
    now, then = figures.get(metric), of_test.get(metric)
    if now is None or then is None:
        side = "the test" if then is None else "the predictions"
        return Estimate.undefined(f"{side} has no such figure")
    sides = (now, then) if metric in LOWER_IS_BETTER else (then, now)
    return independent_difference(*sides)
