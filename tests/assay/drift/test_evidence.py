"""Size and power of the gate by seeded simulation, and the page of evidence of it.

The slow tests simulate all of it; with ``ASSAY_UPDATE_EVIDENCE=1`` they write ``drift.md`` and
``classifier.md`` in ``include/docs/evidence``, and hold the pages against what they compute. The
default tests do a short form of it.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assay.drift import DriftMeasurements, judge_drift
from assay.drift._classifier import measure_classifier
from assay.drift.columns._column_task import ColumnTask
from assay.drift.columns._level_column import compare_levels
from assay.drift.columns._ordered_column import compare_ordered
from assay.engine import open_session
from assay.policy.drift import DriftPolicy
from assay.statistics.sorted_blocks import merged
from assay.verdict import Outcome

PAGE = Path(__file__).parents[3] / "include" / "docs" / "evidence" / "drift.md"
ALPHA = 0.05
RUNS = {50: 400, 500: 300, 5_000: 300, 50_000: 200, 1_000_000: 20}
SHORT = {50: 60, 500: 40}
CLASSIFIED = {100: 200, 1_000: 100}
LIMIT = 0.1
SHIFT = 2 * 0.25334710313579978  # moves D of a normal by .2, twice the limit


def policy(limit, tests):
    effects = {"chi_square": "cramers_v"}
    return DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": ALPHA,
            "columns": {
                f"x{i}": {"test": t, "effect": effects.get(t, "ks_statistic"), "limit": limit}
                for i, t in enumerate(tests)
            },
        }
    )


def independent(rng, n, shift=0.0):
    return [*rng.normal(shift, 1, (2, n)), rng.integers(0, 5, n)]


def correlated(rng, n, shift=0.0):
    """Two columns that are nearly one, and a level that follows them."""
    common = rng.normal(shift, 1, n)
    return [*(common + 0.1 * rng.normal(size=(2, n))), (common > 0.5).astype(int)]


def tied(rng, n, shift=0.0):
    """Counts of few values; the last column has a level of three in a hundred."""
    return [*(rng.poisson(1 + shift, (2, n))), (rng.random(n) < 0.03).astype(int)]


TESTS = {
    independent: ("kolmogorov_smirnov", "anderson_darling", "chi_square"),
    correlated: ("kolmogorov_smirnov", "anderson_darling", "chi_square"),
    tied: ("permutation", "anderson_darling", "chi_square"),
}


def verdict(columns, judging, seed):
    """What the gate says of columns that are held in memory already."""
    level, found = ALPHA / judging.tests, []
    for (name, spec), (before, now) in zip(judging.columns.items(), columns, strict=True):
        task = ColumnTask(
            name, None, level, 0, np.random.default_rng([seed, len(found)]), False, None, None
        )
        common = {"column": name, "test": spec.test}
        if spec.test == "chi_square":
            sides = [
                {str(k): v for k, v in Counter(side.tolist()).items()} for side in (before, now)
            ]
            found.append(compare_levels(*sides, task, common))
        else:
            common |= {"n_reference": len(before), "n_current": len(now)}
            common |= {"missing_reference": 0, "missing_current": 0}
            blocks = merged(np.sort(before), np.sort(now))
            found.append(compare_ordered(blocks, task, spec.test, False, common))
    measured = DriftMeasurements(
        state="compared", tests=judging.tests, level=level, columns=tuple(found)
    )
    return judge_drift(measured, judging).outcome


def outcomes(draw, n, runs, limit, shift=0.0):
    judging = policy(limit, TESTS[draw])
    rng = np.random.default_rng([2024, n])
    return Counter(
        verdict(zip(draw(rng, n), draw(rng, n, shift), strict=True), judging, run)
        for run in range(runs)
    )


def sizes(all_runs):
    """Share of batches without a shift that fail, by the tests alone: no effect is too small."""
    return {
        (draw.__name__, n): outcomes(draw, n, runs, 1e-9)[Outcome.FAIL] / runs
        for draw in TESTS
        for n, runs in all_runs.items()
    }


def allowed(runs):
    return ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


def powers(all_runs):
    """Of batches shifted by twice the limit: shares FAIL and INCONCLUSIVE."""
    found = {}
    for n, runs in all_runs.items():
        seen = outcomes(independent, n, runs, LIMIT, SHIFT)
        found[n] = seen[Outcome.FAIL] / runs, seen[Outcome.INCONCLUSIVE] / runs
    return found


def classified(all_runs):
    """Of pairs without a shift: shares that the classifier's test, and its interval, tell apart."""
    spec = policy(LIMIT, TESTS[correlated]).model_dump(mode="json")
    judging = DriftPolicy.model_validate(
        spec | {"classifier": {"limit": 0.6, "rows": 1_000, "folds": 3}}
    )
    found = {}
    with open_session(threads=1) as session:
        for n, runs in all_runs.items():
            rng, told, beyond = np.random.default_rng([2025, n]), 0, 0
            for _ in range(runs):
                pair = [
                    session.set_aside(pd.DataFrame({f"x{i}": column for i, column in enumerate(
                            correlated(rng, n))}))
                    for name in ("ref", "cur")
                ]  # fmt: skip
                one = measure_classifier(*pair, judging, ALPHA)
                told += one.p <= ALPHA
                beyond += one.effect("auc").lower > 0.5
            found[n] = told / runs, beyond / runs
    return found


