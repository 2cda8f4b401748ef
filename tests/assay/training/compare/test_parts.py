"""Scores of rows whose mean is the metric, and the change of each metric in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import training_sets
from sklearn import metrics

from assay.statistics.scores.delong import auc_difference
from assay.training import Predictions, fit, predict, split_rows
from assay.training.compare import metrics_of, row_scores, split_metrics


@pytest.fixture(scope="module")
def tested() -> Any:
    """A model file, the test rows, and what four models of different strength say of them."""
    file = training_sets.model_file()
    table = training_sets.training_table(file)
    split = split_rows(table, file)
    rows = table.only(split.test)
    said = [
        predict(fit(training_sets.model_file(estimator={"parameters": {"C": c}}), table, split),
                rows.features)
        for c in (1e-6, 1e-4, 1e-2, 1.0)
    ]  # fmt: skip
    return file, rows, said


@pytest.mark.parametrize(
    ("metric", "sklearn"),
    [
        ("accuracy", lambda t, s: metrics.accuracy_score(t, s.prediction)),
        ("roc_auc", lambda t, s: metrics.roc_auc_score(t, s.probability)),
        ("brier", lambda t, s: metrics.brier_score_loss(t, s.probability)),
        ("log_loss", lambda t, s: metrics.log_loss(t, s.probability)),
    ],
)
def test_the_mean_of_the_rows_is_the_metric(tested: Any, metric: str, sklearn: Any) -> None:
    file, rows, said = tested
    for one in said:
        found = row_scores(metric, file, rows, one).mean()
        assert found == pytest.approx(sklearn(rows.label, one), abs=1e-9)


def test_the_mean_of_the_rows_is_the_metric_of_a_number() -> None:
    file = training_sets.model_file(label={"kind": "number", "column": "rate", "favourable": None})
    rows = training_sets.training_table(
        training_sets.model_file(
            label={"kind": "number", "column": "rate", "favourable": None},
            estimator={"name": "Ridge", "parameters": {"max_iter": None}},
        )
    )
    said = Predictions(np.random.default_rng(1).normal(size=rows.rows), None, ())
    assert metrics_of(rows, said) == ["mae", "rmse"]
    for metric, of in (("mae", metrics.mean_absolute_error),
                       ("rmse", metrics.root_mean_squared_error)):  # fmt: skip
        found = row_scores(metric, file, rows, said).mean()
        assert found == pytest.approx(of(rows.label, said.prediction), abs=1e-9)


def test_the_whole_change_has_the_interval_of_the_paired_difference(tested: Any) -> None:
    file, rows, said = tested
    (one,) = (m for m in split_metrics(file, rows, said[::3], ["data"]) if m.metric == "roc_auc")
    expected = auc_difference(rows.label, said[3].probability, said[0].probability, alpha=0.05)
    assert one.whole.value == pytest.approx(expected.value, abs=1e-9)
    for found, other in ((one.whole.low, expected.low), (one.whole.high, expected.high)):
        assert found == pytest.approx(other, abs=0.15 * (expected.high - expected.low))


def test_each_metric_is_split_and_its_parts_say_which_way(tested: Any) -> None:
    file, rows, said = tested
    found = {m.metric: m for m in split_metrics(file, rows, said, ["data", "preprocessing"])}
    assert list(found) == ["accuracy", "roc_auc", "brier", "log_loss"]
    loss = found["log_loss"]
    assert sum(p.value for p in loss.parts.values()) == pytest.approx(loss.whole.value)
    assert loss.says(loss.whole) == "better"
    worse = split_metrics(file, rows, said[::-1], ["data", "preprocessing"])
    assert {m.says(m.whole) for m in worse if m.metric == "log_loss"} == {"worse"}


def test_rows_that_depend_on_each_other_count_together(tested: Any) -> None:
    file, rows, said = tested
    twice = replace(
        rows, label=np.tile(rows.label, 2), unit=np.tile(np.arange(rows.rows), 2)
    )  # fmt: skip
    double = [
        Predictions(np.tile(s.prediction, 2), np.tile(s.probability, 2), s.classes) for s in said
    ]
    once = split_metrics(file, rows, said, ["data", "preprocessing"])[2]
    again = split_metrics(file, twice, double, ["data", "preprocessing"])[2]
    for name, part in once.parts.items():
        other = again.parts[name]
        assert (other.low, other.high) == pytest.approx((part.low, part.high), rel=0.05)
