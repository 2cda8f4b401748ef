"""Coverage, false alarms and power: exact where they can be, else seeded, and written down.

The slow test holds ``include/docs/evidence/fairness.md`` against what it computes; with
``ASSAY_UPDATE_EVIDENCE=1`` it writes the page.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.stats import binom, norm
from statsmodels.stats.proportion import confint_proportions_2indep

from assay.fairness._cells import Cell, judge_cells
from assay.fairness._counts import Group, Level
from assay.policy.fairness import DemographicParity, DisparateImpact
from assay.statistics.intervals import newcombe, ratio_z, wilson
from assay.verdict import Outcome, worst

PAGE = Path(__file__).parents[3] / "include" / "docs" / "evidence" / "fairness.md"
ALPHA = 0.05
SIZES = (30, 50, 100, 300, 1000)
RATES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
RATIO = DisparateImpact(metric="disparate_impact", outcome="prediction", min=0.8)
GAP = DemographicParity(metric="demographic_parity_difference", outcome="prediction", max=0.1)


class Coverage(NamedTuple):
    """How often an interval holds the truth, and for which rates it does so least."""

    value: float
    where: str


def likely(n: int, p: float) -> tuple[Any, Any]:
    """Numbers of successes and their chances, without those below 1e-10."""
    x = np.arange(n + 1)
    chance = binom.pmf(x, n, p)
    kept = chance > 1e-10
    return x[kept], chance[kept]


def single(n: int) -> list[Coverage]:
    """Wilson's interval at 97 rates from .02 to .5."""
    low, high = np.array([wilson(x, n, ALPHA) for x in range(n + 1)]).T
    found = []
    for p in np.linspace(0.02, 0.5, 97):
        x, chance = likely(n, p)
        held = (low[x] <= p) & (p <= high[x])
        found.append(Coverage(float(chance[held].sum()), f"{p:.3f}"))
    return found


def of_difference(n1: int, p1: float, n2: int, p2: float) -> float:
    """Newcombe's interval, over all tables at once as statsmodels computes it."""
    (x1, chance1), (x2, chance2) = likely(n1, p1), likely(n2, p2)
    one, two = np.meshgrid(x1, x2, indexing="ij")
    with np.errstate(all="ignore"):
        low, high = confint_proportions_2indep(
            one, n1, two, n2, method="newcomb", compare="diff", alpha=ALPHA
        )
    held = (low <= p1 - p2 + 1e-12) & (high >= p1 - p2 - 1e-12)
    return float((np.outer(chance1, chance2) * held).sum())


def of_ratio(n1: int, p1: float, n2: int, p2: float) -> float:
    """Miettinen and Nurminen's: it holds a ratio where the score test doesn't reject it."""
    (x1, chance1), (x2, chance2) = likely(n1, p1), likely(n2, p2)
    z = norm.ppf(1 - ALPHA / 2)
    pairs = list(zip(x2.tolist(), chance2.tolist(), strict=True))
    return sum(
        first * sum(c for x, c in pairs if abs(ratio_z(a, n1, x, n2, p1 / p2)) <= z)
        for a, first in zip(x1.tolist(), chance1.tolist(), strict=True)
    )


def both(of: Callable[..., float], n1: int, n2: int) -> list[Coverage]:
    """Coverage over all pairs of rates."""
    return [Coverage(of(n1, p1, n2, p2), f"{p1:g}, {p2:g}") for p1 in RATES for p2 in RATES]


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """A Markdown table."""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def covered(title: str, found: Sequence[Coverage]) -> list[object]:
    """A row of a table: the mean, the least and where."""
    least = min(found)
    mean = sum(c.value for c in found) / len(found)
    return [title, f"{mean:.4f}", f"{least.value:.4f}", least.where]


