"""What the operators of a run share: the run so far, its log, and what crashed."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from assay.errors import AssayError
from assay_airflow.links import report_url

if TYPE_CHECKING:
    from assay.stages.run import Run, StageResult
    from assay.stages.services import Services

_RUN: Final = "run"


class DatasetOperator(BaseOperator):
    """A task of one data set's run.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset


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


def log_result(operator: BaseOperator, result: StageResult) -> dict[str, Any]:
    """Log a stage's result for a person, and give it as the small value that XCom keeps."""
    from assay.stages.run import render_result

    for line in render_result(result).splitlines():
        operator.log.info(line)
    if url := report_url(result.report):
        operator.log.info("  in the browser: %s", url)
    operator.report_url = url  # type: ignore[attr-defined]
    return result.model_dump(mode="json")


def hand_on(run: Run, context: Any) -> None:
    """Leave the run, whole, for the tasks after this one: each asks Airflow once."""
    context["ti"].xcom_push(key=_RUN, value=run.dump())


def read_run(services: Services, context: Any, tasks: Iterable[str]) -> Run:
    """The run as some tasks left it, together."""
    return _joined(services, _left_by(context, tasks))


def read_ended_run(services: Services, context: Any) -> Run | None:
    """The run as its last tasks left it, whichever they are; None if it never began."""
    from assay.stages.run import chain

    left = _left_by(context, chain.ends())
    for task in (*reversed(chain.names()), chain.PIN):
        if left:
            break
        left = _left_by(context, (task,))
    return _joined(services, left) if left else None


def _left_by(context: Any, tasks: Iterable[str]) -> list[dict[str, Any]]:
    pulled = (context["ti"].xcom_pull(task_ids=task, key=_RUN) for task in tasks)
    return [value for value in pulled if value]


def _joined(services: Services, left: list[dict[str, Any]]) -> Run:
    from assay.stages.run import Run, RunSpec, StageResult, chain

    found = {task: result for value in left for task, result in value["done"].items()}
    done = {task: StageResult.model_validate(found[task]) for task in chain.in_order(found)}
    return Run(services, RunSpec.model_validate(left[0]["spec"]), done)


def crashed_stage(context: Any) -> str | None:
    """The first stage that ended in an error, so that nothing can be decided; None if none did."""
    from assay.stages.run import chain

    tasks = [chain.PIN, *chain.names()]
    states = context["ti"].get_task_states(
        dag_id=context["dag"].dag_id, task_ids=tasks, run_ids=[context["run_id"]]
    )
    found = states.get(context["run_id"], {})
    return next((t for t in tasks if found.get(t) in {"failed", "upstream_failed"}), None)
