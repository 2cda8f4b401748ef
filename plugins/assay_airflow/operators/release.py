"""Release: the one task that decides whether a batch becomes part of the released data."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay_airflow.assets import dataset_asset
from assay_airflow.hooks.office import open_office
from assay_airflow.operators._stage import WORK, finish, read_ticket, results


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

        if crashed := _crashed(context):
            raise AirflowFailException(f"No decision: {crashed} failed. See its log.")
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


def _announce(event: Any, ticket: Any, result: Any) -> None:
    event.extra = {
        "batch": ticket.batch,
        "version": ticket.version,
        "snapshot": result.detail["snapshot"],
        "run_type": ticket.run_type,
    }
    event.add_partitions([ticket.batch])


def _crashed(context: Any) -> str | None:
    """The first stage that ended without a result although none before it holds the batch."""
    done = results(context)
    states = context["ti"].get_task_states(
        dag_id=context["dag"].dag_id, run_ids=[context["run_id"]], task_ids=["pin", *WORK]
    )[context["run_id"]]
    failed = {"failed", "upstream_failed"}
    return next((t for t in ("pin", *WORK) if states.get(t) in failed and t not in done), None)
