"""What MLflow is shown of a training run, within its limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils import validation

from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.training.tracking import _contents, source_digest, source_of
from assay.training.tracking._datasets import source_text

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
USED = DataUsed(
    dataset="flights", number=3, digest="a" * 64, versions={"2013-02-01": "b" * 32},
    rules={"contract": ("c1",), "policy cleaning": ("p1", "p2")},
)  # fmt: skip


def record(**given: object) -> TrainingRecord:
    known = {"training_run": "c" * 32, "model": "late", "data": (USED,), "started": AT}
    return TrainingRecord.model_validate({**known, "ended": AT + timedelta(seconds=90), **given})


def test_a_figure_is_shown_with_interval_and_rows() -> None:
    shown = _contents.metrics_of(
        record(
            metrics={
                "auc": Figure(value=0.7, low=0.6, high=0.8, n=50),
                "recall[origin=EWR]": Figure(value=0.4),
                "precision": Figure(value=None, how="no row is predicted to be late"),
            }
        )
    )
    assert shown == {
        "auc": 0.7, "auc.low": 0.6, "auc.high": 0.8, "auc.n": 50.0, "recall/origin/EWR": 0.4,
        "seconds": 90.0,
    }  # fmt: skip


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5), st.text(min_size=1))
def test_mlflow_takes_whatever_a_record_holds(parameters: dict[str, str], level: str) -> None:
    made = record(
        parameters=parameters, label=level, metrics={f"recall[x={level}]": Figure(value=0.5)},
        preprocessing=(level * 3000,),
    )  # fmt: skip
    for name, value in _contents.parameters_of(made).items():
        validation._validate_param(name, value)
    for name, value in _contents.metrics_of(made).items():
        validation._validate_metric(name, value, 0, 0)
    for name, value in _contents.tags_of(made).items():
        validation._validate_tag(name, value)


def test_rules_and_steps_are_parameters() -> None:
    shown = _contents.parameters_of(
        record(preprocessing=("OneHotEncoder() on carrier",), parameters={"max_iter": 3})
    )
    assert shown == {
        "max_iter": "3", "preprocessing.1": "OneHotEncoder() on carrier",
        "data.flights": "flights@3", "data.flights.contract": "c1",
        "data.flights.policy.cleaning": "p1, p2",
    }  # fmt: skip


def test_equal_digests_mean_equal_sources() -> None:
    other = USED.model_copy(update={"rules": {"contract": ("c2",)}})
    assert source_digest(USED) != source_digest(other)
    assert source_digest(USED) == source_digest(USED.model_copy())


def test_a_source_keeps_to_the_limits_with_any_number_of_versions() -> None:
    versions = {f"2013-{i:06d}": f"{i:032x}" for i in range(20_000)}
    many = USED.model_copy(update={"versions": versions})
    assert len(source_text(source_of(many))) <= 65_535
    assert len(source_digest(many)) == 36
    assert source_of(many)["batches"] == 20_000
    one_less = many.model_copy(update={"versions": dict(list(versions.items())[1:])})
    assert source_digest(one_less) != source_digest(many)


def test_a_source_names_each_version() -> None:
    said = json.loads(source_text(source_of(USED)))
    assert (said["open"], said["versions"]) == ("flights@3", USED.versions)
