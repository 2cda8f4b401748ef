"""Remove what is past its period, every night.

**What it does.** Plans what each data set's retention policy lets go (files in the zones, versions
in the registry), logs the plan with a reason for every item, and does exactly that. A version whose
period has ended leaves the released snapshot first; it is archived or removed when no rollback
point holds it. The plan never has what a legal hold covers or a running batch needs. If anything
changed between plan and sweep, nothing is removed and the task is red: run it again. A sweep above
a policy's `approve_above` waits a day for a person; without an approval nothing is removed.
Afterwards it searches for everything that should be gone, and is red if it finds anything.

**When not to run it.** While you investigate a held batch whose quarantine is about to expire: run
it with `plan_only` and look first.

**Parameters.** `plan_only`: log the plan and stop.

**Example.** `airflow dags trigger retention__sweep --conf '{"plan_only": true}'`, or by hand
`assay retention plan` and `assay retention apply HASH`.

**Who is notified.** Nobody, unless the run fails.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, Param

from assay_airflow.defaults import APPROVAL_TIMEOUT, TASK_DEFAULTS
from assay_airflow.operators.sweep import (
    ApplySweepOperator,
    ApproveSweepOperator,
    PlanSweepOperator,
)
from assay_airflow.tags import ASSAY, RETENTION

with DAG(
    dag_id="retention__sweep",
    description="Remove what is past its period.",
    doc_md=__doc__,
    schedule="0 3 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    params={
        "plan_only": Param(
            False, type="boolean", title="Plan only", description="Log the plan, remove nothing."
        )
    },
    tags=[ASSAY, RETENTION],
    default_args={**TASK_DEFAULTS, "owner": "assay"},
):
    plan = PlanSweepOperator(task_id="plan")
    approve = ApproveSweepOperator(
        task_id="approve",
        plan_task="plan",
        subject="Apply a large sweep?",
        execution_timeout=None,
        response_timeout=APPROVAL_TIMEOUT,
        defaults="Reject",
    )
    apply = ApplySweepOperator(
        task_id="apply", plan_task="plan", approve_task="approve", trigger_rule="none_failed"
    )
    plan >> approve >> apply
