"""Notify: tell the right people once, whatever came of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from assay.errors import AssayError
from assay_airflow.hooks.messages import transports
from assay_airflow.hooks.services import airflow_url, open_services
from assay_airflow.operators._asked import read_asked
from assay_airflow.operators._stage import PIN, Run, crashed_stage, read_ended_run

if TYPE_CHECKING:
    from assay.stages.services import Services


class NotifyOperator(BaseOperator):
    """Open and close incidents, and hand their messages over; never fails, nor colours the run.

    What can't be done now is tried again as every task is; what can't be done at all is logged,
    and the run is what its stages made of it.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    ui_color = "#fce8e6"

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Tell who has to know, as far as that can be done."""
        try:
            return self._tell(context)
        except Exception as error:
            ti = context["ti"]
            if not isinstance(error, AssayError) and ti.try_number <= ti.max_tries:
                raise
            told = str(error) if isinstance(error, AssayError) else type(error).__name__
            self.log.error("Nobody is told of this run: %s", told)
            return {"problem": told}

    def _tell(self, context: Any) -> dict[str, Any]:
        from assay.stages.run import StageResult, notify

        services, crashed = open_services(), crashed_stage(context)
        run = read_ended_run(context) or self._unbegun(services, crashed, context)
        if run is None:
            self.log.info("The run never began, and nobody has to know.")
            return {}
        done = dict(run.done)
        if found := context["ti"].xcom_pull(task_ids="release"):
            done["release"] = StageResult.model_validate(found)
        return notify(
            services,
            run.ticket,
            done,
            transports(services),
            crashed,
            airflow_url(),
        )

    def _unbegun(self, services: Services, crashed: str | None, context: Any) -> Run | None:
        """A run whose first task failed, which left nothing; None if it was another's turn."""
        from assay.stages.run import unbegun

        if crashed != PIN:
            return None
        ticket = unbegun(services, **read_asked(services, self.dataset, context))
        return Run(ticket) if ticket else None
