"""The start of a run: which batch, whose lease, what it is compared with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from airflow.sdk.exceptions import AirflowRescheduleException

from assay.errors import UndecidedError
from assay_airflow.hooks.services import open_services
from assay_airflow.operators._asked import read_asked
from assay_airflow.operators._runs import DatasetOperator, explained
from assay_airflow.siblings import Siblings

_SOON: Final = timedelta(seconds=5)


class PinOperator(DatasetOperator):
    """Resolve the run's batch, take its lease and pin its references.

    A reference that the same backfill is making now is waited for, as long as that takes.
    """

    ui_color = "#fef7e0"

    def execute(self, context: Any) -> dict[str, Any]:
        """Seal the run for the stages."""
        from assay.stages.run import pin

        services = open_services()
        asked = read_asked(services, self.dataset, context)
        siblings = Siblings(context["dag_run"], context["ti"], asked["batch"])
        with explained(services, (self.dataset, asked["batch"], asked["run_id"]), self.task_id):
            try:
                run = pin(services, **asked, awaited=siblings.unfinished)
            except UndecidedError as undecided:
                if not siblings.at_work(undecided.batches):
                    raise
                self.log.info("%s", undecided)
                raise AirflowRescheduleException(datetime.now(UTC) + _SOON) from None
        self.log.info("Batch %s of %s, attempt %s.", run.batch, self.dataset, run.spec.token)
        return {"batch": run.batch, **run.spec.pinned.model_dump(mode="json")}
