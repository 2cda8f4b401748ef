"""One stage of a run, as the chain describes it."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink
from assay_airflow.operators._runs import DatasetOperator, explained, log_result


class StageOperator(DatasetOperator):
    """Perform the stage that the task is named after, and seal its result.

    It succeeds whenever the stage could judge, whatever it found. It is skipped where an earlier
    stage holds the batch, and where the stage's policy says that it doesn't apply.
    """

    ui_color = "#e8f0fe"
    operator_extra_links = (ReportLink(),)

    def execute(self, context: Any) -> dict[str, Any]:
        """Perform the stage, or skip it; what XCom keeps is for people."""
        from assay.stages.run import DoesNotApply, perform

        services = open_services()
        run = self.read_run(services, context)
        if run is None:
            raise AirflowFailException("The run has no record of its start. Clear the task 'pin'.")
        with explained(services, (run.dataset, run.batch, run.spec.run_id), self.task_id):
            try:
                run = perform(run, self.task_id)
            except DoesNotApply as exc:
                raise AirflowSkipException(str(exc)) from None
        return log_result(self, run.done[self.task_id])
