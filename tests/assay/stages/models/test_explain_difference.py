"""What made the difference between two versions of a model, by refits of their crossings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.errors import InputError
from assay.stages import models
from assay.stages.models import _crossings
from assay.stages.models._crossings import Crossings, Side
from assay.stages.models._explain_difference import _fresh
from assay.stages.models._versions import find_version

WITH_SITE = {
    "features": ["age", "score", "site"],
    "preprocessing": [
        {"step": "SimpleImputer", "columns": ["age", "score"]},
        {"step": "OneHotEncoder", "columns": ["site"]},
    ],
}
STRONGER = {
    "estimator": {"name": "LogisticRegression", "parameters": {"max_iter": 500, "C": 0.01}},
}
BUDGET = {"compare": {"refits": 6}}


@pytest.fixture(scope="module")
def trained(released: Any, mini: Any, model: Any, tmp_path_factory: Any) -> Any:
    """Two versions that differ in data, preprocessing and hyperparameters, and two between them."""
    home = mini.copy(released, tmp_path_factory.mktemp("crossed"))
    model.train_model(home, "first", snapshot=3)
    model.write_model(home.project, **WITH_SITE, **STRONGER)
    model.train_model(home, "second")
    model.write_model(home.project, **STRONGER)
    model.train_model(home, "between")
    model.write_model(home.project, **WITH_SITE)
    model.train_model(home, "beside", snapshot=3)
    model.write_model(home.project, **BUDGET)
    return home


@pytest.fixture
def two(trained: Any, mini: Any, tmp_path: Path) -> Any:
    return mini.copy(trained, tmp_path)


def test_the_change_of_each_metric_is_split_into_parts_that_add_up(two: Any) -> None:
    found = models.explain_difference(two.services, "passing@1", "passing@2")
    assert found.differing == ("data", "preprocessing", "hyperparameters")
    assert [f.says[0] for f in found.factors] == [
        "visits: 1 added, 3 batches the same", "features added: site", "seed: 7 → 0",
    ]  # fmt: skip
    assert [len(c.second) for c in found.crossings] == [0, 1, 1, 2, 1, 2, 2, 3]
    compared = models.compare_versions(two.services, "passing@1", "passing@2")
    plain = {p.metric: p.difference.value for p in compared.paired}
    assert {m.metric for m in found.metrics} == set(plain)
    for metric in found.metrics:
        assert metric.whole.value == pytest.approx(plain[metric.metric], abs=1e-9)
        parts = [part.value or 0.0 for part in metric.parts.values()]
        assert sum(parts) == pytest.approx(metric.whole.value, abs=1e-9)
        assert all(value is not None for value in metric.values)


def test_a_crossing_is_the_model_that_a_training_run_of_it_gives(two: Any) -> None:
    """Version 3 has the data and hyperparameters of 2, version 4 its preprocessing, on the rest."""
    services = two.services
    sides = (
        Side(services, find_version(services, "passing@1")),
        Side(services, find_version(services, "passing@2")),
    )
    crossings = Crossings(services, sides, _fresh(services, sides))
    for chosen, name in (((1, 0, 1), "passing@3"), ((0, 1, 0), "passing@4")):
        from assay.training import predict

        said = crossings.refit(chosen)
        registered = Side(services, find_version(services, name)).fitted
        again = predict(registered, crossings.rows(chosen[1]).features)
        assert np.array_equal(said.probability, again.probability)
        kept = crossings.kept(chosen)
        assert kept is not None
        assert np.array_equal(kept.probability, said.probability)


def test_equal_factors_collapse(two: Any) -> None:
    found = models.explain_difference(two.services, "passing@3", "passing@2")
    assert found.differing == ("preprocessing",)
    assert [c.how for c in found.crossings] == ["registered", "registered"]
    found = models.explain_difference(two.services, "passing@1", "passing@3")
    assert found.differing == ("data", "hyperparameters")
    assert [c.how for c in found.crossings] == ["registered", "refitted", "refitted", "registered"]


def test_a_comparison_that_was_stopped_goes_on_where_it_was(two: Any) -> None:
    def stop(done: int, *_: object) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.explain_difference(two.services, "passing@1", "passing@2", stop)
    found = models.explain_difference(two.services, "passing@1", "passing@2")
    assert [c.how for c in found.crossings[1:-1]] == ["found"] * 3 + ["refitted"] * 3
    again = models.explain_difference(two.services, "passing@1", "passing@2")
    assert {c.how for c in again.crossings[1:-1]} == {"found"}
    assert again.metrics == found.metrics
    for file in (two.home / "work").rglob("predictions.arrow"):
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    repaired = models.explain_difference(two.services, "passing@1", "passing@2")
    assert {c.how for c in repaired.crossings[1:-1]} == {"refitted"}
    assert repaired.metrics == found.metrics


def test_refits_need_a_budget(two: Any, model: Any) -> None:
    for changes, said in (({}, "nothing"), ({"compare": {"refits": 5}}, "5")):
        model.write_model(two.project, **changes)
        with pytest.raises(InputError, match="at least 6") as refused:
            models.explain_difference(two.services, "passing@1", "passing@2")
        assert said in str(refused.value)
    # Two of which one factor differs need none.
    model.write_model(two.project, compare={"refits": 0})
    assert models.explain_difference(two.services, "passing@3", "passing@2").metrics


def test_two_that_are_the_same_or_learn_different_things_are_refused(
    two: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="nothing differs"):
        models.explain_difference(two.services, "passing@2", "passing@2")
    label = {"label": {"expression": "passed = 1", "favourable": True, "meaning": "passed"}}
    model.write_model(two.project, **label, **BUDGET)
    model.train_model(two, "other label")
    with pytest.raises(InputError, match="learn different labels"):
        models.explain_difference(two.services, "passing@1", "passing@5")
    monkeypatch.setattr(_crossings, "code_of", lambda _: "2")
    with pytest.raises(InputError, match="isn't there any more"):
        models.explain_difference(two.services, "passing@1", "passing@2")


def test_a_version_of_the_data_that_is_gone_is_named(
    two: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.errors import VersionExpired
    from assay.versioning import Registry

    find = Registry.find

    def gone(self: Any, dataset: str, batch: str, version: str) -> Any:
        if batch == model.DAYS[0]:
            raise VersionExpired("the version expired", where=f"{dataset} {batch}")
        return find(self, dataset, batch, version)

    monkeypatch.setattr(Registry, "find", gone)
    found = models.explain_difference(two.services, "passing@1", "passing@2")
    assert found.metrics == ()
    assert {line.split()[1] for line in found.missing} == {model.DAYS[0]}
