"""Judge each batch of a model's predictions by what became of the rows, as the outcomes come.

**What it does.** Joins the released predictions of a batch with the outcomes that have come, and
judges them by the section `feedback` of the model file: by batch, model version and slice, beside
the limits and the figures of the test. Until enough outcomes are there it says what the
probabilities alone lead one to expect. The page shows where the errors are, and whether rows that
cleaning has changed, or that are suspect, have more of them. A batch beyond its limits makes the
run red.

**When not to run it.** Not again on the same versions: the result is found.

**Parameters.** `batch`: a released batch of predictions, or of outcomes where these are a data set
of their own; runs after a release bring their own.

**Example.** `airflow dags trigger feedback__late_arrival --conf '{"batch": "2013-02-12"}'`

**Who is notified.** The people in the alerting policy of the predictions' data set.
"""

from __future__ import annotations

import os
from functools import reduce
from operator import or_

from airflow.sdk import DAG, Param, PartitionedAssetTimetable

from assay.policy.model import FeedbackPolicy, ModelFile
from assay.project import Project
from assay_airflow.assets import dataset_asset
from assay_airflow.defaults import MAX_ACTIVE_RUNS, RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.broken import broken_model_dag
from assay_airflow.operators.feedback import (
    ConcludeFeedbackOperator,
    JudgeFeedbackOperator,
    NotifyFeedbackOperator,
)
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, FEEDBACK, dataset_tag, model_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
JUDGE, CONCLUDE, NOTIFY = "judge", "conclude", "notify"


def feedback_dag(name: str, model: ModelFile, policy: FeedbackPolicy) -> DAG:
    """The feedback on each batch of predictions of one model."""
    dataset = policy.predicted_in(name)
    outcomes = policy.outcomes.dataset if policy.outcomes else model.data.dataset
    assets = [dataset_asset(one) for one in dict.fromkeys((dataset, outcomes))]
    with DAG(
        dag_id=f"feedback__{name}",
        description=f"Feedback: {model.description}",
        doc_md=__doc__,
        schedule=PartitionedAssetTimetable(assets=reduce(or_, assets)),
        catchup=False,
        max_active_runs=MAX_ACTIVE_RUNS,
        dagrun_timeout=RUN_TIMEOUT,
        params={
            "batch": Param(
                None,
                type=["null", "string"],
                title="Batch",
                description="A released batch of predictions, or of outcomes where these are a "
                "data set of their own; runs after a release bring their own.",
            )
        },
        tags=[ASSAY, FEEDBACK, model_tag(name), dataset_tag(dataset), owner_tag(model.owner)],
        default_args={**TASK_DEFAULTS, "owner": model.owner},
    ) as dag:
        judge = JudgeFeedbackOperator(task_id=JUDGE, model=name)
        conclude = ConcludeFeedbackOperator(task_id=CONCLUDE, model=name)
        notify = NotifyFeedbackOperator(task_id=NOTIFY, model=name)
        judge >> conclude >> notify.as_teardown()
    return dag


for model_name in wanted("feedback", PROJECT.models()):
    try:
        file = PROJECT.model(model_name)
        if file.feedback is not None:
            globals()[f"feedback__{model_name}"] = feedback_dag(model_name, file, file.feedback)
    except Exception as exc:  # one model never takes the others' DAGs away
        globals()[f"feedback__{model_name}"] = broken_model_dag(
            "feedback", model_name, JUDGE, FEEDBACK, exc
        )
