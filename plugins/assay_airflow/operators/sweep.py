"""The retention sweep, in two steps: a plan that can be read, and exactly that plan applied."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.services import open_services


class PlanSweepOperator(BaseOperator):
    """Plan what is past its period; nothing is changed."""

    ui_color = "#fef7e0"

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ARG002
        """Log the plan, and leave its hash."""
        from assay.retention import render_plan
        from assay.stages.upkeep import plan_sweep

        plan = plan_sweep(open_services())
        for line in render_plan(plan).splitlines():
            self.log.info(line)
        return {"hash": plan.hash, "removals": plan.due, "problems": len(plan.problems)}


class ApplySweepOperator(BaseOperator):
    """Remove exactly what the plan of an earlier task names.

    Parameters
    ----------
    plan_task : str
        Id of the task that planned.
    """

    ui_color = "#fce8e6"

    def __init__(self, *, plan_task: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan_task = plan_task

    def execute(self, context: Any) -> dict[str, Any]:
        """Apply the plan; skipped if the run was to plan only, or nothing is due."""
        from assay.retention import render_result
        from assay.stages.upkeep import apply_sweep

        planned = context["ti"].xcom_pull(task_ids=self.plan_task)
        if context["params"].get("plan_only"):
            raise AirflowSkipException("Asked to plan only.")
        if not planned["removals"]:
            raise AirflowSkipException("Nothing is past its period.")
        result = apply_sweep(open_services(), planned["hash"])
        self.log.info(render_result(result))
        return {"removed": len(result.removed), "files": result.files, "bytes": result.bytes}
