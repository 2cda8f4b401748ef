"""Train a model on a released snapshot, judge it by its gates, and promote it or hold it.

**What it does.** Pins the snapshot, the model file and the code; reads the rows; fits; measures the
figures on rows that the model hasn't seen; judges performance, fairness, flips of protected
attributes, and sanity; explains; registers the version under the next number. A version that passes
becomes the champion, by itself or once a person approves, as the model file says. A held version
leaves the champion in place: the run is red, and an incident is open.

**When not to run it.** Not again on the same snapshot: nothing would happen, it is found.

**Parameters.** `snapshot` (a released one; by default the newest that released batches have made)
and `reason`.

**Example.** `airflow dags trigger train__late_arrival --conf '{"snapshot": 5, "reason": "..."}'`;
one version for each of several past snapshots: `assay train late_arrival --snapshots 5..12`.

**Who is notified.** The people in the data set's alerting policy.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, BaseOperator, Param

from assay.policy.model import ModelFile
from assay.project import Project
from assay.stages.models import chain
from assay_airflow.assets import each_snapshot
from assay_airflow.defaults import APPROVAL_TIMEOUT, RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.broken import broken_model_dag
from assay_airflow.operators.training import (
    ApprovePromotionOperator,
    NotifyTrainingOperator,
    PinTrainingOperator,
    PromoteOperator,
    TrainingStageOperator,
)
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, TRAINING, dataset_tag, model_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
FORM = {
    "snapshot": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        title="Snapshot",
        description="Number of the released snapshot; the newest one by default.",
    ),
    "reason": Param(
        None,
        type=["null", "string"],
        title="Reason",
        description="Why it is trained by hand, kept on record.",
    ),
}


def training_dag(name: str, model: ModelFile) -> DAG:
    """The training run of one model, after each release of its data set."""
    dataset = model.data.dataset
    with DAG(
        dag_id=f"train__{name}",
        description=model.description,
        doc_md=__doc__,
        schedule=each_snapshot(dataset),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        params=FORM,
        tags=[ASSAY, TRAINING, model_tag(name), dataset_tag(dataset), owner_tag(model.owner)],
        default_args={**TASK_DEFAULTS, "owner": model.owner},
    ) as dag:
        follow(name, dataset)
    return dag


def follow(name: str, dataset: str) -> None:
    """The tasks of a training run, as its chain describes them."""
    about = {"model": name, "dataset": dataset}
    pin = PinTrainingOperator(task_id=chain.PIN, doc=chain.FRAME[chain.PIN], **about)
    tasks: dict[str, BaseOperator] = {
        s.name: TrainingStageOperator(task_id=s.name, doc=s.does, **about) for s in chain.STAGES
    }
    approve = ApprovePromotionOperator(
        task_id=chain.APPROVE,
        subject=f"Shall this version of {name} become the champion?",
        trigger_rule="all_done",
        execution_timeout=None,
        response_timeout=APPROVAL_TIMEOUT,
        defaults="Reject",
        **about,
    )
    promote = PromoteOperator(task_id=chain.PROMOTE, trigger_rule="all_done", **about)
    notify = NotifyTrainingOperator(task_id=chain.NOTIFY, **about)
    for stage in chain.STAGES:
        ([tasks[other] for other in stage.after] or [pin]) >> tasks[stage.name]
    [tasks[last] for last in chain.ends()] >> approve >> promote >> notify.as_teardown()


for model_name in wanted("train", PROJECT.models()):
    try:
        globals()[f"train__{model_name}"] = training_dag(model_name, PROJECT.model(model_name))
    except Exception as exc:  # one model never takes the others' DAGs away
        globals()[f"train__{model_name}"] = broken_model_dag(
            "train", model_name, chain.PIN, TRAINING, exc
        )