def outcomes(
    metrics: Sequence[Any], rates: Sequence[float], sizes: Sequence[int], runs: int, seed: int
) -> Counter[Outcome]:
    """Verdicts on seeded batches whose first group is the reference."""
    random = np.random.default_rng(seed)
    found: Counter[Outcome] = Counter()
    for _ in range(runs):
        drawn = random.binomial(sizes, rates)
        made = [
            _group(str(i), int(x), n) for i, (x, n) in enumerate(zip(drawn, sizes, strict=True))
        ]
        cells = [
            Cell(metric, "selection_rate", other, made[0], required=True)
            for metric in metrics
            for other in made[1:]
        ]
        found[worst(c.outcome for c in judge_cells(cells, ALPHA, 1))] += 1
    return found


def _group(name: str, x: int, n: int) -> Group:
    return Group(("sex",), (Level(name, "listed"),), {(None, True): x, (None, False): n - x})


def shares(found: Counter[Outcome]) -> list[str]:
    """FAIL, INCONCLUSIVE, PASS as shares."""
    wanted = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    return [f"{found[outcome] / found.total():.3f}" for outcome in wanted]


def allowed(runs: int) -> float:
    """Alpha and two standard errors."""
    return ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


NULLS = {
    "equal rates .5, ratio and difference, 4 groups": ([RATIO, GAP], [0.5] * 4),
    "equal rates .05, ratio and difference, 4 groups": ([RATIO, GAP], [0.05] * 4),
    "at the limit: ratio .8 of .5, 4 groups": ([RATIO], [0.5, 0.4, 0.4, 0.4]),
    "at the limit: ratio .8 of .1, 3 groups": ([RATIO], [0.1, 0.08, 0.08]),
    "at the limit: difference ±.1 of .5, 3 groups": ([GAP], [0.5, 0.4, 0.6]),
}
TWICE = {
    "ratio .6 of .5, where the limit is .8": ([RATIO], [0.5, 0.3]),
    "difference −.2 of .5, where the limit is .1": ([GAP], [0.5, 0.3]),
    "difference −.2 of .3, where the limit is .1": ([GAP], [0.3, 0.1]),
}


def check_single(found: Sequence[Coverage]) -> None:
    assert min(found).value >= 0.91


def check_both(found: Sequence[Coverage]) -> None:
    assert min(found).value >= 0.93


def check_power(found: Counter[Outcome]) -> None:
    decided = found[Outcome.FAIL] + found[Outcome.PASS]
    assert found[Outcome.FAIL] >= 0.8 * decided


def test_single_rates_cover() -> None:
    found = single(30) + single(100)
    check_single(found)
    assert np.mean([c.value for c in found]) >= 0.945


@pytest.mark.parametrize("of", [of_difference, of_ratio])
def test_differences_and_ratios_cover(of: Callable[..., float]) -> None:
    """Zero cells included: with 30 rows at .02 there is no success in 55 of 100 samples."""
    check_both(both(of, 30, 30))
    check_both([Coverage(of(30, p, 100, 0.02), "") for p in RATES])


def test_what_covers_is_the_interval_that_the_gate_uses() -> None:
    random = np.random.default_rng(1)
    for n1, n2 in ((30, 100), (300, 50)):
        one, two = random.integers(0, n1 + 1, 20), random.integers(0, n2 + 1, 20)
        with np.errstate(all="ignore"):
            low, high = confint_proportions_2indep(one, n1, two, n2, method="newcomb")
        for at in range(20):
            ours = newcombe(int(one[at]), n1, int(two[at]), n2, ALPHA)
            assert ours == pytest.approx((low[at], high[at]))


@pytest.mark.parametrize("n", [60, 1000])
def test_false_alarms_at_the_limit(n: int) -> None:
    metrics, rates = NULLS["at the limit: ratio .8 of .5, 4 groups"]
    found = outcomes(metrics, rates, [n] * len(rates), 200, seed=7)
    assert found[Outcome.FAIL] / 200 <= allowed(200)


