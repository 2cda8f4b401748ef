"""Ask people for labels of released rows, and release the labels like any other data.

**What it does.** Chooses the rows of the next round as the policy `labelling.yaml` says, shows each
annotator their own tasks, and collects the answers until all are there or the deadline is over.
It measures how well the annotators agree, shows doubtful tasks to the experts and waits for them,
as many days again. Then it puts the labels into the inbox of the data set `<dataset>_labels`, whose
own release train validates, versions and releases them. While people work, the triggerer waits, and
no worker does. A run that is started while a round is open goes on with that round.

**When not to run it.** Before the labels have a contract: there is no such DAG.
`assay label draft <dataset>` drafts it.

**Parameters.** `budget`: rows to ask about, instead of the policy's; `anyway`: plan a round though
the policy's stop rule asks for no other; `accept`: why the labels are landed though the annotators
agree too little, on record. Who is asked, and on which platform, stands in the policy.

**Example.** `airflow dags trigger label__comments --conf '{"budget": 100}'`

**Who is notified.** The owner, by the alerting policy of the data set, once, if the platform fails,
nobody answers in time, or the annotators agree too little; and again when that is over.
"""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG, Param

from assay.contract import Contract
from assay.policy import load_policy
from assay.policy.labelling import LabellingPolicy, labels_of
from assay.project import Project
from assay_airflow.defaults import RUN_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators import labelling as rounds
from assay_airflow.operators.broken import broken_dataset_dag
from assay_airflow.operators.delivery import ReleaseDeliveryOperator
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, LABELLING, dataset_tag, owner_tag

PROJECT = Project.from_environment(os.environ)
PLAN, LAND = "plan", "land"
PLATFORM_RETRIES = 28
"""Two hours, in which a platform may be back; a wait for answers is longer."""
FORM = {
    "budget": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        title="Rows",
        description="Rows to ask about; as many as the policy says by default.",
    ),
    "anyway": Param(
        False,
        type="boolean",
        title="Plan it anyway",
        description="Plan a round though the policy's stop rule asks for no other.",
    ),
    "accept": Param(
        None,
        type=["null", "string"],
        title="Accept",
        description="Why labels are landed though the annotators agree too little; on record.",
    ),
}


def labelling_dag(dataset: str, contract: Contract, policy: LabellingPolicy) -> DAG:
    """The rounds of one data set, one at a time."""
    with DAG(
        dag_id=f"label__{dataset}",
        description=f"Labels of {dataset}.",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT + timedelta(days=2 * policy.round.deadline_days),
        params=FORM,
        tags=[ASSAY, LABELLING, dataset_tag(dataset), owner_tag(contract.owner)],
        default_args={**TASK_DEFAULTS, "owner": contract.owner},
    ) as dag:
        of_round = {"dataset": dataset, "planned_by": PLAN}
        asks = {**of_round, "retries": PLATFORM_RETRIES}
        planned = rounds.PlanRoundOperator(task_id=PLAN, dataset=dataset)
        shown = rounds.PublishRoundOperator(task_id="publish", **asks)
        collected = rounds.AwaitRoundOperator(task_id="collect", **of_round)
        agreed = rounds.AgreeOnRoundOperator(task_id="agree", **of_round)
        decided = rounds.AdjudicateRoundOperator(task_id="adjudicate", **of_round)
        landed = rounds.LandRoundOperator(task_id=LAND, **asks)
        released = ReleaseDeliveryOperator(
            task_id="release_labels", dataset=labels_of(dataset), delivered_by=LAND, name="sha256"
        )
        planned >> shown >> collected >> agreed >> decided >> landed >> released
    return dag


for name in wanted("label", PROJECT.datasets()):
    path = PROJECT.policy(name, LabellingPolicy.noun)
    if not path.is_file() or labels_of(name) not in PROJECT.datasets():
        continue  # nobody is asked, or nothing would release the labels
    try:
        policy = load_policy(path, LabellingPolicy)
        globals()[f"label__{name}"] = labelling_dag(name, PROJECT.contract(name), policy)
    except Exception as exc:  # one data set never takes the others' DAGs away
        globals()[f"label__{name}"] = broken_dataset_dag("label", name, PLAN, LABELLING, exc)
