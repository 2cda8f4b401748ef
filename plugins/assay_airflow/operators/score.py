"""Scoring: the champion predicts a released batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay.policy.model import predictions_of
from assay_airflow.batches import named_batch
from assay_airflow.hooks.services import open_services
from assay_airflow.lineage import LineageMixin

if TYPE_CHECKING:
    from assay.lineage.openlineage import TaskData


class ScoreOperator(LineageMixin, BaseOperator):
    """Predict the run's batch by the champion, and deliver the predictions to their inbox.

    Skipped where the model has no champion.

    Parameters
    ----------
    model : str
        Name of the model.
    """

    ui_color = "#e8f0fe"

    def __init__(self, *, model: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def task_data(self, context: Any) -> TaskData | None:
        """The champion and the batch, and the file that was delivered."""
        from assay.stages.openlineage import data_of_scoring

        batch = named_batch(context["dag_run"], context["params"])
        return data_of_scoring(open_services(reading=True), self.model, batch)

    def execute(self, context: Any) -> dict[str, Any]:
        """Deliver the batch's predictions; the same is found."""
        from assay.stages.models import champion_of, score

        services, batch = open_services(), named_batch(context["dag_run"], context["params"])
        if champion_of(services, self.model) is None:
            raise AirflowSkipException(f"{self.model} has no champion yet: nothing predicts.")
        by = getattr(context["dag_run"], "triggering_user_name", None)
        scored = score(services, self.model, batch, author=by or "assay")
        self.log.info("%s said something of %s rows: %s.", scored.model_version, scored.rows,
                      scored.path)  # fmt: skip
        return scored.model_dump(mode="json")


class ReleasePredictionsOperator(TriggerDagRunOperator):
    """Start the release of the prediction batch; a delivery that was released before starts none.

    Parameters
    ----------
    model : str
        Name of the model.
    scoring : str
        Id of the task that delivered.
    """

    def __init__(self, *, model: str, scoring: str, **kwargs: Any) -> None:
        pulled = f"ti.xcom_pull(task_ids='{scoring}')"
        super().__init__(
            trigger_dag_id=f"release__{predictions_of(model)}",
            trigger_run_id=f"scored__{{{{ {pulled}['use'] }}}}",
            conf={"batch": f"{{{{ {pulled}['batch'] }}}}"},
            logical_date=None,  # a date of today lies after the end of a finished data set
            skip_when_already_exists=True,
            **kwargs,
        )
