"""Publishing: the released snapshot as tables of PostgreSQL."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from assay_airflow.hooks.services import open_services


class PublishOperator(BaseOperator):
    """Publish the snapshot that readers get, and repair what differs from the policies.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    ui_color = "#e6f4ea"

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Do what there is to do, each step a line of the log; only plan where that is asked."""
        from assay.stages.publishing import apply_publish, plan_publish

        services = open_services()
        if context["params"].get("plan_only"):
            plan = plan_publish(services, self.dataset)
            for step in plan.steps:
                self.log.info("To do: %s.", step.says)
        else:
            plan = apply_publish(services, self.dataset, step=self.log.info)
        if plan.drift:
            self.log.warning("The database wasn't as the policies say: %s steps.", len(plan.steps))
        return {"snapshot": plan.snapshot, "steps": len(plan.steps), "drift": plan.drift}
