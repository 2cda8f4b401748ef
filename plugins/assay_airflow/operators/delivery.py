"""What Assay itself delivers to an inbox is released like any other data."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator


class ReleaseDeliveryOperator(TriggerDagRunOperator):
    """Start the release of a delivered batch; a delivery that was released before starts none.

    Parameters
    ----------
    dataset : str
        Name of the data set that the batch is of.
    delivered_by : str
        Id of the task that delivered. Its result has ``batch``, and what names the delivery.
    name : str
        Key of that result, whose value is another one for another delivery.
    """

    def __init__(self, *, dataset: str, delivered_by: str, name: str, **kwargs: Any) -> None:
        result = f"ti.xcom_pull(task_ids='{delivered_by}')"
        batch, delivery = (f"{{{{ {result}['{key}'] }}}}" for key in ("batch", name))
        super().__init__(
            trigger_dag_id=f"release__{dataset}",
            trigger_run_id=f"{delivered_by}__{batch}__{delivery}",
            conf={"batch": batch},
            logical_date=None,  # a date of today lies after the end of a finished data set
            skip_when_already_exists=True,
            **kwargs,
        )
