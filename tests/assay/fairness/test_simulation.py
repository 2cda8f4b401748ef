"""False alarms and power of the verdict rule, seeded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from assay.fairness._cells import Cell, judge_cells
from assay.fairness._counts import Group, Level
from assay.policy.fairness import DemographicParity, DisparateImpact
from assay.verdict import Outcome, worst

pytestmark = pytest.mark.slow
ALPHA = 0.05


def group(name: str, x: int, n: int) -> Group:
    counts: Mapping[Any, int] = {(None, True): x, (None, False): n - x}
    return Group(("sex",), (Level(name, "listed"),), counts)


def share_of_outcomes(
    metrics: list[Any], rates: list[float], sizes: list[int], runs: int, seed: int
) -> Counter[Outcome]:
    """Outcomes of batches whose first group is the reference."""
    random = np.random.default_rng(seed)
    found: Counter[Outcome] = Counter()
    for _ in range(runs):
        drawn = random.binomial(sizes, rates)
        made = [group(str(i), int(x), n) for i, (x, n) in enumerate(zip(drawn, sizes, strict=True))]
        cells = [
            Cell(metric, "selection_rate", other, made[0], required=True)
            for metric in metrics
            for other in made[1:]
        ]
        found[worst(c.outcome for c in judge_cells(cells, ALPHA, 1))] += 1
    return found


RATIO = DisparateImpact(metric="disparate_impact", outcome="prediction", min=0.8)
GAP = DemographicParity(metric="demographic_parity_difference", outcome="prediction", max=0.1)


@pytest.mark.parametrize(
    ("metric", "rates"),
    [(RATIO, [0.5, 0.4, 0.4, 0.4]), (RATIO, [0.1, 0.08, 0.08]), (GAP, [0.5, 0.4, 0.6])],
)
@pytest.mark.parametrize("n", [60, 1000])
def test_at_the_limit_false_alarms_stay_below_alpha(
    metric: Any, rates: list[float], n: int
) -> None:
    runs = 250
    found = share_of_outcomes([metric], rates, [n] * len(rates), runs, seed=7)
    error = 2 * math.sqrt(ALPHA * (1 - ALPHA) / runs)
    assert found[Outcome.FAIL] / runs <= ALPHA + error


@pytest.mark.parametrize(("metric", "rates"), [(RATIO, [0.5, 0.3]), (GAP, [0.5, 0.3])])
@pytest.mark.parametrize("n", [40, 200, 2000])
def test_at_twice_the_limit_what_is_decided_is_a_fail(
    metric: Any, rates: list[float], n: int
) -> None:
    found = share_of_outcomes([metric], rates, [n, n], 150, seed=11)
    decided = found[Outcome.FAIL] + found[Outcome.PASS]
    assert found[Outcome.PASS] == 0
    assert n < 2000 or found[Outcome.FAIL] / decided >= 0.8
    assert n < 2000 or decided >= 0.95 * 150


def test_equal_groups_pass_when_there_are_rows_enough() -> None:
    found = share_of_outcomes([RATIO, GAP], [0.5, 0.5, 0.5], [4000] * 3, 150, seed=3)
    assert found[Outcome.PASS] >= 0.97 * 150
    few = share_of_outcomes([RATIO, GAP], [0.5, 0.5, 0.5], [40] * 3, 150, seed=3)
    assert few[Outcome.INCONCLUSIVE] >= 0.9 * 150
