"""What the operators of the stages share: the run so far, and going on or not."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from assay.errors import AssayError
from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink, report_url

if TYPE_CHECKING:
    from assay.stages.run import StageResult, Ticket
    from assay.stages.services import Services

PIN: Final = "pin"
INGEST: Final = "ingest"
WORK: Final = (
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
_RUN: Final = "run"


@dataclass(frozen=True)
class Run:
    """A run so far: its ticket, and the results of the stages that are done, by task.

    Each task hands it on whole, so that the next one asks Airflow once and not once a stage.
    """

    ticket: Ticket
    done: dict[str, StageResult] = field(default_factory=dict)

    @property
    def held_by(self) -> str | None:
        """The first stage that holds the batch, None if none does."""
        return next((task for task, result in self.done.items() if result.holds), None)

    def hand_on(self, context: Any) -> None:
        """Leave the run for the tasks after this one."""
        done = {task: result.model_dump(mode="json") for task, result in self.done.items()}
        value = {"ticket": self.ticket.model_dump(mode="json"), "done": done}
        context["ti"].xcom_push(key=_RUN, value=value)


class StageOperator(BaseOperator):
    """One stage of a run: one call of the library, and the run handed on with its result."""

    ui_color = "#e8f0fe"
    operator_extra_links = (ReportLink(),)

    def work(self, services: Services, run: Run) -> StageResult:
        """Do the stage's work."""
        raise NotImplementedError

    def execute(self, context: Any) -> dict[str, Any]:
        """Skip where an earlier stage holds the batch; else work, and say what came of it."""
        run = read_run(context, context["task"].upstream_task_ids)
        # A run that asked to force goes on to a candidate, so that there is something to force.
        if run.held_by and (run.held_by == INGEST or not run.ticket.asked.force):
            raise AirflowSkipException(f"{run.held_by} holds the batch")
        with without_rows():
            result = self.work(open_services(), run)
        Run(run.ticket, {**run.done, self.task_id: result}).hand_on(context)
        return tell(self, result)


@contextmanager
def without_rows() -> Iterator[None]:
    """Keep what libraries quote of rows out of the task's log: an unforeseen error says its kind.

    Ours and the machine's quote none, and pass. ``ASSAY_DEBUG`` lets every error through whole.
    """
    try:
        yield
    except (AssayError, AirflowException, OSError):
        raise
    except Exception as error:
        if os.environ.get("ASSAY_DEBUG"):
            raise
        kind, frame = type(error), traceback.extract_tb(error.__traceback__)[-1]
        raised: type[Exception] = TypeError if isinstance(error, TypeError) else RuntimeError
        raise raised(
            f"An unforeseen error: {kind.__module__}.{kind.__qualname__} "
            f"at {frame.filename}:{frame.lineno}. Set ASSAY_DEBUG=1 to see it whole."
        ) from None


def tell(operator: BaseOperator, result: StageResult) -> dict[str, Any]:
    """Log a stage's result for a person, and give it as the small value that XCom keeps."""
    from assay.stages.run import render_result

    for line in render_result(result).splitlines():
        operator.log.info(line)
    if url := report_url(result.report):
        operator.log.info("  in the browser: %s", url)
    operator.report_url = url  # type: ignore[attr-defined]
    return result.model_dump(mode="json")


def read_run(context: Any, tasks: Iterable[str]) -> Run:
    """The run as some tasks left it, together."""
    return _joined(_left_by(context, tasks))


def read_ended_run(context: Any) -> Run | None:
    """The run as its last tasks left it, whichever they are; None if it never began."""
    left = _left_by(context, ("drift", "fairness"))
    for task in ("commit", "validate_clean", "clean", "protect", "validate_raw", INGEST, PIN):
        if left:
            break
        left = _left_by(context, (task,))
    return _joined(left) if left else None


def _left_by(context: Any, tasks: Iterable[str]) -> list[dict[str, Any]]:
    pulled = (context["ti"].xcom_pull(task_ids=task, key=_RUN) for task in tasks)
    return [value for value in pulled if value]


def _joined(left: list[dict[str, Any]]) -> Run:
    from assay.stages.run import StageResult, Ticket

    done = {task: r for value in left for task, r in value["done"].items()}
    results = {t: StageResult.model_validate(done[t]) for t in WORK if t in done}
    return Run(Ticket.model_validate(left[0]["ticket"]), results)


def crashed_stage(context: Any) -> str | None:
    """The first stage that ended in an error, so that nothing can be decided; None if none did."""
    tasks = [PIN, *WORK]
    states = context["ti"].get_task_states(
        dag_id=context["dag"].dag_id, task_ids=tasks, run_ids=[context["run_id"]]
    )
    found = states.get(context["run_id"], {})
    return next((t for t in tasks if found.get(t) in {"failed", "upstream_failed"}), None)
