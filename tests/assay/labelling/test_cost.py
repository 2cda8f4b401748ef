"""What labels cost: in time by the platform's clock, in money by the policy's price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import binom

from assay.labelling.rounds import Annotation
from assay.labelling.rounds.cost import measure_cost, price_of_round
from assay.policy.labelling import AnswerPrice, LabellingPolicy

BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
PRICE = AnswerPrice(amount=0.25, currency="EUR", rationale="the agency's rate")


def answers(seconds, days=2.0):
    at = BEGUN + timedelta(days=days)
    return [
        Annotation(task=str(i), annotator="A", answer="yes", number=1, collected_at=at, seconds=s)
        for i, s in enumerate(seconds)
    ]


def test_the_median_s_interval_is_that_of_order_statistics():
    """The widest ranks whose binomial tails hold at most alpha / 2 each."""
    seconds = np.random.default_rng(1).exponential(60, 41)
    found = measure_cost(answers(seconds), 41, planned_at=BEGUN).minutes
    rank = int(binom.ppf(0.025, 41, 0.5))
    ordered = np.sort(seconds) / 60
    assert found.value == pytest.approx(np.median(seconds) / 60)
    assert found.low == pytest.approx(ordered[rank - 1])
    assert found.high == pytest.approx(ordered[41 - rank])


def test_sheets_know_no_time_and_nothing_is_guessed():
    found = measure_cost(answers([None] * 30), 30, planned_at=BEGUN)
    assert found.minutes.value is None
    assert (found.a_day, found.spent, found.per_label, found.currency) == (15.0, None, None, None)


def test_before_the_first_answer_there_is_no_rate():
    found = measure_cost([], 0, planned_at=BEGUN, price=PRICE)
    assert (found.answers, found.a_day, found.spent, found.per_label) == (0, None, 0.0, None)


def test_money_is_counted_by_answer_and_by_label():
    found = measure_cost(answers([30.0] * 30), 20, planned_at=BEGUN, price=PRICE)
    assert (found.spent, found.per_label, found.currency) == (7.5, 0.375, "EUR")


@pytest.mark.parametrize(("gain", "point"), [(0.02, 6.25), (0.0, None), (None, None)])
def test_a_round_s_price_follows_from_the_policy(gain, point):
    policy = LabellingPolicy.model_construct(price=PRICE, double_labelling=0.25)
    found = price_of_round(policy, 40, gain)
    assert (found.round, found.point, found.currency) == (12.5, point, "EUR")
    assert price_of_round(LabellingPolicy.model_construct(price=None), 40, gain) is None
