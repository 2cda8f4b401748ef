"""Seeded simulation of the verdict rule: false alarms without a shift, power with one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from assay.drift import judge_drift, measure_drift
from assay.engine import open_session
from assay.policy.drift import DriftPolicy
from assay.verdict import Outcome

_ALPHA = 0.1
_SIZES = [pytest.param(12, 120), pytest.param(200, 300, marks=pytest.mark.slow)]


def policy(limit, tests=("kolmogorov_smirnov", "anderson_darling", "permutation", "chi_square")):
    effects = {"chi_square": "cramers_v"}
    return DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": _ALPHA,
            "columns": {
                f"x{i}": {"test": t, "effect": effects.get(t, "ks_statistic"), "limit": limit}
                for i, t in enumerate(tests)
            },
        }
    )


def outcomes(draw, judging, runs, rows):
    rng = np.random.default_rng(2024)
    found = []
    with open_session(threads=1) as session:
        for _ in range(runs):
            before = session.set_aside(draw(rng, rows, False))
            now = session.set_aside(draw(rng, rows, True))
            found.append(judge_drift(measure_drift(session, before, now, judging), judging).outcome)
    return found


def independent(rng, rows, _):
    columns = {f"x{i}": rng.normal(size=rows) for i in range(3)}
    return pd.DataFrame(columns | {"x3": rng.choice(list("abcde"), rows)})


def tied(rng, rows, _):
    columns = {f"x{i}": rng.poisson(1, rows) for i in range(3)}
    return pd.DataFrame(columns | {"x3": rng.choice(list("ab"), rows, p=[0.97, 0.03])})


def correlated(rng, rows, _):
    """Three columns that are nearly one, which a correction must survive."""
    common = rng.normal(size=rows)
    columns = {f"x{i}": common + 0.1 * rng.normal(size=rows) for i in range(3)}
    return pd.DataFrame(columns | {"x3": np.where(common > 0.5, "high", "low")})


@pytest.mark.parametrize(("runs", "rows"), _SIZES)
@pytest.mark.parametrize(
    "draw", [independent, tied, pytest.param(correlated, marks=pytest.mark.slow)]
)
def test_false_alarms_stay_within_alpha(draw, runs, rows):
    """At most alpha + 2 standard errors of the batches fail though nothing shifted.

    The limit lies far below what chance reaches, so that what fails does so by the tests alone.
    """
    found = outcomes(draw, policy(limit=1e-9), runs, rows)
    allowed = _ALPHA + 2 * math.sqrt(_ALPHA * (1 - _ALPHA) / runs)
    assert found.count(Outcome.FAIL) / runs <= allowed


def test_power_at_twice_the_limit_wherever_rows_suffice():
    """A shift of twice the limit is found, or the verdict says that rows don't suffice."""

    # A shift of .52 standard deviations moves D by .2.
    def shifted(rng, rows, current):
        return pd.DataFrame({"x0": rng.normal(0.52 * current, 1, rows)})

    judging = policy(0.1, ("anderson_darling",))
    enough = outcomes(shifted, judging, 15, 800)
    assert Outcome.INCONCLUSIVE not in enough
    assert enough.count(Outcome.FAIL) / 15 >= 0.8
    few = outcomes(shifted, judging, 10, 40)
    assert Outcome.PASS not in few
