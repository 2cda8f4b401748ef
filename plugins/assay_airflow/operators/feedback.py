"""Feedback: a model's released predictions beside what became of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay.wording import folded
from assay_airflow.batches import named_batch
from assay_airflow.hooks.messages import transports
from assay_airflow.hooks.services import airflow_url, open_services
from assay_airflow.lineage import LineageMixin
from assay_airflow.links import ReportLink
from assay_airflow.operators._runs import explained, log_result
from assay_airflow.operators._teardown import NotifyingMixin

if TYPE_CHECKING:
    from assay.lineage.openlineage import TaskData
    from assay.stages.feedback._spec import JudgedRun

_MOST = 5


class FeedbackOperator(BaseOperator):
    """A task of a run of feedback.

    Parameters
    ----------
    model : str
        Name of the model.
    """

    ui_color = "#e8f0fe"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, model: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model


class JudgeFeedbackOperator(FeedbackOperator):
    """Join the run's batch with its outcomes, judge it, and seal what was found.

    It succeeds whenever it could judge, whatever it found; it is skipped where no prediction of
    the batch is released yet, or the model has learned from it.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Judge each batch of predictions that the run is about."""
        from assay.stages.feedback import judge_run, run_name
        from assay.stages.work import DoesNotApply

        services, run = open_services(), context["dag_run"]
        by = getattr(run, "triggering_user_name", None)
        key, named = named_batch(run, context["params"]), run_name(services, self.model, run.run_id)
        with explained(services, named, self.task_id, training=True):
            try:
                found = judge_run(services, self.model, key, run.run_id, by=by)
            except DoesNotApply as why:
                raise AirflowSkipException(str(why)) from None
        said = [log_result(self, judged.finished.result) for judged in found.batches]
        return {judged.spec.batch: one for judged, one in zip(found.batches, said, strict=True)}


class ConcludeFeedbackOperator(LineageMixin, FeedbackOperator):
    """Put the feedback on record; a batch beyond its limits fails the task: a red run."""

    ui_color = "#e6f4ea"

    def task_data(self, context: Any) -> TaskData | None:
        """The predictions, what they are about and their outcomes, and what was found."""
        from assay.stages.feedback import judged_batches
        from assay.stages.openlineage import data_of_feedback

        services = open_services(reading=True)
        return data_of_feedback(judged_batches(services, self.model, context["dag_run"].run_id))

    def execute(self, context: Any) -> dict[str, str]:
        """Record the use of predictions and outcomes from the sealed results."""
        from assay.stages.feedback import conclude_feedback

        found = conclude_feedback(open_services(), self.model, context["dag_run"].run_id)
        if said := _beyond(found):
            raise AirflowFailException(said)
        return {judged.spec.batch: str(judged.finished.result.outcome) for judged in found.batches}


class NotifyFeedbackOperator(NotifyingMixin, FeedbackOperator):
    """Notify of a run of feedback, in the incidents of the predictions."""

    def notify(self, context: Any) -> dict[str, Any]:
        """Notify the people whom the alerting policy names."""
        from assay.stages.feedback import notify_feedback

        services, run = open_services(), context["dag_run"]
        key = named_batch(run, context["params"])
        return notify_feedback(
            services, self.model, run.run_id, transports(services), key=key,
            airflow_url=airflow_url(),
        )  # fmt: skip


def _beyond(found: JudgedRun) -> str | None:
    """Which batches are beyond their limits, and why; None if none is."""
    held = [judged for judged in found.batches if judged.finished.result.holds]
    if not held:
        return None
    said = [m for judged in held for m in judged.finished.result.messages]
    first = f"Beyond the limits of the model file: {', '.join(j.spec.batch for j in held)}."
    return "\n".join([first, *folded(list(dict.fromkeys(said)), _MOST, "reasons")])
