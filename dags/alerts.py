"""What falls due between runs is told: reminders, escalations, digests, and what wasn't sent.

**What it does.** Every five minutes: ends the snoozes whose time is over and tells of the incidents
that are still open, tells somebody else where nobody has answered, and sends every message that is
due: held back in quiet hours, gathered by a backfill, or refused before. Tells of a data set whose
contract or drift policy doesn't load, since no run of it would. It fails where an alerting policy
itself can't be read, after everything else was done.

**When not to run it.** There is no harm in running it. While it is off, messages still go out when
a run ends, but nobody is reminded, and nothing escalates.

**Parameters.** None.

**Example.** `airflow dags trigger alerts`

**Who is told.** Whom the alerting policies of the data sets name.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.operators.incidents import TellOperator
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
    TellOperator(task_id="tell")
