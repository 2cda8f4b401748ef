"""Take one batch of a data set from its source to a released data version, or hold it with reasons.

**What it does.** Lands the batch, judges the landed rows, protects people, cleans, judges the
cleaned rows, commits an immutable candidate, tests drift and fairness, and makes the next snapshot
of the data set. Rows that fail go to quarantine. A batch that fails is held: the run is red, and
readers keep the snapshot that they have.

**When not to run it.** Not to look at data: every run is on record. Not again for a released batch
that hasn't changed: nothing would happen.

**Parameters.** `batch` (which one; scheduled runs and backfills bring their own),
`stop_before_release` (a rehearsal: every gate, no release), `reference` (judge drift against this
one of the policy's references only), `force` with `reason` (ask a second person to release a held
batch all the same).

**Example.**
`airflow backfill create --dag-id release__flights --from-date 2013-02-04 --to-date 2013-02-13`

**Who is notified.** The people in the data set's alerting policy.
"""

from __future__ import annotations

import os

from airflow.sdk import DAG, BaseOperator

from assay.contract import Contract
from assay.policy import load_policy
from assay.policy.drift import DriftPolicy
from assay.project import Project
from assay.stages.run import chain
from assay_airflow.batches import delay, end_date, release_form, start_date, timetable
from assay_airflow.defaults import (
    APPROVAL_TIMEOUT,
    MAX_ACTIVE_RUNS,
    PIN_RETRIES,
    RUN_TIMEOUT,
    TASK_DEFAULTS,
)
from assay_airflow.operators.approve import ApproveForceOperator
from assay_airflow.operators.broken import BrokenContractOperator
from assay_airflow.operators.notify import NotifyOperator
from assay_airflow.operators.pin import PinOperator
from assay_airflow.operators.release import ReleaseOperator
from assay_airflow.operators.stage import StageOperator
from assay_airflow.parsing import wanted
from assay_airflow.tags import ASSAY, RELEASE, dataset_tag, owner_tag

PROJECT = Project.from_environment(os.environ)


def release_dag(contract: Contract, drift: DriftPolicy) -> DAG:
    """The release train of one data set."""
    name = contract.dataset
    with DAG(
        dag_id=f"release__{name}",
        description=contract.description,
        doc_md=__doc__,
        schedule=timetable(contract.partition, delay(contract)),
        start_date=start_date(contract.partition),
        end_date=end_date(contract.partition, delay(contract)),
        catchup=False,
        max_active_runs=1 if drift.moving else MAX_ACTIVE_RUNS,
        dagrun_timeout=RUN_TIMEOUT,
        params=release_form(contract, list(drift.references)),
        tags=[ASSAY, RELEASE, dataset_tag(name), owner_tag(contract.owner)],
        default_args={**TASK_DEFAULTS, "owner": contract.owner},
    ) as dag:
        follow(PinOperator(task_id=chain.PIN, dataset=name, retries=PIN_RETRIES), name)
    return dag


def follow(pin: BaseOperator, name: str) -> None:
    """Put the stages after a run's first task, then the approval, the release, the messages."""
    tasks = {s.name: StageOperator(task_id=s.name, dataset=name, doc=s.does) for s in chain.STAGES}
    approve = ApproveForceOperator(
        task_id=chain.APPROVE,
        dataset=name,
        subject=f"Release a held batch of {name} all the same?",
        trigger_rule="all_done",
        execution_timeout=None,
        response_timeout=APPROVAL_TIMEOUT,
        defaults="Reject",
    )
    release = ReleaseOperator(task_id=chain.RELEASE, dataset=name, trigger_rule="all_done")
    notify = NotifyOperator(task_id=chain.NOTIFY, dataset=name)
    for stage in chain.STAGES:
        earlier = [tasks[other] for other in stage.after] or [pin]
        earlier >> tasks[stage.name]
    [tasks[last] for last in chain.ends()] >> approve >> release >> notify.as_teardown()


def broken_dag(name: str, error: Exception) -> DAG:
    """A DAG of the same id whose runs begin with what is wrong with the data set's files.

    It has all tasks: a run that is at work goes on by the rules that it began with.
    """
    with DAG(
        dag_id=f"release__{name}",
        description="DOESN'T LOAD, see assay check.",
        doc_md=f"`{name}` doesn't load. Run it, or `assay check`, to see why.",
        schedule=None,
        tags=[ASSAY, RELEASE, dataset_tag(name)],
        default_args={**TASK_DEFAULTS, "owner": "assay"},
    ) as dag:
        follow(BrokenContractOperator(task_id=chain.PIN, error=str(error)), name)
    return dag


for dataset in wanted("release", PROJECT.datasets()):
    try:
        loaded = PROJECT.contract(dataset)
        policy = load_policy(PROJECT.policy(dataset, "drift"), DriftPolicy, loaded.column_names)
        globals()[f"release__{dataset}"] = release_dag(loaded, policy)
    except Exception as exc:  # one data set never takes the others' DAGs away
        globals()[f"release__{dataset}"] = broken_dag(dataset, exc)
