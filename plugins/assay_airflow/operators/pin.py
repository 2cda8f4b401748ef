"""The start of a run: which batch, whose lease, what it is compared with."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, conf

from assay_airflow.batches import resolve_batch
from assay_airflow.hooks.office import open_office
from assay_airflow.operators._stage import Run


class PinOperator(BaseOperator):
    """Resolve the run's batch, take its lease and pin its references.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    """

    ui_color = "#fef7e0"

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset

    def execute(self, context: Any) -> dict[str, Any]:
        """Leave the run's ticket for the stages."""
        from assay.stages import Asked, pin

        run, office = context["dag_run"], open_office()
        batch = resolve_batch(
            office.project.contract(self.dataset).partition, run, context["params"]
        )
        ticket = pin(
            office, self.dataset, batch, run.run_id, _run_type(run), _asked(context, Asked),
            f"{conf.get('api', 'base_url', fallback='')}/dags/{run.dag_id}/runs/{run.run_id}",
        )  # fmt: skip
        Run(ticket).hand_on(context)
        self.log.info("Batch %s of %s, attempt %s.", batch, self.dataset, ticket.token)
        return {"batch": batch, **ticket.pinned.model_dump(mode="json")}


def _run_type(run: Any) -> Any:
    kind = str(getattr(run.run_type, "value", run.run_type))
    return {
        "asset_triggered": "asset",
        "asset_materialization": "asset",
        "operator_triggered": "manual",
    }.get(kind, kind)


def _asked(context: Any, model: Any) -> Any:
    params = context["params"]
    return model(
        by=getattr(context["dag_run"], "triggering_user_name", None),
        stop_before_release=bool(params.get("stop_before_release")),
        reference=params.get("reference"),
        force=bool(params.get("force")),
        reason=params.get("reason"),
    )
