"""Training records: JSON-safe, frozen, with figures that any estimate fits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.verdict import Outcome, Reason, Verdict

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """What a room's estimate has."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    how: str
    p: float | None = None


def record(**given: object) -> TrainingRecord:
    used = DataUsed(dataset="flights", number=3, digest="a" * 64, versions={"2013-02": "b" * 32})
    known = {"training_run": "c" * 32, "model": "late_arrival", "data": (used,), "started": AT}
    return TrainingRecord.model_validate({**known, "ended": AT + timedelta(seconds=90), **given})


def verdict(outcome: Outcome) -> Verdict:
    reasons = (Reason(code="few_rows", outcome=outcome, message="because"),)
    return Verdict(
        gate="performance", outcome=outcome, reasons=reasons, policy_hash="0",
        on_inconclusive="hold",
    )  # fmt: skip


def test_a_figure_is_read_from_an_estimate() -> None:
    made = record(metrics={"auc": Measured(0.7, 0.6, 0.8, 12, "DeLong")})
    assert made.metrics["auc"] == Figure(value=0.7, low=0.6, high=0.8, n=12, how="DeLong")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_figure_is_a_number_or_none(value: float) -> None:
    with pytest.raises(ValidationError):
        Figure(value=value)


def test_a_record_is_the_same_after_json() -> None:
    full = record(
        parameters={"max_iter": 100, "class_weight": {"a": 1.5}, "early": None},
        metrics={"recall[origin=EWR]": Figure(value=0.5, n=3)},
        verdicts=(verdict(Outcome.FAIL),), artefacts={"page": "d" * 64},
    )  # fmt: skip
    assert TrainingRecord.model_validate_json(full.model_dump_json()) == full


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValidationError):
        record(parameters={"scorer": object()})


@pytest.mark.parametrize(
    ("outcome", "held"),
    [(Outcome.PASS, False), (Outcome.WARN, False), (Outcome.INCONCLUSIVE, True)],
)
def test_a_gate_that_holds_holds_the_model(outcome: Outcome, held: bool) -> None:
    assert record(verdicts=(verdict(Outcome.PASS), verdict(outcome))).held is held


def test_a_record_says_how_long_the_training_took() -> None:
    assert record().seconds == 90
