"""Send what is due between runs: reminders, escalations, digests, messages that failed before.

**What it does.** Every five minutes it ends the snoozes whose time is over and sends reminders of
the incidents that are still open. It notifies the next person where nobody has answered. It sends
every message that is due: held back in quiet hours, collected during a backfill, or refused before.
It reports a data set whose contract or drift policy doesn't load, because no run would report it,
and a batch that isn't there when its contract says that it is due.
If an alerting policy can't be read, it does everything else and then fails.

**When not to run it.** You can always run it. While it is off, messages are still sent at the end
of a run, but there are no reminders and no escalations.

**Parameters.** None.

**Example.** `airflow dags trigger alerts`

**Who is notified.** The people in the alerting policies of the data sets.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.operators.incidents import AlertsOperator
from assay_airflow.tags import ALERTS, ASSAY

with DAG(
    dag_id="alerts",
    description="Reminders, escalations, digests, and messages that could not be sent.",
    doc_md=__doc__,
    schedule="*/5 * * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=[ASSAY, ALERTS],
    default_args={**TASK_DEFAULTS, "owner": "assay", "execution_timeout": timedelta(minutes=15)},
):
    AlertsOperator(task_id="tell")
