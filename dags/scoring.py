"""Predict each released batch by the champion, and release the predictions like any other data.

**What it does.** Takes the batch that was released, asks the model's champion about each row, and
puts the answers (key, prediction, probability, model version) into the inbox of the data set
`<model>_predictions`. That data set's own release train validates, versions and releases them.

**When not to run it.** Before the model has a champion: it is skipped.

**Parameters.** `batch`: a released batch; runs after a release bring their own.

**Example.** `airflow dags trigger score__late_arrival --conf '{"batch": "2013-02-12"}'`

**Who is notified.** The owner, by the alerting policy of the predictions, if a gate holds them.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param, PartitionedAssetTimetable

from assay.policy.model import ModelFile, predictions_of
from assay.project import Project
from assay_airflow.assets import dataset_asset
from assay_airflow.defaults import MAX_ACTIVE_RUNS, RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.broken import broken_model_dag
from assay_airflow.operators.delivery import ReleaseDeliveryOperator
from assay_airflow.operators.score import ScoreOperator
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, SCORING, dataset_tag, model_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
SCORE, RELEASE = "score", "release_predictions"


def scoring_dag(name: str, model: ModelFile) -> DAG:
    """The scoring of each released batch of one model's data set."""
    dataset = model.data.dataset
    with DAG(
        dag_id=f"score__{name}",
        description=f"Predictions: {model.description}",
        doc_md=__doc__,
        schedule=PartitionedAssetTimetable(assets=dataset_asset(dataset)),
        catchup=False,
        max_active_runs=MAX_ACTIVE_RUNS,
        dagrun_timeout=RUN_TIMEOUT,
        params={
            "batch": Param(
                None,
                type=["null", "string"],
                title="Batch",
                description="A released batch; runs after a release bring their own.",
            )
        },
        tags=[ASSAY, SCORING, model_tag(name), dataset_tag(dataset), owner_tag(model.owner)],
        default_args={**TASK_DEFAULTS, "owner": model.owner},
    ) as dag:
        score = ScoreOperator(task_id=SCORE, model=name)
        score >> ReleaseDeliveryOperator(
            task_id=RELEASE, dataset=predictions_of(name), delivered_by=SCORE, name="use"
        )
    return dag


for model_name in wanted("score", PROJECT.models()):
    if predictions_of(model_name) not in PROJECT.datasets():
        continue  # nothing would release what it says
    try:
        globals()[f"score__{model_name}"] = scoring_dag(model_name, PROJECT.model(model_name))
    except Exception as exc:  # one model never takes the others' DAGs away
        globals()[f"score__{model_name}"] = broken_model_dag(
            "score", model_name, SCORE, SCORING, exc
        )
