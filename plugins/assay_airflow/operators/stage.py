"""One stage of a run, as the chain describes it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink
from assay_airflow.operators._runs import hand_on, log_result, read_run, without_rows


class StageOperator(BaseOperator):
    """Perform the stage that the task is named after, and hand the run on with its result.

    It succeeds whenever the stage could judge, whatever it found. It is skipped where an earlier
    stage holds the batch, and where the stage's policy says that it doesn't apply.
    """

    ui_color = "#e8f0fe"
    operator_extra_links = (ReportLink(),)

    def execute(self, context: Any) -> dict[str, Any]:
        """Skip where an earlier stage holds the batch; else perform the stage."""
        from assay.stages.run import DoesNotApply, perform

        run = read_run(open_services(), context, context["task"].upstream_task_ids)
        if blocked := run.blocked_by(self.task_id):
            raise AirflowSkipException(f"{blocked} holds the batch")
        with without_rows():
            try:
                run = perform(run, self.task_id)
            except DoesNotApply as exc:
                raise AirflowSkipException(str(exc)) from None
        hand_on(run, context)
        return log_result(self, run.done[self.task_id])
