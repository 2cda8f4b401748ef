"""The retention sweep, in two steps: a plan that can be read, and exactly that plan applied."""

from __future__ import annotations

from collections.abc import Set
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.hooks.services import open_services
from assay_airflow.operators._second_person import SecondPersonOperator, listed_users

if TYPE_CHECKING:
    from assay.retention.evidence import Evidence


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


class ApproveSweepOperator(SecondPersonOperator):
    """Ask a person whether a sweep that is larger than a policy allows is applied.

    Skipped where nothing is so large. Without an answer nothing is removed, and neither where the
    one who asked for the sweep answers.

    Parameters
    ----------
    plan_task : str
        Id of the task that planned.
    """

    def __init__(self, *, plan_task: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan_task = plan_task

    def execute(self, context: Any) -> Any:
        """Put the question on record, and wait for a person's answer."""
        from assay.retention.approval import render_question
        from assay.stages.upkeep import asked_of_sweep, plan_sweep
        from assay.stages.upkeep.approval import ask_sweep, who_may_approve

        planned = _planned(context, self.plan_task)
        services = open_services()
        plan = plan_sweep(services)
        if plan.hash != planned["hash"]:
            raise AirflowFailException("It changed since the plan was made: run it again.")
        if not (asked := asked_of_sweep(services, plan)):
            raise AirflowSkipException("No policy asks a person about a sweep of this size.")
        asker = _asker(context)
        others = _who_is_asked(asker, who_may_approve(services, asked))
        keep = partial(ask_sweep, services, plan.hash)
        return self.ask(context, render_question(plan, asked), asker, others, keep)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Seal whether it is approved and by whom; after a rejection nothing is removed."""
        from assay.stages.upkeep.approval import answer_sweep

        planned = context["ti"].xcom_pull(task_ids=self.plan_task)
        seal = partial(answer_sweep, open_services(), planned["hash"], asker=_asker(context))
        return self.answered(context, event, seal)


class ApplySweepOperator(BaseOperator):
    """Remove exactly what the plan of an earlier task names.

    Parameters
    ----------
    plan_task, approve_task : str
        Ids of the task that planned, and of the one that asks a person.
    """

    ui_color = "#fce8e6"

    def __init__(self, *, plan_task: str, approve_task: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan_task = plan_task
        self.approve_task = approve_task

    def execute(self, context: Any) -> dict[str, Any]:
        """Apply the plan, and search for what should be gone.

        Skipped if the run was to plan only, nothing is due, or a person was asked and didn't
        approve. Red if the search finds anything: what the plan took isn't all gone.
        """
        from assay.retention import render_result
        from assay.stages.upkeep import apply_sweep, read_evidence

        planned = _planned(context, self.plan_task)
        answer = context["ti"].xcom_pull(task_ids=self.approve_task)
        if answer is not None and not answer["approved"]:
            raise AirflowSkipException("Nobody approved it: nothing is removed.")
        services = open_services()
        result = apply_sweep(services, planned["hash"])
        self.log.info(render_result(result))
        if (found := read_evidence(services, planned["hash"])) is not None:
            self._show(found)
        return {"removed": len(result.removed), "files": result.files, "bytes": result.bytes}

    def _show(self, found: Evidence) -> None:
        """Log what the search found; what should be gone and isn't makes the run red."""
        from assay.retention.evidence import render_evidence

        self.log.info(render_evidence(found))
        if found.left:
            raise AirflowFailException(render_evidence(found))


def _planned(context: Any, task: str) -> dict[str, Any]:
    """The plan of an earlier task; skipped where nothing of it is to be applied."""
    if context["params"].get("plan_only"):
        raise AirflowSkipException("Asked to plan only.")
    planned: dict[str, Any] = context["ti"].xcom_pull(task_ids=task)
    if not planned["removals"]:
        raise AirflowSkipException("Nothing is past its period.")
    return planned


def _who_is_asked(asker: str | None, may: Set[str] | None) -> list[str]:
    """The users who may answer, without the one who asked; empty where they aren't known."""
    others = listed_users(asker, "nothing is removed")
    if may is None:
        return others
    found = sorted(may & {*others} if others else may - {asker or ""})
    if not found:
        raise AirflowSkipException("No member of a role that may approve can be asked.")
    return found


def _asker(context: Any) -> str | None:
    """Who triggered the run; None for the schedule."""
    return getattr(context["dag_run"], "triggering_user_name", None)
