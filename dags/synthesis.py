"""Make synthetic rows of each released snapshot, judge them, and release those that pass.

**What it does.** Learns from half of the released rows, makes rows that are about nobody, and
judges them by the other half: fidelity, utility, privacy and bias, as the policy `synthesis.yaml`
says. Rows that pass go into the inbox of the data set `<dataset>_synthetic`, each marked by
`__synthetic`. That data set's own release train validates, versions and releases them. Rows that
the verdict holds are not delivered, and the run is red.

**When not to run it.** Before the synthetic data set has a contract: there is no such DAG.
`assay synthesise <dataset>` drafts it.

**Parameters.** `batch`: the key of the batch that is delivered, today by default; `rows`: instead
of the policy's.

**Example.** `airflow dags trigger synthesise__visits --conf '{"rows": 10000}'`

**Who is notified.** The owner, by the alerting policy of the synthetic data set, if its release
holds a batch.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from assay.contract import Contract
from assay.project import Project
from assay.synthetic import synthetic_of
from assay_airflow.assets import each_snapshot
from assay_airflow.defaults import RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.broken import broken_dataset_dag
from assay_airflow.operators.delivery import ReleaseDeliveryOperator
from assay_airflow.operators.synthesise import SynthesiseOperator
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, SYNTHESIS, dataset_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
SYNTHESISE, RELEASE = "synthesise", "release_synthetic"
FORM = {
    "batch": Param(
        None,
        type=["null", "string"],
        title="Batch",
        description="Key of the batch that is delivered; today by default.",
    ),
    "rows": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        title="Rows",
        description="Rows to make; as many as the policy says by default.",
    ),
}


def synthesis_dag(dataset: str, contract: Contract) -> DAG:
    """The synthetic rows of one data set, after each of its releases."""
    with DAG(
        dag_id=f"synthesise__{dataset}",
        description=f"Synthetic rows of {dataset}.",
        doc_md=__doc__,
        schedule=each_snapshot(dataset),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        params=FORM,
        tags=[ASSAY, SYNTHESIS, dataset_tag(dataset), owner_tag(contract.owner)],
        default_args={**TASK_DEFAULTS, "owner": contract.owner},
    ) as dag:
        made = SynthesiseOperator(task_id=SYNTHESISE, dataset=dataset)
        made >> ReleaseDeliveryOperator(
            task_id=RELEASE, dataset=synthetic_of(dataset), delivered_by=SYNTHESISE, name="sha256"
        )
    return dag


for name in wanted("synthesise", PROJECT.datasets()):
    if not PROJECT.policy(name, "synthesis").is_file():
        continue
    if synthetic_of(name) not in PROJECT.datasets():
        continue  # nothing would release what is made
    try:
        globals()[f"synthesise__{name}"] = synthesis_dag(name, PROJECT.contract(name))
    except Exception as exc:  # one data set never takes the others' DAGs away
        globals()[f"synthesise__{name}"] = broken_dataset_dag(
            "synthesise", name, SYNTHESISE, SYNTHESIS, exc
        )
