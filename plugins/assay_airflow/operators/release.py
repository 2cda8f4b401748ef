"""Release: the one task that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay.wording import folded
from assay_airflow.assets import dataset_asset
from assay_airflow.hooks.services import open_services
from assay_airflow.links import ReportLink
from assay_airflow.operators._runs import DatasetOperator, explained, log_result

if TYPE_CHECKING:
    from assay.stages.run import Run, StageResult

_MOST: Final = 5


class ReleaseOperator(DatasetOperator):
    """Make the next snapshot, or leave the pointer alone and say why.

    A held batch and a crashed stage both fail the task: a red run, and no asset event. A run that
    was asked to stop before the release skips it, and so does one for which nothing arrived and
    nothing was expected.
    """

    ui_color = "#e6f4ea"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(dataset=dataset, outlets=[dataset_asset(dataset)], **kwargs)

    def execute(self, context: Any) -> dict[str, Any]:
        """Release the batch if every gate's sealed verdict, or a sealed approval, lets it out."""
        from assay.stages.run import release

        services = open_services()
        run = self.read_run(services, context)
        if run is None or run.missing:
            raise _give_up(run)
        with explained(services, (run.dataset, run.batch, run.spec.run_id), self.task_id):
            result = release(run)
        value = log_result(self, result)
        if result.holds:
            raise AirflowFailException(_why(run))
        if nothing := _why_nothing(run):
            raise AirflowSkipException(nothing)
        _announce(context["outlet_events"][dataset_asset(self.dataset)], run, result)
        return value


def _why_nothing(run: Run) -> str | None:
    """Why a batch that no gate holds isn't released; None for one that is."""
    if run.not_expected:
        return "Not expected: nothing arrived, and nothing is released."
    return "Stopped before the release, as asked." if run.spec.asked.stop_before_release else None


def _why(run: Run) -> str:
    """Which gates hold the batch, and the sentences that say why."""
    said = [m for r in run.done.values() if r.holds for m in r.messages]
    return "\n".join(
        [f"Held by {run.held_by}.", *folded(list(dict.fromkeys(said)), _MOST, "reasons")]
    )


def _give_up(run: Run | None) -> AirflowFailException:
    """Leave the batch undecided: a run that could not judge decides nothing."""
    from assay.stages.run import abandon, chain

    if run is not None:
        abandon(run)
    first = chain.PIN if run is None else run.missing[0]
    return AirflowFailException(f"No decision: {first} left no result. See its log.")


def _announce(event: Any, run: Run, result: StageResult) -> None:
    event.extra = {
        "batch": run.batch,
        "version": run.version,
        "snapshot": result.snapshot,
        "run_type": run.spec.run_type,
    }
    event.add_partitions([run.batch])
