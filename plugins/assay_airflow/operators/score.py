"""Scoring: the champion predicts a released batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

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
