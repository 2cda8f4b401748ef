"""The domain classifier: what no column shows alone, and when nothing can be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from assay.drift import judge_drift, measure_drift
from assay.engine import open_session
from assay.policy.drift import DriftPolicy
from assay.verdict import Outcome

ORDERED = {"test": "anderson_darling", "effect": "ks_statistic", "limit": 0.3}
LEVELS = {"test": "chi_square", "effect": "cramers_v", "limit": 0.3}


def policy(**classifier):
    return DriftPolicy.model_validate(
        {
            "on_inconclusive": "hold",
            "alpha": 0.01,
            "columns": {"a": ORDERED, "b": ORDERED, "c": LEVELS},
            "classifier": {"limit": 0.6, "rows": 1500, "folds": 3} | classifier,
        }
    )


def frame(seed, rows=1500, bond=0.8):
    """Two columns whose bond is their only secret, and a third with missing levels."""
    rng = np.random.default_rng(seed)
    a, noise = rng.normal(size=(2, rows))
    data = pd.DataFrame({"a": a, "b": bond * a + np.sqrt(1 - bond**2) * noise})
    data["c"] = rng.choice(["x", "y", None], rows)
    return data.assign(__row=np.arange(rows))


def judged(reference, current, judging, threads=1):
    with open_session(threads=threads) as session:
        tables = [session.set_aside(t)
                  for n, t in (("ref", reference), ("cur", current))]  # fmt: skip
        measured = measure_drift(session, *tables, judging)
    return judge_drift(measured, judging), measured


def test_a_turned_correlation_fails_though_no_column_shifted():
    verdict, measured = judged(frame(1), frame(2, bond=-0.8), policy())
    assert [r.code for r in verdict.reasons] == ["joint_shift_detected"]
    auc = measured.columns[-1].effect("auc")
    assert auc.value > 0.8
    assert auc.lower < auc.value < auc.upper
    assert measured.tests == 4
    assert verdict.detail["columns"][-1]["test"] == "domain_classifier"
    assert verdict.detail["p_values"] == 4


def test_no_shift_passes_and_few_rows_cannot_tell():
    verdict, measured = judged(frame(1), frame(2), policy())
    assert verdict.outcome is Outcome.PASS
    assert measured.columns[-1].effect("auc").value < 0.55
    verdict, _ = judged(frame(1), frame(2, rows=60), policy(limit=0.55))
    assert {r.code for r in verdict.reasons} == {"drift_not_enough_rows"}
    assert "(all columns)" in " ".join(r.message for r in verdict.reasons)


def test_the_sample_is_bounded_and_knows_neither_order_nor_threads():
    judging = policy(rows=300)
    found = set()
    for seed, threads in ((None, 1), (7, 2)):
        tables = [frame(s) for s in (1, 2)]
        mixed = tables if seed is None else [t.sample(frac=1, random_state=seed) for t in tables]
        _, measured = judged(*mixed, judging, threads)
        assert measured.columns[-1].n_reference == 300
        found.add(measured.columns[-1].model_dump_json())
    assert len(found) == 1


def test_identifiers_are_refused_and_the_limit_is_above_chance():
    with pytest.raises(ValidationError, match="identifies rows"):
        DriftPolicy.model_validate(
            policy(columns=["d"]).model_dump(mode="json") | {"roles": {"d": "identifier"}}
        )
    with pytest.raises(ValidationError, match=r"greater than 0.5"):
        policy(limit=0.5)
