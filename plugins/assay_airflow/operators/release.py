"""Release: the one task that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.assets import dataset_asset
from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink
from assay_airflow.operators._runs import DatasetOperator, crashed_stage, log_result, read_ended_run

if TYPE_CHECKING:
    from assay.stages.run import Run, StageResult


class ReleaseOperator(DatasetOperator):
    """Make the next snapshot, or leave the pointer alone and say why.

    A held batch and a crashed stage both fail the task: a red run, and no asset event. A run that
    was asked to stop before the release skips it.
    """

    ui_color = "#e6f4ea"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(dataset=dataset, outlets=[dataset_asset(dataset)], **kwargs)

    def execute(self, context: Any) -> dict[str, Any]:
        """Release the batch if everything lets it out."""
        from assay.stages.run import release

        run, crashed = read_ended_run(open_services(), context), crashed_stage(context)
        if run is None or crashed is not None:
            raise _give_up(run, crashed)
        result = release(run, _approved_by(context, run))
        value = log_result(self, result)
        if result.holds:
            raise AirflowFailException("Held: " + ", ".join(result.reasons))
        if run.spec.asked.stop_before_release:
            raise AirflowSkipException("Stopped before the release, as asked.")
        _announce(context["outlet_events"][dataset_asset(self.dataset)], run, result)
        return value


def _approved_by(context: Any, run: Run) -> str | None:
    """Who approved that the batch is forced; nobody could, unless somebody asked for it."""
    if not run.spec.asked.force:
        return None
    answer = context["ti"].xcom_pull(task_ids="approve_force") or {}
    return answer.get("by") if answer.get("approved") else None


def _give_up(run: Run | None, crashed: str | None) -> AirflowFailException:
    """Leave the batch undecided: a run that could not judge decides nothing."""
    from assay.stages.run import abandon

    if run is not None:
        abandon(run)
    return AirflowFailException(f"No decision: {crashed or 'the run'} failed. See its log.")


def _announce(event: Any, run: Run, result: StageResult) -> None:
    event.extra = {
        "batch": run.batch,
        "version": run.version,
        "snapshot": result.snapshot,
        "run_type": run.spec.run_type,
    }
    event.add_partitions([run.batch])
