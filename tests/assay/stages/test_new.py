"""The first files of a data set, as far as they must hold what is ordinary of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from assay import engine
from assay.drift import judge_drift, measure_drift
from assay.policy.drift import DriftPolicy
from assay.stages import draft_dataset
from assay.verdict import Outcome, Verdict


def _applications(rng: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    income = rng.lognormal(10.5 + shift, 0.45, rows).round(2)
    income[rng.random(rows) < 0.06] = np.nan
    return pd.DataFrame({
        "application_id": [f"L{i}" for i in rng.permutation(rows)],
        "age": rng.normal(43, 13, rows).clip(18, 85).astype(int),
        "gender": rng.choice(["F", "M", "X"], rows, p=[0.48, 0.5, 0.02]),
        "income": income,
        "status": rng.choice(["new", "reviewed", "closed", "withdrawn"], rows,
                             p=[0.4, 0.35, 0.2, 0.05]),
        "amount": rng.lognormal(9, 0.6, rows).round(2),
        "decision": rng.choice(["approved", "declined"], rows, p=[0.6, 0.4]),
    })  # fmt: skip


def _drafted(con: Any, sample: Path) -> DriftPolicy:
    plan = draft_dataset(con, sample, "loans", first="2024-01-01")
    return DriftPolicy.model_validate(yaml.safe_load(plan.files["policies/loans/drift.yaml"]))


def _judged(con: Any, first: Path, later: Path, policy: DriftPolicy) -> Verdict:
    tables = (engine.open_data(con, path) for path in (first, later))
    return judge_drift([measure_drift(con, *tables, policy)], policy)


@pytest.mark.parametrize("rows", [100, 800, 5000])
@pytest.mark.parametrize("seed", range(3))
def test_a_second_ordinary_day_is_not_held_by_the_drafted_limits(
    tmp_path: Path, rows: int, seed: int
) -> None:
    rng = np.random.default_rng([seed, rows])
    paths = [tmp_path / f"{name}.csv" for name in ("first", "second", "shifted")]
    days = (
        _applications(rng, rows),
        _applications(rng, int(0.85 * rows)),
        _applications(rng, rows, shift=1.5),
    )
    for path, day in zip(paths, days, strict=True):
        day.to_csv(path, index=False)
    with engine.session(threads=2) as con:
        policy = _drafted(con, paths[0])
        second, shifted = (_judged(con, paths[0], path, policy) for path in paths[1:])
    assert set(policy.columns) == {"age", "gender", "income", "status", "amount", "decision"}
    assert (second.outcome, second.reasons) == (Outcome.PASS, ())
    assert shifted.outcome is Outcome.FAIL


def test_a_limit_that_chance_sets_says_so(tmp_path: Path) -> None:
    sample = tmp_path / "first.csv"
    _applications(np.random.default_rng([1, 800]), 800).to_csv(sample, index=False)
    with engine.session(threads=2) as con:
        policy = _drafted(con, sample)
    told = [c.rationale or "" for c in policy.columns.values()]
    assert all("chance alone reaches" in text for text in told)
    assert all("in a batch of 640 rows" in text for text in told)
    assert any(text.startswith("What chance alone reaches") for text in told)
