"""Release: the one task that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.assets import dataset_asset
from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink
from assay_airflow.operators._stage import Run, crashed_stage, read_ended_run, tell


class ReleaseOperator(BaseOperator):
    """Make the next snapshot, or leave the pointer alone and say why.

    A held batch and a crashed stage both fail the task: a red run, and no asset event. A run that
    was asked to stop before the release skips it.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    ui_color = "#e6f4ea"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(outlets=[dataset_asset(dataset)], **kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Release the batch if everything lets it out."""
        from assay.stages.run import release

        run, crashed = read_ended_run(context), crashed_stage(context)
        if run is None or crashed is not None:
            raise _give_up(run, crashed)
        result = release(open_services(), run.ticket, run.done, _approved_by(context, run))
        value = tell(self, result)
        if result.holds:
            raise AirflowFailException("Held: " + ", ".join(result.reasons))
        if run.ticket.asked.stop_before_release:
            raise AirflowSkipException("Stopped before the release, as asked.")
        _announce(context["outlet_events"][dataset_asset(self.dataset)], run.ticket, result)
        return value


def _approved_by(context: Any, run: Run) -> str | None:
    """Who approved that the batch is forced; nobody could, unless somebody asked for it."""
    if not run.ticket.asked.force:
        return None
    answer = context["ti"].xcom_pull(task_ids="approve_force") or {}
    return answer.get("by") if answer.get("approved") else None


def _give_up(run: Run | None, crashed: str | None) -> AirflowFailException:
    """Leave the batch undecided: a run that could not judge decides nothing."""
    from assay.stages.run import abandon

    if run is not None:
        abandon(open_services(), run.ticket, run.done)
    return AirflowFailException(f"No decision: {crashed or 'the run'} failed. See its log.")


def _announce(event: Any, ticket: Any, result: Any) -> None:
    event.extra = {
        "batch": ticket.batch,
        "version": ticket.version,
        "snapshot": result.detail["snapshot"],
        "run_type": ticket.run_type,
    }
    event.add_partitions([ticket.batch])
