"""Send each owner's week on Monday morning: released, held, quarantined, still open, muted.

**What it does.** Sums up the last whole week of each owner's data sets and sends it to the places
in `weekly_digest` of their alerting policies. A digest is sent once a week, however often this
DAG runs.

**When not to run it.** You can always run it. To read a digest: `assay digest --all`.

**Parameters.** None.

**Example.** `airflow dags trigger weekly_digest`

**Who is notified.** The places in `weekly_digest` of the alerting policies.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.operators.incidents import WeeklyDigestOperator
from assay_airflow.tags import ALERTS, ASSAY

with DAG(
    dag_id="weekly_digest",
    description="Each owner's week: released, held, quarantined, still open, muted.",
    doc_md=__doc__,
    schedule="0 6 * * 1",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=[ASSAY, ALERTS],
    default_args={**TASK_DEFAULTS, "owner": "assay"},
):
    WeeklyDigestOperator(task_id="send")
