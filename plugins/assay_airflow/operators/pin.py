"""The start of a run: which batch, whose lease, what it is compared with."""

from __future__ import annotations

from typing import Any

from assay_airflow.hooks.services import open_services
from assay_airflow.operators._asked import read_asked
from assay_airflow.operators._runs import DatasetOperator


class PinOperator(DatasetOperator):
    """Resolve the run's batch, take its lease and pin its references."""

    ui_color = "#fef7e0"

    def execute(self, context: Any) -> dict[str, Any]:
        """Seal the run for the stages."""
        from assay.stages.run import pin

        services = open_services()
        run = pin(services, **read_asked(services, self.dataset, context))
        self.log.info("Batch %s of %s, attempt %s.", run.batch, self.dataset, run.spec.token)
        return {"batch": run.batch, **run.spec.pinned.model_dump(mode="json")}
