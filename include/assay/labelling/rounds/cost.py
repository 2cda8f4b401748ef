"""What labels cost: minutes an answer, answers a day, and money where an answer has a price."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from assay.labelling.rounds.records import Annotation
from assay.policy.labelling import AnswerPrice, LabellingPolicy
from assay.statistics.scores.estimate import Estimate
from assay.verdict import Frozen

_FEWEST: Final = 10
"""Answers whose time is known, from which on a median has an interval."""
_SECONDS: Final = 60.0
_DAY: Final = 86_400.0


class Cost(Frozen):
    """What a round has cost so far.

    Parameters
    ----------
    answers : int
        All that were taken, changed ones too: each took its time.
    minutes : Estimate
        Median minutes an answer, by the platform's clock; sheets have none.
    a_day : float or None
        Answers a day from the plan to the last collection; None before the first.
    spent, per_label : float or None
        In the policy's currency, where it has a price: of all answers, and of one label.
    """

    answers: int
    minutes: Estimate
    a_day: float | None = None
    spent: float | None = None
    per_label: float | None = None
    currency: str | None = None

    @property
    def said(self) -> str:
        """What is known, as a line."""
        said = [f"{self.answers:,} answers taken"]
        time = self.minutes
        if time.value is not None:
            ends = f"{time.low:.2f} to {time.high:.2f}"
            said.append(f"{time.value:.2f} ({ends}) minutes an answer in the median")
        if self.a_day is not None:
            said.append(f"{self.a_day:,.1f} a day")
        if self.spent is not None:
            said.append(f"{self.spent:,.2f} {self.currency} in all")
        if self.per_label is not None:
            said.append(f"{self.per_label:,.2f} {self.currency} a label")
        return ", ".join(said)


class RoundPrice(Frozen):
    """What another round costs.

    Parameters
    ----------
    point : float or None
        Of each .01 of accuracy that it gives; None where it may give none.
    """

    round: float
    point: float | None
    currency: str


def measure_cost(
    annotations: Sequence[Annotation], labelled: int, *, planned_at: datetime,
    price: AnswerPrice | None = None, alpha: float = 0.05,
) -> Cost:  # fmt: skip
    """Measure what answers have cost.

    Parameters
    ----------
    annotations : sequence of Annotation
        Of annotators and experts.
    labelled : int
        Tasks that have all their answers.
    planned_at : datetime
        From here on days are counted.
    price : AnswerPrice, optional
        Of the policy.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> begun = datetime(2026, 1, 5, tzinfo=UTC)
    >>> given = [Annotation(task=str(i), annotator="A", answer="yes", number=1, seconds=30.0 + i,
    ...                     collected_at=begun + timedelta(days=2)) for i in range(20)]
    >>> found = measure_cost(given, 10, planned_at=begun,
    ...                      price=AnswerPrice(amount=0.2, currency="EUR", rationale="a rate"))
    >>> round(found.minutes.value, 2), found.a_day, found.spent, found.per_label
    (0.66, 10.0, 4.0, 0.4)
    """
    spent = None if price is None else price.amount * len(annotations)
    return Cost(
        answers=len(annotations), minutes=_minutes(annotations, alpha),
        a_day=_a_day(annotations, planned_at), spent=spent,
        per_label=None if spent is None or not labelled else spent / labelled,
        currency=None if price is None else price.currency,
    )  # fmt: skip


def price_of_round(policy: LabellingPolicy, budget: int, gain: float | None) -> RoundPrice | None:
    """What another round costs; None where the policy has no price.

    Each row is answered once, the policy's share of them twice.

    Parameters
    ----------
    budget : int
        Rows.
    gain : float or None
        Accuracy that it gives.
    """
    if policy.price is None:
        return None
    whole = policy.price.amount * budget * (1 + policy.double_labelling)
    point = whole / (100 * gain) if gain is not None and gain > 0 else None
    return RoundPrice(round=whole, point=point, currency=policy.price.currency)


def _minutes(annotations: Sequence[Annotation], alpha: float) -> Estimate:
    """The median; its interval is that of order statistics."""
    import numpy as np
    from scipy.stats import quantile_test

    known = [one.seconds / _SECONDS for one in annotations if one.seconds is not None]
    if len(known) < _FEWEST:
        return Estimate.undefined(f"fewer than {_FEWEST} answers have a time", len(known))
    low, high = quantile_test(known, q=0.0, p=0.5).confidence_interval(1 - alpha)
    return Estimate(
        value=float(np.median(known)), low=float(low), high=float(high), n=len(known),
        how="order statistics",
    )  # fmt: skip


def _a_day(annotations: Sequence[Annotation], planned_at: datetime) -> float | None:
    if not annotations:
        return None
    last = max(one.collected_at for one in annotations)
    seconds = (last - planned_at).total_seconds()
    return len(annotations) * _DAY / seconds if seconds > 0 else None
