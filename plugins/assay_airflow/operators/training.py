"""A training run of a model: pin → its stages → approve → promote → notify."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from assay.wording import folded
from assay_airflow.assets import model_asset
from assay_airflow.hooks.messages import transports
from assay_airflow.hooks.services import airflow_url, open_services
from assay_airflow.lineage import LineageMixin, data_of_promotion
from assay_airflow.links import ReportLink, pages_url
from assay_airflow.operators._runs import explained, log_result
from assay_airflow.operators._second_person import (
    SecondPersonOperator,
    listed_users,
    others_than,
)
from assay_airflow.operators._teardown import NotifyingMixin
from assay_airflow.operators._training_run import read_training_asked

if TYPE_CHECKING:
    from assay.lineage.openlineage import TaskData
    from assay.stages.models import Training
    from assay.stages.run import StageResult
    from assay.stages.services import Services

_MOST = 5
_OTHERWISE: Final = "the version waits, and the champion stays"
_NEVER_PINNED = "The run has no record of its start. Clear the task 'pin'."


class ModelOperator(BaseOperator):
    """A task of a model's training run.

    Parameters
    ----------
    model, dataset : str
        Names of the model, and of the data set that it learns from.
    """

    ui_color = "#e8f0fe"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, model: str, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model, self.dataset = model, dataset

    def named(self, context: Any) -> tuple[str, str, str]:
        """Data set, model and the run's id: by them its sealed records are found."""
        return self.dataset, self.model, context["dag_run"].run_id

    def read_run(self, services: Services, context: Any) -> Training | None:
        """The run as its sealed records say, whatever a user has edited; None if never pinned."""
        from assay.stages.models import resume_training

        return resume_training(services, *self.named(context))


class PinTrainingOperator(ModelOperator):
    """Choose the snapshot, and pin it with model file, code and libraries."""

    ui_color = "#fef7e0"

    def execute(self, context: Any) -> dict[str, Any]:
        """Seal the training run for its stages."""
        from assay.stages.models import pin_training

        services, asked = open_services(), read_training_asked(self.dataset, context)
        with explained(services, self.named(context), self.task_id, training=True):
            run = pin_training(services, self.model, **asked)
        known = f", trained before: {run.spec.known}" if run.spec.known else ""
        self.log.info("%s, training run %s%s.", run.name, run.version[:12], known)
        return {"snapshot": run.spec.data.number, "training_run": run.version}


class TrainingStageOperator(ModelOperator):
    """Perform the stage that the task is named after, and seal its result.

    It succeeds whenever the stage could judge, whatever it found; it is skipped where this very
    training run has registered a version before.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Perform the stage, or skip it; what XCom keeps is for people."""
        from assay.stages.models import DoesNotApply, perform_training

        services = open_services()
        run = self.read_run(services, context)
        if run is None:
            raise AirflowFailException(_NEVER_PINNED)
        with explained(services, self.named(context), self.task_id, training=True):
            try:
                run = perform_training(run, self.task_id)
            except DoesNotApply as why:
                raise AirflowSkipException(str(why)) from None
        return log_result(self, run.done[self.task_id])


class ApprovePromotionOperator(ModelOperator, SecondPersonOperator):
    """Ask a person whether a version that passed becomes the champion.

    Skipped where the model file leaves it to the gates, or a gate holds the version. The one who
    asked for the training can't approve; nor can anybody if the settings don't know who that is.
    """

    def execute(self, context: Any) -> Any:
        """Put the question on record, and wait for a person's answer."""
        from assay.stages.models import ask_promotion, render_promotion, why_no_question

        run = self.read_run(open_services(), context)
        if run is None or (why := why_no_question(run)):
            raise AirflowSkipException(why if run else _NEVER_PINNED)
        body, keep = render_promotion(run, pages_url()), partial(ask_promotion, run)
        return self.ask(context, body, run.spec.asked.by, who_may_promote(run), keep)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Seal whether it is approved and by whom; a rejection leaves the champion in place."""
        from assay.stages.models import answer_promotion

        run = self.read_run(open_services(), context)
        if run is None:
            raise AirflowSkipException(_NEVER_PINNED)
        return self.answered(context, event, partial(answer_promotion, run))


def who_may_promote(run: Training) -> list[str]:
    """Who may answer; an event starts a training that nobody asked for, and any user may."""
    asker = run.spec.asked.by
    if asker is None and run.spec.run_type == "asset":
        return listed_users(None, _OTHERWISE)
    return others_than(asker, _OTHERWISE)


class PromoteOperator(LineageMixin, ModelOperator):
    """Register the version, and make it the champion or leave the champion in place.

    A held version and a crashed stage both fail the task: a red run, and no asset event.
    """

    ui_color = "#e6f4ea"

    def __init__(self, *, model: str, dataset: str, **kwargs: Any) -> None:
        super().__init__(model=model, dataset=dataset, outlets=[model_asset(model)], **kwargs)

    def task_data(self, context: Any) -> TaskData | None:
        """Which data the model learned from, and the version that it became."""
        return data_of_promotion(self, context)

    def execute(self, context: Any) -> dict[str, Any]:
        """Decide from the sealed results of the gates, or from a sealed approval."""
        from assay.stages.models import promote

        services = open_services()
        run = self.read_run(services, context)
        if run is None or run.missing:
            raise _give_up(run)
        with explained(services, self.named(context), self.task_id, training=True):
            result = promote(run)
        value = log_result(self, result)
        if result.holds:
            raise AirflowFailException(_why_held(run, result))
        _announce(context["outlet_events"][model_asset(self.model)], run, result)
        return value


class NotifyTrainingOperator(NotifyingMixin, ModelOperator):
    """Notify of a training run, and send it to where experiments are tracked."""

    def notify(self, context: Any) -> dict[str, Any]:
        """Notify the people whom the alerting policy names."""
        from assay.stages.models import chain, notify_training, notify_unpinned, promoted
        from assay.stages.tracking import track

        services = open_services()
        sending = transports(services)
        run = self.read_run(services, context)
        if run is None:
            return notify_unpinned(
                services, self.named(context), sending, airflow_url=airflow_url()
            )
        ended = promoted(run)
        crashed = None if ended else next(iter(run.missing), chain.PROMOTE)
        found = notify_training(ended or run, sending, crashed, airflow_url())
        for one in track(services, os.environ, f"{run.spec.run_id}/{run.model}"):
            if one.state == "later":
                self.log.warning("MLflow doesn't show %s yet: %s", one.key, one.error)
        return found


def _give_up(run: Training | None) -> AirflowFailException:
    """Leave the model as it is: a run that could not judge decides nothing."""
    first = run.missing[0] if run else "pin"
    return AirflowFailException(f"No decision: {first} left no result. See its log.")


def _announce(event: Any, run: Training, result: StageResult) -> None:
    event.extra = {
        "version": result.version,
        "state": result.state,
        "snapshot": run.spec.data.number,
    }


def _why_held(run: Training, result: StageResult) -> str:
    """Which gates hold the version, and the sentences that say why."""
    said = [m for r in run.done.values() if r.holds for m in r.messages] or [*result.messages]
    lines = folded(list(dict.fromkeys(said)), _MOST, "reasons")
    first = f"Held by {run.held_by}" if run.held_by else f"{result.version} is held"
    return "\n".join([f"{first}: the champion stays.", *lines])
