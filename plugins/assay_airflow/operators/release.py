"""Release: the one task that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.assets import dataset_asset
from assay_airflow.hooks.office import open_office
from assay_airflow.operators._stage import PIN, crashed_stage, finish, read_ticket, results


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

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(outlets=[dataset_asset(dataset)], **kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Release the batch if everything lets it out."""
        from assay.stages import release

        if crashed := crashed_stage(context):
            _give_up(context, crashed)
        ticket, approval = read_ticket(context), context["ti"].xcom_pull(task_ids="approve_force")
        result = release(open_office(), ticket, results(context), (approval or {}).get("by")
                         if (approval or {}).get("approved") else None)  # fmt: skip
        value = finish(self, result)
        if result.holds:
            raise AirflowFailException("Held: " + ", ".join(result.reasons))
        if ticket.asked.stop_before_release:
            raise AirflowSkipException("Stopped before the release, as asked.")
        _announce(context["outlet_events"][dataset_asset(self.dataset)], ticket, result)
        return value


def _give_up(context: Any, crashed: str) -> None:
    """Leave the batch undecided: a run that could not judge decides nothing."""
    from assay.stages import abandon

    if crashed != PIN:
        abandon(open_office(), read_ticket(context), results(context))
    raise AirflowFailException(f"No decision: {crashed} failed. See its log.")


def _announce(event: Any, ticket: Any, result: Any) -> None:
    event.extra = {
        "batch": ticket.batch,
        "version": ticket.version,
        "snapshot": result.detail["snapshot"],
        "run_type": ticket.run_type,
    }
    event.add_partitions([ticket.batch])
