"""Own training code inside an Airflow task: on record, and judged by the model's file."""

from __future__ import annotations

from typing import Any

import mini_model
import pytest
from airflow.sdk import DAG, task

from assay.stages import models


@task
def train_by_hand(model: str) -> tuple[str, str | None]:
    """Train as a team would in a task of its own; gives the run's id, and what became of it."""
    from sklearn.linear_model import LogisticRegression

    import assay

    snap = assay.open("visits")
    rows = snap.to_pandas(columns=["__batch", "__id", "age", "score", "passed"]).dropna()
    rows, half = rows.set_index(["__batch", "__id"]), len(rows) // 2
    train, test, features = rows[:half], rows[half:], ["age", "score"]
    with snap.training(model) as run:
        fitted = LogisticRegression(max_iter=500).fit(train[features], train["passed"])
        run.log(model=fitted, train=train[features], test=(test[features], test["passed"]))
    return run.training_run, run.version


@pytest.mark.parametrize(("model", "version"), [("by_hand", None), ("passing", "passing@1")])
def test_a_task_trains_and_is_on_record(
    ready: Any, monkeypatch: pytest.MonkeyPatch, model: str, version: str | None
) -> None:
    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    mini_model.write_model(ready.project)
    with DAG("own", schedule=None):
        operator = train_by_hand(model).operator

    training_run, made = operator.execute({})

    assert made == version
    use = ready.services.registry.find_use("training_run", training_run)
    assert (use.subject, use.reads[0].dataset) == (model, "visits")
    # The visits of this home are passed by chance, which its gates find.
    assert [v.held for v in models.versions_of(ready.services, "passing")] == [True] * bool(version)
