"""What the operators of the stages share: the run's ticket, and going on or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.office import open_office

if TYPE_CHECKING:
    from assay.stages import Office, StageResult, Ticket

PIN, INGEST = "pin", "ingest"
WORK = (
    "ingest",
    "validate_raw",
    "protect",
    "clean",
    "validate_clean",
    "commit",
    "drift",
    "fairness",
)
"""Tasks that leave a result, in order."""
TICKET = "ticket"


class StageOperator(BaseOperator):
    """One stage of a run: reads the ticket, calls the library once, returns its small result."""

    ui_color = "#e8f0fe"

    def work(self, office: Office, ticket: Ticket, done: dict[str, Any]) -> StageResult:
        """Do the stage's work; ``done`` holds the earlier stages' results by task."""
        raise NotImplementedError

    def execute(self, context: Any) -> dict[str, Any]:
        """Skip where an earlier stage holds the batch; else work, and say what came of it."""
        done, ticket = results(context), read_ticket(context)
        held = held_by(done)
        # A run that asked to force goes on to a candidate, so that there is something to force.
        if held and (held == INGEST or not ticket.asked.force):
            raise AirflowSkipException(f"{held} holds the batch")
        result = self.work(open_office(), ticket, done)
        return finish(self, result)


def finish(operator: BaseOperator, result: StageResult) -> dict[str, Any]:
    """Log a stage's result for a person, and give it as the small value that XCom keeps."""
    from assay.stages import render_result

    for line in render_result(result).splitlines():
        operator.log.info(line)
    return result.model_dump(mode="json")


def read_ticket(context: Any) -> Ticket:
    """The run's ticket: as ingest left it, or as the run began."""
    from assay.stages import Ticket

    ti = context["ti"]
    found = ti.xcom_pull(task_ids=INGEST, key=TICKET) or ti.xcom_pull(task_ids=PIN, key=TICKET)
    return Ticket.model_validate(found)


def results(context: Any) -> dict[str, Any]:
    """Task → the result that it returned, for those that have run."""
    from assay.stages import StageResult

    ti = context["ti"]
    found = {task: ti.xcom_pull(task_ids=task) for task in WORK}
    return {t: StageResult.model_validate(value) for t, value in found.items() if value}


def held_by(done: dict[str, Any]) -> str | None:
    """The first stage that holds the batch, None if none does."""
    return next((task for task, result in done.items() if result.holds), None)


def crashed_stage(context: Any) -> str | None:
    """The first stage that ended in an error, so that nothing can be decided; None if none did."""
    tasks = [PIN, *WORK]
    states = context["ti"].get_task_states(
        dag_id=context["dag"].dag_id, task_ids=tasks, run_ids=[context["run_id"]]
    )
    found = states.get(context["run_id"], {})
    return next((t for t in tasks if found.get(t) in {"failed", "upstream_failed"}), None)