def test_power_at_twice_the_limit() -> None:
    metrics, rates = TWICE["ratio .6 of .5, where the limit is .8"]
    check_power(outcomes(metrics, rates, [200, 200], 100, seed=11))


def page() -> str:
    """The evidence, each figure held against what is demanded of it."""
    lines = HEAD.splitlines()
    rows = [(n, single(n)) for n in SIZES]
    for _, found in rows:
        check_single(found)
    assert np.mean([c.value for _, found in rows for c in found]) >= 0.945
    shown = [covered(str(n), found) for n, found in rows]
    lines += [
        "### A single rate (Wilson)",
        "",
        *table(["n", "mean", "least", "at rate"], shown),
        "",
    ]
    for title, of in (
        ("A difference (Newcombe)", of_difference),
        ("A ratio (Miettinen and Nurminen)", of_ratio),
    ):
        shown = []
        for n1 in SIZES:
            for n2 in SIZES:
                found = both(of, n1, n2)
                check_both(found)
                shown.append(covered(f"{n1}, {n2}", found))
        lines += [f"### {title}", "", *table(["n", "mean", "least", "at rates"], shown), ""]
    lines += [*FALSE_ALARMS.splitlines(), *_alarms(), "", *POWER.splitlines(), *_power()]
    return "\n".join(lines) + "\n"


def _alarms(runs: int = 500) -> Iterator[str]:
    """False alarms, each line held against what is allowed."""
    rows = []
    for title, (metrics, rates) in NULLS.items():
        for n in (50, 200, 1000, 10_000, 1_000_000):
            found = outcomes(metrics, rates, [n] * len(rates), runs, seed=7)
            assert found[Outcome.FAIL] / runs <= allowed(runs), (title, n)
            rows.append([title, f"{n:,}".replace(",", " "), *shares(found)])
    heads = ["truth", "rows a group", "FAIL", "INCONCLUSIVE", "PASS"]
    yield from (f"Allowed: {allowed(runs):.4f} ({runs} batches a line).", "")
    yield from table(heads, rows)


def _power(runs: int = 500) -> Iterator[str]:
    rows = []
    for title, (metrics, rates) in TWICE.items():
        for n in (30, 100, 300, 1000, 10_000):
            found = outcomes(metrics, rates, [n] * 2, runs, seed=11)
            check_power(found)
            rows.append([title, f"{n:,}".replace(",", " "), *shares(found)])
    yield from table(["truth", "rows a group", "FAIL", "INCONCLUSIVE", "PASS"], rows)


HEAD = """\
# Evidence: the fairness gate's intervals and verdicts

Written by `ASSAY_UPDATE_EVIDENCE=1 pytest -m slow tests/assay/fairness/test_evidence.py`; without
the variable the same test computes all of it again, and fails where a figure differs or is worse
than what is demanded. A short form runs with the default tests.

## Coverage

How often an interval at .95 holds the truth. No simulation: the chance of every possible table of
counts (those below 1e-10 left out) is summed where its interval holds the true rate, difference or
ratio, so that zero cells are in it with the weight that they have. Demanded: a single rate .945 on
average and .91 at the least, over rates of .02 to .5 in steps of .005; differences and ratios .93
at the least, over rates .02, .05, .1, .2, .35 and .5 on either side.

"""
FALSE_ALARMS = """\
## False alarms

How often the verdict is FAIL though no group is beyond the limit: seeded batches, alpha .05, Holm
over the comparisons. *At the limit* is the least favourable truth that is still allowed.
"""
POWER = """\
## Power

Verdicts at twice the limit, alpha .05, 500 seeded batches a line. Demanded: of the batches that
aren't INCONCLUSIVE, .8 are FAIL. Too few rows are said to be too few, and never passed.

"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_page_says_what_is_computed() -> None:
    computed = page()
    if os.environ.get("ASSAY_UPDATE_EVIDENCE"):
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(computed, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == computed
