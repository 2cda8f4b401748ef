"""Verdicts: the worst wins, INCONCLUSIVE is its own outcome, and JSON loses nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from assay.verdict import Measurement, OnInconclusive, Outcome, Reason, Verdict, worst


@dataclass
class Judge:
    hash: str = "abc"
    on_inconclusive: OnInconclusive = "hold"


def _verdict(*outcomes: Outcome, on: OnInconclusive = "hold") -> Verdict:
    reasons = [Reason(code="because", outcome=o, message="m") for o in outcomes]
    numbers = [Measurement(name="ks", value=0.1, unit="1", n=3, column="x", detail={"a": [1]})]
    return Verdict.of("drift", reasons, numbers, Judge(on_inconclusive=on))


@pytest.mark.parametrize("order", itertools.permutations(Outcome))
def test_the_worst_wins_in_any_order(order: tuple[Outcome, ...]) -> None:
    assert worst(order) is Outcome.FAIL
    assert worst(o for o in order if o is not Outcome.FAIL) is Outcome.INCONCLUSIVE
    assert worst([Outcome.WARN, Outcome.PASS]) is Outcome.WARN
    assert worst([]) is Outcome.PASS


@pytest.mark.parametrize(
    ("outcome", "on", "holds", "code"),
    [
        (Outcome.PASS, "hold", False, 0),
        (Outcome.WARN, "hold", False, 0),
        (Outcome.INCONCLUSIVE, "hold", True, 3),
        (Outcome.INCONCLUSIVE, "release", False, 3),
        (Outcome.FAIL, "release", True, 1),
    ],
)
def test_what_holds_and_what_the_exit_code_says(
    outcome: Outcome, on: OnInconclusive, holds: bool, code: int
) -> None:
    verdict = _verdict(outcome, on=on)
    assert verdict.outcome is outcome
    assert verdict.holds is holds
    assert verdict.exit_code == code


def test_a_verdict_survives_json() -> None:
    verdict = _verdict(Outcome.WARN, Outcome.FAIL)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
