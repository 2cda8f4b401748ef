"""Build Great Expectations' Data Docs of every validation that has none yet, every hour.

**What it does.** Renders the validation results of each batch version as Great Expectations' own
pages, beside the version's other reports. It is no part of the release runs, because importing
Great Expectations takes longer than judging a batch.

**When not to run it.** You can always run it. It builds only what is missing.

**Parameters.** None.

**Example.** `airflow dags trigger data_docs`, or by hand `assay data-docs`.

**Who is notified.** Nobody, unless the run fails.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from assay_airflow.defaults import TASK_DEFAULTS
from assay_airflow.operators.data_docs import BuildDataDocsOperator
from assay_airflow.tags import ASSAY, REPORTS

with DAG(
    dag_id="data_docs",
    description="Data Docs of every validation.",
    doc_md=__doc__,
    schedule="15 * * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=[ASSAY, REPORTS],
    default_args={**TASK_DEFAULTS, "owner": "assay"},
):
    BuildDataDocsOperator(task_id="build")
