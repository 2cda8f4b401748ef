"""What the operators of a run share: the run so far, and its log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from assay.errors import AssayError, cause_of
from assay_airflow.batches import named_batch
from assay_airflow.lineage import LineageMixin, data_of_task
from assay_airflow.links import report_url, runbooks_url

if TYPE_CHECKING:
    from assay.lineage.openlineage import TaskData
    from assay.stages.run import Run, StageResult
    from assay.stages.services import Services


class DatasetOperator(LineageMixin, BaseOperator):
    """A task of one data set's run.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset

    def task_data(self, context: Any) -> TaskData | None:
        """Which data the task read and wrote, for the readers of OpenLineage events."""
        return data_of_task(self, context)

    def read_run(self, services: Services, context: Any) -> Run | None:
        """The run as its sealed records tell; None if it was never pinned.

        Airflow says which run it is. Nothing is read from what a user can edit there: XComs, task
        states, notes. Nor is the contract, which may have been edited since the run began.
        """
        from assay.stages.run import resume

        asked = context["dag_run"]
        batch = named_batch(asked, context["params"])
        return resume(services, self.dataset, batch, asked.run_id)


@contextmanager
def explained(
    services: Services, run: tuple[str, str, str], stage: str, *, training: bool = False
) -> Iterator[None]:
    """Put on record why a stage ends in an error, and keep out of its log what libraries quote.

    ``run`` is its data set, batch and id; of a ``training`` run, data set, model and id.
    """
    from assay.stages.models import keep_training_crash
    from assay.stages.run import keep_crash

    keep = keep_training_crash if training else keep_crash
    with discreet():
        try:
            yield
        except AirflowException:
            raise
        except Exception as error:
            with suppress(OSError, AssayError):
                keep(services, run, stage, error)
            raise


@contextmanager
def discreet() -> Iterator[None]:
    """Keep out of a task's log what libraries quote.

    Of an unforeseen error the log says the kind alone: its text may quote rows. Ours and the
    machine's quote none, and pass. ``ASSAY_DEBUG`` lets every error through whole.
    """
    try:
        yield
    except AirflowException:
        raise
    except Exception as error:
        if isinstance(error, AssayError | OSError) or os.environ.get("ASSAY_DEBUG"):
            raise
        raised: type[Exception] = TypeError if isinstance(error, TypeError) else RuntimeError
        raise raised(f"{cause_of(error)}. Set ASSAY_DEBUG=1 to see it whole.") from None


def log_result(operator: BaseOperator, result: StageResult) -> dict[str, Any]:
    """Log a stage's result for a person, and give it as the small value that XCom keeps."""
    from assay.stages.run import render_result

    for line in render_result(result, runbooks_url()).splitlines():
        operator.log.info(line)
    if url := report_url(result.report):
        operator.log.info("  in the browser: %s", url)
    operator.report_url = url  # type: ignore[attr-defined]
    return result.model_dump(mode="json")
