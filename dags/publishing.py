"""Publish each released snapshot to PostgreSQL, every reader with the view of its role.

**What it does.** Loads the versions that the database lacks, each as one partition, points the view
`latest` at the snapshot that readers get, and sets views and rights as `publishing.yaml` and
`access.yaml` say. Readers see the old snapshot or the new one. What somebody changed in the
database by hand is repaired, each repair a warning in the log.

**When not to run it.** Nothing speaks against a run: it changes what differs, and nothing else.

**Parameters.** `plan_only`: log what there is to do, and change nothing.

**Example.** `airflow dags trigger publish__flights --conf '{"plan_only": true}'`, or by hand
`assay publish plan flights` and `assay publish apply flights`.

**Who is notified.** Nobody, unless the run fails.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from assay.contract import Contract
from assay.project import Project
from assay_airflow.assets import each_snapshot
from assay_airflow.defaults import RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.broken import broken_dataset_dag
from assay_airflow.operators.publish import PublishOperator
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, PUBLISHING, dataset_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
PUBLISH = "publish"
FORM = {
    "plan_only": Param(
        False, type="boolean", title="Plan only", description="Log what is to do, change nothing."
    )
}


def publishing_dag(dataset: str, contract: Contract) -> DAG:
    """The published tables of one data set, after each of its releases."""
    with DAG(
        dag_id=f"publish__{dataset}",
        description=f"{dataset} in PostgreSQL.",
        doc_md=__doc__,
        schedule=each_snapshot(dataset),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        params=FORM,
        tags=[ASSAY, PUBLISHING, dataset_tag(dataset), owner_tag(contract.owner)],
        default_args={**TASK_DEFAULTS, "owner": contract.owner},
    ) as dag:
        PublishOperator(task_id=PUBLISH, dataset=dataset)
    return dag


for name in wanted("publish", PROJECT.datasets()):
    if not PROJECT.policy(name, "publishing").is_file():
        continue
    try:
        globals()[f"publish__{name}"] = publishing_dag(name, PROJECT.contract(name))
    except Exception as exc:  # one data set never takes the others' DAGs away
        globals()[f"publish__{name}"] = broken_dataset_dag(
            "publish", name, PUBLISH, PUBLISHING, exc
        )