def held(rates, power, all_runs):
    for (_, n), rate in rates.items():
        assert rate <= allowed(all_runs[n]), (rates, power)
    for failed, undecided in power.values():
        assert failed + undecided > 0
        if undecided < 1:
            assert failed / (1 - undecided) >= 0.8


def test_size_and_power_in_short():
    held(sizes(SHORT), powers(SHORT), SHORT)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_page_of_evidence_is_what_is_computed():
    rates, power = sizes(RUNS), powers(RUNS)
    held(rates, power, RUNS)
    _check(PAGE, _page(rates, power))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_classifier_keeps_its_level():
    together = classified(CLASSIFIED)
    for n, shares in together.items():
        assert max(shares) <= allowed(CLASSIFIED[n]), together
    rows = [
        f"| {n:,} | {CLASSIFIED[n]} | {allowed(CLASSIFIED[n]):.3f} | {told:.3f} | {beyond:.3f} |"
        for n, (told, beyond) in together.items()
    ]
    _check(PAGE.with_name("classifier.md"), "\n".join([_CLASSIFIER, *rows, ""]))


def _check(path, page):
    if os.environ.get("ASSAY_UPDATE_EVIDENCE"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")


def _page(rates, power):
    kinds = [draw.__name__ for draw in TESTS]
    size_rows = [
        f"| {n:,} | {runs} | {allowed(runs):.3f} | "
        + " | ".join(f"{rates[kind, n]:.3f}" for kind in kinds)
        + " |"
        for n, runs in RUNS.items()
    ]
    power_rows = [
        f"| {n:,} | {RUNS[n]} | {failed:.3f} | {undecided:.3f} | {1 - failed - undecided:.3f} |"
        for n, (failed, undecided) in power.items()
    ]
    return "\n".join([_HEAD, *size_rows, _POWER, *power_rows, ""])


_HEAD = """\
# Evidence: size and power of the drift gate

Written by `ASSAY_UPDATE_EVIDENCE=1 pytest -m slow tests/assay/drift/test_evidence.py`; without the
variable the same test computes all of it again, and fails where a figure differs or is worse than
what is demanded. A short form runs with the default tests.

## False alarms

Reference and batch have the same law and n rows each; three columns are tested at alpha .05,
corrected by Benjamini and Hochberg. The limit on the effect is next to nothing, so that what fails
does so by the tests alone: with an owner's limit fewer fail. Demanded: at most alpha and two
standard errors.

- *independent*: two normal columns (Kolmogorov-Smirnov, Anderson-Darling), five levels
  (chi-square).
- *correlated*: two columns that are nearly one, and a level that follows them.
- *tied*: two Poisson counts of mean 1 (permutation, Anderson-Darling), a level of 3 %
  (chi-square).

| n | batches | allowed | independent | correlated | tied |
|---|---|---|---|---|---|"""
_CLASSIFIER = """\
# Evidence: the level of drift's classifier

Written by `ASSAY_UPDATE_EVIDENCE=1 pytest -m slow tests/assay/drift/test_evidence.py`; without the
variable the same test computes all of it again, and fails where a figure differs or is worse than
what is demanded.

Two tables without a shift, n rows each, of two columns that are nearly one and a level that follows
them; three folds. Shown are the share of pairs whose p is at most .05, and the share of which the
AUC's lower bound, at a one-sided .05, is above .5. Demanded: at most alpha and two standard errors.

Folds aren't independent, since each is in the others' fits: with the variance that independent
folds would have, the same pairs gave .105 and .130. The variance is therefore doubled.

| n | pairs | allowed | p at most .05 | interval above .5 |
|---|---|---|---|---|"""
_POWER = """
## Power

Two normal columns of the batch are moved by .507 standard deviations, which is a D of .2; the limit
is .1. Demanded: where the verdict isn't INCONCLUSIVE, FAIL in four of five batches. A shift of
twice the limit never passes for want of rows.

| n | batches | FAIL | INCONCLUSIVE | PASS |
|---|---|---|---|---|"""
