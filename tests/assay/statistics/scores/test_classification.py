"""The figures of a classifier against scikit-learn and statsmodels."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

from assay.errors import InputError
from assay.statistics.scores.classification import measure_classification

FIXED = settings(deadline=None, derandomize=True, max_examples=40)
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw_binary(rows: int, seed: int, skill: float = 1.0) -> Rows:
    """Truth, probability and prediction, with tied probabilities."""
    random = np.random.default_rng(seed)
    odds = random.normal(size=rows) * 1.5
    truth = np.where(random.random(rows) < 1 / (1 + np.exp(-odds)), "late", "early")
    truth[:2] = "late", "early"
    given_ = np.round(1 / (1 + np.exp(-skill * odds)), 2)
    return truth, given_, np.where(given_ > 0.5, "late", "early")


def draw_multi(rows: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    score = random.normal(size=(rows, 3))
    given_ = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    names = np.array(["a", "b", "c"])
    truth = names[[random.choice(3, p=p) for p in given_]]
    truth[:3] = names
    prediction = names[given_.argmax(axis=1)]
    prediction[:3] = names
    return truth, given_, prediction


def measure_two(rows: Rows, **more):
    return measure_classification(
        *rows, classes=["early", "late"], favourable="late", alpha=0.05, seed=7, **more
    )


def measure_three(rows: Rows, **more):
    classes = ["a", "b", "c"]
    return measure_classification(
        *rows, classes=classes, favourable=None, alpha=0.05, seed=7, **more
    )


@FIXED
@given(st.integers(2, 300), st.integers(0, 10**6))
def test_two_classes_equal_scikit_learn(rows, seed):
    truth, p, prediction = draw_binary(rows, seed)
    found = measure_two((truth, p, prediction))
    late = truth == "late"
    expected = {
        "accuracy": metrics.accuracy_score(truth, prediction),
        "recall": metrics.recall_score(truth, prediction, pos_label="late"),
        "f1": metrics.f1_score(truth, prediction, pos_label="late"),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, prediction),
        "log_loss": metrics.log_loss(late, p, labels=[False, True]),
        "brier": metrics.brier_score_loss(late, p),
        "roc_auc": metrics.roc_auc_score(late, p),
        "pr_auc": metrics.average_precision_score(late, p),
    }
    if (prediction == "late").any():
        expected["precision"] = metrics.precision_score(truth, prediction, pos_label="late")
    else:
        assert found["precision"].value is None
    assert {n: found[n].value for n in expected} == pytest.approx(expected, abs=1e-9)
    for estimate in found.values():
        if not estimate.inconclusive:
            assert estimate.low <= estimate.value <= estimate.high


@FIXED
@given(st.integers(3, 300), st.integers(0, 10**6))
def test_three_classes_equal_scikit_learn(rows, seed):
    truth, p, prediction = draw_multi(rows, seed)
    found = measure_three((truth, p, prediction))
    expected = {
        "accuracy": metrics.accuracy_score(truth, prediction),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, prediction),
        "precision": metrics.precision_score(truth, prediction, average="macro"),
        "recall": metrics.recall_score(truth, prediction, average="macro"),
        "f1": metrics.f1_score(truth, prediction, average="macro"),
        "log_loss": metrics.log_loss(truth, p, labels=["a", "b", "c"]),
        "brier": metrics.brier_score_loss(truth, p, labels=["a", "b", "c"]),
        "roc_auc": metrics.roc_auc_score(truth, p, multi_class="ovr"),
        "pr_auc": metrics.average_precision_score(truth, p),
    }
    each = zip("abc", metrics.f1_score(truth, prediction, average=None), strict=True)
    expected |= {f"f1:{name}": value for name, value in each}
    assert {n: found[n].value for n in expected} == pytest.approx(expected, abs=1e-9)
    assert found["f1"].low <= found["f1"].value <= found["f1"].high


@FIXED
@given(st.integers(2, 300), st.integers(0, 10**6), st.sampled_from([0.2, 0.05, 0.001]))
def test_shares_have_the_interval_of_statsmodels(rows, seed, alpha):
    truth, p, prediction = draw_binary(rows, seed)
    found = measure_classification(
        truth, p, prediction, classes=["early", "late"], favourable="late", alpha=alpha, seed=1
    )
    counts = {
        "accuracy": ((truth == prediction).sum(), rows),
        "recall": ((truth == "late") & (prediction == "late"), truth == "late"),
        "precision": ((truth == "late") & (prediction == "late"), prediction == "late"),
    }
    for name, (hits, among) in counts.items():
        if np.sum(among):
            ends = proportion_confint(np.sum(hits), np.sum(among), alpha, method="wilson")
            assert (found[name].low, found[name].high) == pytest.approx(ends, abs=1e-9)


def test_without_probabilities_the_other_figures_are_there():
    truth, _, prediction = draw_binary(50, 1)
    whole = measure_two(draw_binary(50, 1))
    found = measure_two((truth, None, prediction))
    assert found == {name: whole[name] for name in found}
    assert whole.keys() - found.keys() == {"log_loss", "brier", "roc_auc", "pr_auc", "ece"}


def test_the_same_seed_gives_the_same_figures_and_another_one_other_ends():
    rows = draw_binary(80, 3)
    assert measure_two(rows) == measure_two(rows)
    other = measure_classification(
        *rows, classes=["early", "late"], favourable="late", alpha=0.05, seed=8
    )
    assert other["brier"].value == measure_two(rows)["brier"].value
    assert other["brier"].low != measure_two(rows)["brier"].low


@pytest.mark.parametrize("draw", [draw_binary, draw_multi])
def test_rows_that_are_written_twice_add_nothing_if_groups_say_so(draw):
    rows = draw(120, 4)
    measure = measure_two if draw is draw_binary else measure_three
    twice = tuple(np.concatenate([part, part]) for part in rows)
    groups = np.arange(120)
    once = measure(rows, groups=groups)
    grouped = measure(twice, groups=np.tile(groups, 2))
    for name in once.keys() - {"ece"}:
        ends = once[name].value, once[name].low, once[name].high
        other = grouped[name].value, grouped[name].low, grouped[name].high
        assert other == pytest.approx(ends, abs=1e-9), name


def test_a_missing_probability_takes_its_figures_alone():
    truth, p, prediction = draw_binary(50, 2)
    p[7] = math.nan
    found = measure_two((truth, p, prediction))
    for name in ("log_loss", "brier", "roc_auc", "pr_auc", "ece"):
        assert found[name].value is None
        assert "missing" in found[name].how
    assert found["accuracy"].value is not None


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_give_no_number_that_is_none(rows):
    truth = np.array(["late", "late"])[:rows]
    found = measure_two((truth, np.array([1.0, 0.0])[:rows], truth))
    for estimate in found.values():
        estimate.model_dump_json()
    assert found["roc_auc"].value is None
    assert found["balanced_accuracy"].value is None
    assert found["accuracy"].value == (1.0 if rows else None)


def test_one_group_gives_values_and_no_interval():
    found = measure_two(draw_binary(50, 2), groups=np.zeros(50, dtype=int))
    assert found["accuracy"].value is not None
    assert all(estimate.inconclusive for estimate in found.values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"truth": np.array(["late", "?"])}, "truth of 1 rows is none of the classes"),
        ({"probability": np.array([0.1, 1.1])}, "outside 0 to 1"),
        ({"probability": np.array([0.1])}, "don't fit"),
        ({"classes": ["late", "late"]}, "two classes or more"),
        ({"favourable": "lost"}, "favourable class is none"),
        ({"prediction": np.array(["late"])}, "not one prediction a row"),
        ({"groups": np.array([1])}, "groups don't fit"),
    ],
)
def test_an_error_says_what_does_not_fit(change, says):
    usual = {
        "truth": np.array(["late", "early"]),
        "probability": np.array([0.9, 0.1]),
        "prediction": np.array(["late", "early"]),
        "classes": ["early", "late"],
        "favourable": "late",
    }
    with pytest.raises(InputError, match=says):
        measure_classification(**{**usual, **change}, alpha=0.05, seed=1)


def covered(rows: int, times: int, seed: int, clustered: bool = False) -> dict[str, float]:
    """Share of samples whose interval holds what a huge sample shows, by figure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        true = {n: e.value for n, e in measure_two(draw_binary(400_000, 99, 1.5)).items()}
    held = dict.fromkeys(true, 0)
    for one in range(times):
        sample = draw_binary(rows, seed + one, 1.5)
        groups = None
        if clustered:
            sample = tuple(np.repeat(part, 3) for part in sample)
            groups = np.repeat(np.arange(rows), 3)
        for name, found in measure_two(sample, groups=groups).items():
            held[name] += not found.inconclusive and found.low <= true[name] <= found.high
    return {name: count / times for name, count in held.items()}


def test_coverage_of_a_short_simulation():
    found = covered(150, times=150, seed=1000)
    assert all(share >= 0.9 for share in found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("rows", [50, 200, 1000])
@pytest.mark.parametrize("clustered", [False, True])
def test_coverage(rows, clustered):
    times = 1000 if rows < 1000 else 300
    found = covered(rows, times, seed=2000, clustered=clustered)
    two = 2 * math.sqrt(0.95 * 0.05 / times)
    assert found.pop("ece") >= 0.95 - two
    assert all(0.95 - 0.02 - two <= share <= 0.97 + two for share in found.values()), found
