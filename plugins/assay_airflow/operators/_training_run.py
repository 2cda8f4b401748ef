"""What Airflow knows of a training run before any stage has worked: its snapshot, who asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk import conf

from assay.errors import InputError
from assay_airflow.assets import dataset_asset
from assay_airflow.operators._asked import run_type_of


def read_training_asked(dataset: str, context: Any) -> dict[str, Any]:
    """The arguments of ``assay.stages.models.pin_training``, as Airflow knows them.

    The snapshot is the form's, else the newest that a triggering event names, else the one that
    readers get.

    Raises
    ------
    InputError
        If the form's snapshot is no number.
    """
    from assay.stages.models import TrainingAsked

    run, form = context["dag_run"], context["params"]
    return {
        "run_id": run.run_id,
        "run_type": run_type_of(run),
        "snapshot": _asked_snapshot(form) or _newest(_events(dataset, context)),
        "asked": TrainingAsked(
            by=getattr(run, "triggering_user_name", None), reason=form.get("reason")
        ),
        "run_url": f"{conf.get('api', 'base_url', fallback='')}"
        f"/dags/{run.dag_id}/runs/{run.run_id}",
    }


def _asked_snapshot(form: Any) -> int | None:
    given = form.get("snapshot")
    if given is None or (isinstance(given, int) and given > 0):
        return given
    raise InputError("no number of a snapshot", where="snapshot", got=given, expected="1 or more")


def _events(dataset: str, context: Any) -> Iterable[Any]:
    found = context.get("triggering_asset_events") or {}
    return found.get(dataset_asset(dataset), ()) if hasattr(found, "get") else ()


def _newest(events: Iterable[Any]) -> int | None:
    """The highest snapshot that some events name; None where none does."""
    numbers = [e.extra.get("snapshot") for e in events if isinstance(e.extra, dict)]
    return max((n for n in numbers if isinstance(n, int)), default=None)
