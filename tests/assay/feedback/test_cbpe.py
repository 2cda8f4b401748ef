"""Estimated performance against NannyML's own figures, and against outcomes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from assay.errors import InputError
from assay.feedback import estimate_performance, fit_calibration
from assay.feedback._cbpe import Calibration
from assay.launcher import project_root

PEER = json.loads((Path(__file__).parent / "nannyml_figures.json").read_text(encoding="utf-8"))
WHEEL = project_root() / ".cache" / "nannyml-0.13.1-py3-none-any.whl"
"""`make setup` downloads it for the demo; its data are read, and it is never installed."""
SETS = {
    "car_loan": (
        "synthetic_car_loan_reference.csv", "synthetic_car_loan_analysis.csv",
        "repaid", "y_pred_proba", "y_pred",
    ),
    "census": (
        "employment_MA_reference.pq", "employment_MA_analysis.pq",
        "employed", "predicted_probability", "prediction",
    ),
}  # fmt: skip
CHUNK = 5000


def read(name: str) -> pd.DataFrame:
    with zipfile.ZipFile(WHEEL) as wheel:
        content = io.BytesIO(wheel.read(f"nannyml/datasets/data/{name}"))
    return pd.read_csv(content) if name.endswith(".csv") else pd.read_parquet(content)


@pytest.mark.skipif(not WHEEL.is_file(), reason="make setup has not downloaded the nannyml wheel")
@pytest.mark.parametrize("name", SETS)
def test_it_is_within_a_hundredth_of_nannyml(name):
    reference, analysis, truth, probability, prediction = SETS[name]
    known, rows = read(reference), read(analysis)
    assert [len(known), len(rows)] == PEER[name]["rows"]
    fit = fit_calibration(known[truth].to_numpy(), known[probability].to_numpy(), seed=1)
    chunks = len(PEER[name]["accuracy"])
    for i in range(chunks):
        # NannyML adds an incomplete last chunk to the one before.
        chunk = rows.iloc[i * CHUNK : (i + 1) * CHUNK if i < chunks - 1 else None]
        found = estimate_performance(
            chunk[probability].to_numpy(), chunk[prediction].to_numpy(), fit, alpha=0.05
        )
        for metric, estimate in found.items():
            # The bar is .01; the same method gives the same figure.
            assert estimate.value == pytest.approx(PEER[name][metric][i], abs=1e-4)


def by_drawing(p: np.ndarray, said: np.ndarray, times: int) -> dict[str, np.ndarray]:
    """Figures of outcomes that are drawn from the probabilities."""
    random = np.random.default_rng(1)
    found = []
    for _ in range(times):
        truth = random.random(len(p)) < p
        hits = (truth & said).sum()
        found.append(
            {
                "accuracy": (truth == said).mean(),
                "precision": hits / said.sum(),
                "recall": hits / truth.sum(),
                "f1": 2 * hits / (said.sum() + truth.sum()),
                "roc_auc": roc_auc_score(truth, p),
            }
        )
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def test_value_and_interval_are_those_of_drawn_outcomes():
    p = np.random.default_rng(2).beta(1, 1.5, size=400)
    p[:100] = np.round(p[:100], 1)
    said = p > 0.4
    found = estimate_performance(p, said, Calibration(), alpha=0.05)
    for name, drawn in by_drawing(p, said, 500).items():
        estimate = found[name]
        assert estimate.value == pytest.approx(drawn.mean(), abs=0.005), name
        assert (estimate.high - estimate.low) / 3.92 == pytest.approx(drawn.std(), rel=0.12), name
        held = ((estimate.low <= drawn) & (drawn <= estimate.high)).mean()
        assert 0.92 <= held <= 0.98, name


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.integers(2, 60), st.integers(0, 10**6), st.sampled_from([1, 10, 10**6]))
def test_the_area_and_its_slopes_equal_their_definition_over_pairs(rows, seed, levels):
    from assay.feedback._cbpe import _area

    random = np.random.default_rng(seed)
    p, score = random.random(rows), np.round(random.random(rows) * levels)

    def by_pairs(chance: np.ndarray) -> float:
        order = (score[:, None] > score[None, :]) + (score[:, None] == score[None, :]) / 2
        weight = chance[:, None] * (1 - chance[None, :])
        np.fill_diagonal(weight, 0)
        return float((weight * order).sum() / weight.sum())

    value, slopes = _area(p, score)
    assert value == pytest.approx(by_pairs(p), abs=1e-9)
    step = 1e-6
    for i in range(min(rows, 5)):
        up, down = p.copy(), p.copy()
        up[i] += step
        down[i] -= step
        assert slopes[i] == pytest.approx((by_pairs(up) - by_pairs(down)) / (2 * step), abs=1e-4)


def test_certain_probabilities_give_the_figures_of_those_outcomes():
    p = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    said = np.array([1, 1, 1, 0, 0, 0])
    found = estimate_performance(p, said, Calibration(), alpha=0.05)
    assert {n: round(e.value, 9) for n, e in found.items()} == {
        "accuracy": 0.666666667, "precision": 0.666666667, "recall": 0.666666667,
        "f1": 0.666666667, "roc_auc": 1.0,
    }  # fmt: skip
    assert all(e.low == e.value == e.high for e in found.values())


def test_calibration_is_learned_where_it_helps_and_left_where_it_does_not():
    random = np.random.default_rng(3)
    p = random.random(20_000)
    truth = random.random(20_000) < p
    boasting = np.clip(1.4 * p - 0.2, 0, 1)
    fitted = fit_calibration(truth, boasting, seed=1)
    inside = np.linspace(0.2, 0.8, 7)
    assert fitted.apply(1.4 * inside - 0.2) == pytest.approx(inside, abs=0.05)
    left = fit_calibration(truth[:150], p[:150], seed=1)
    assert left == Calibration()
    assert left.apply(p) is p


def test_a_boasting_model_is_not_believed():
    random = np.random.default_rng(4)
    p = random.beta(2, 2, size=40_000)
    truth = random.random(40_000) < p
    stated = np.where(p > 0.5, np.sqrt(p), p**2)
    fit = fit_calibration(truth[:20_000], stated[:20_000], seed=1)
    later, outcome = stated[20_000:], truth[20_000:]
    found = estimate_performance(later, later > 0.5, fit, alpha=0.01)
    blind = estimate_performance(later, later > 0.5, Calibration(), alpha=0.01)
    accuracy = float((outcome == (later > 0.5)).mean())
    assert abs(found["accuracy"].value - accuracy) < 0.01
    assert blind["accuracy"].value > accuracy + 0.05


@pytest.mark.parametrize("given_", [[], [0.5, np.nan]])
def test_nothing_is_estimated_without_probabilities(given_):
    found = estimate_performance(
        np.array(given_), np.zeros(len(given_), dtype=bool), Calibration(), alpha=0.05
    )
    assert all(estimate.value is None for estimate in found.values())


def test_classes_that_are_never_said_or_expected_have_no_figure():
    found = estimate_performance(np.zeros(3), np.zeros(3, dtype=bool), Calibration(), alpha=0.05)
    assert found["accuracy"].value == 1
    assert [n for n, e in found.items() if e.value is None] == [
        "precision", "recall", "f1", "roc_auc",
    ]  # fmt: skip


def test_a_reference_of_one_class_is_an_error():
    with pytest.raises(InputError, match="can't calibrate"):
        fit_calibration(np.ones(50), np.full(50, 0.5), seed=1)
