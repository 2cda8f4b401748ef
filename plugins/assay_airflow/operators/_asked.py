"""What Airflow knows of a run before any stage has worked: its batch, its kind, what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import conf

from assay_airflow.batches import resolve_batch

if TYPE_CHECKING:
    from assay.stages.services import Services


def read_asked(services: Services, dataset: str, context: Any) -> dict[str, Any]:
    """The arguments of ``assay.stages.run.pin``, as Airflow knows them.

    Raises
    ------
    AssayError
        If the contract doesn't load, or the run doesn't say which batch it is about.
    """
    run = context["dag_run"]
    partition = services.project.contract(dataset).partition
    return {
        "dataset": dataset,
        "batch": resolve_batch(partition, run, context["params"]),
        "run_id": run.run_id,
        "run_type": run_type_of(run),
        "asked": _asked(run, context["params"]),
        "run_url": f"{conf.get('api', 'base_url', fallback='')}"
        f"/dags/{run.dag_id}/runs/{run.run_id}",
    }


def run_type_of(run: Any) -> Any:
    """How a run began, in the library's words."""
    kind = str(getattr(run.run_type, "value", run.run_type))
    return {
        "asset_triggered": "asset",
        "asset_materialization": "asset",
        "operator_triggered": "manual",
    }.get(kind, kind)


def _asked(run: Any, params: Any) -> Any:
    from assay.stages.run import Asked

    return Asked(
        by=getattr(run, "triggering_user_name", None),
        stop_before_release=bool(params.get("stop_before_release")),
        reference=params.get("reference"),
        force=bool(params.get("force")),
        reason=params.get("reason"),
    )
