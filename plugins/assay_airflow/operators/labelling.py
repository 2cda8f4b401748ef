"""A round of labelling: planned, published, answered, decided, landed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.labelling import platform_environ
from assay_airflow.hooks.services import open_services
from assay_airflow.operators._runs import discreet
from assay_airflow.triggers import AnswersTrigger

if TYPE_CHECKING:
    from assay.stages.labels.rounds import Awaited
    from assay.stages.labels.rounds._folder import RoundFolder
    from assay.stages.services import Services


class LabellingOperator(BaseOperator):
    """A task of a round.

    Parameters
    ----------
    dataset : str
        Name of the data set that is labelled.
    """

    ui_color = "#e8f0fe"

    def __init__(self, *, dataset: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset = dataset


class PlanRoundOperator(LabellingOperator):
    """Choose rows and share them among annotators; the round of an earlier attempt is found.

    Skipped where the policy's stop rule asks for no other round.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Plan the round of this run, or take the one that hasn't landed."""
        from assay.stages.labels.rounds import EnoughLabels, plan_round

        asked, run = context["params"], context["dag_run"]
        by = getattr(run, "triggering_user_name", None)
        with discreet():
            try:
                found = plan_round(
                    open_services(), self.dataset, author=by or "assay", run=run.run_id,
                    budget=asked.get("budget"), anyway=bool(asked.get("anyway")),
                    progress=self.log.info,
                )  # fmt: skip
            except EnoughLabels as why:
                raise AirflowSkipException(str(why)) from None
        return self._said(found)

    def _said(self, found: Any) -> dict[str, Any]:
        one = found.round
        for line in one.said:
            self.log.info("%s", line)
        answers = sum(len(task.annotators) for task in found.tasks)
        self.log.info("Round %s %s: %s tasks, %s answers until %s.", one.number,
                      "planned" if found.new else "is there already", len(found.tasks), answers,
                      one.deadline)  # fmt: skip
        return {"round": one.number, "tasks": len(found.tasks), "answers": answers,
                "deadline": one.deadline.isoformat()}  # fmt: skip


class RoundOperator(LabellingOperator):
    """A task of a round that is planned.

    Parameters
    ----------
    planned_by : str
        Id of the task that planned it. Its result has the number of the round.
    """

    def __init__(self, *, planned_by: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned_by = planned_by

    def opened(self, context: Any) -> tuple[Services, RoundFolder]:
        """The services, and the records of the round."""
        from assay.stages.labels.rounds import find_round

        services = open_services()
        planned = context["ti"].xcom_pull(task_ids=self.planned_by)
        return services, find_round(services, self.dataset, int(planned["round"]))


class PublishRoundOperator(RoundOperator):
    """Show each annotator their own tasks; what is shown already is found."""

    def execute(self, context: Any) -> dict[str, Any]:
        """Publish the round on its platform; while that fails, an incident is open."""
        from assay.stages.labels.rounds import open_platform, publish_round, watched

        with discreet():
            services, folder = self.opened(context)
            with watched(services, folder):
                platform = open_platform(folder, platform_environ())
                sent = publish_round(services, folder, platform)
        self.log.info("%s on %s: shown to %s people, found for %s.", folder.round.name,
                      platform.name, sent.made, sent.found)  # fmt: skip
        return {"platform": platform.name, **sent.model_dump()}


class AwaitRoundOperator(RoundOperator):
    """Collect answers until all are there or the deadline is over; the triggerer waits between."""

    ui_color = "#fef7e0"
    asking = ""

    def execute(self, context: Any) -> dict[str, Any]:
        """Collect what is there; hand the wait over to the triggerer where answers are missing."""
        with discreet():
            services, folder = self.opened(context)
            found = self.collected(services, folder)
        self._say(found)
        if not found.over:
            self._wait(folder.number, troubled=found.trouble is not None)
        return {"asked": found.asked, "given": found.given}

    def resume(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Collect again, since the triggerer has seen something."""
        self.log.info("The triggerer says: %s.", event["why"])
        return self.execute(context)

    def collected(self, services: Services, folder: RoundFolder) -> Awaited:
        """Collect the annotators' answers."""
        from assay.stages.labels.rounds import await_answers

        return await_answers(services, folder, platform_environ())

    def _wait(self, number: int, *, troubled: bool) -> NoReturn:
        self.defer(
            trigger=AnswersTrigger(self.dataset, number, self.asking, troubled),
            method_name="resume",
        )

    def _say(self, found: Awaited) -> None:
        if found.trouble is not None:
            self.log.error("%s", found.trouble)
        for reason, count in sorted(found.refused.items()):
            self.log.warning("Refused: %s %s.", count, reason.replace("_", " "))
        wait = "nothing is waited for" if found.over else f"waiting until {found.until}"
        self.log.info("%s of %s answers are there; %s.", found.given, found.asked, wait)


class AdjudicateRoundOperator(AwaitRoundOperator):
    """Show doubtful tasks to the experts, and wait for what they decide."""

    asking = "review"

    def collected(self, services: Services, folder: RoundFolder) -> Awaited:
        """Choose the doubtful tasks once, show them, and collect the experts' answers."""
        from assay.stages.labels.rounds import await_experts

        return await_experts(services, folder, platform_environ())


class AgreeOnRoundOperator(RoundOperator):
    """Measure how well the annotators agree; a missed limit opens an incident.

    It succeeds whatever it finds: landing refuses a round whose annotators agree too little.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Log the figures; annotators have pseudonyms."""
        from assay.labelling import render_agreement
        from assay.stages.labels.rounds import agree_on_round, report_agreement

        with discreet():
            services, folder = self.opened(context)
            found = agree_on_round(folder)
            if not context["params"].get("accept"):
                report_agreement(services, folder, found)
        for line in render_agreement(found.report).splitlines():
            self.log.info("%s", line)
        figures = {name: one.value for name, one in found.report.overall.figures.items()}
        return {"outcome": str(found.outcome), "figures": figures}


class LandRoundOperator(RoundOperator):
    """Deliver the labels to their inbox, and take the tasks away.

    Rows that the experts haven't decided on in time have no label.
    """

    ui_color = "#e6f4ea"

    def execute(self, context: Any) -> dict[str, Any]:
        """Land the round; annotators who agree too little fail it unless the form accepts that."""
        from assay.stages.labels.rounds import land_labels, open_platform

        by = getattr(context["dag_run"], "triggering_user_name", None)
        with discreet():
            services, folder = self.opened(context)
            platform = open_platform(folder, platform_environ())
            landed = land_labels(
                services, folder, platform, author=by or "assay", leave_waiting=True,
                accept=context["params"].get("accept"),
            )  # fmt: skip
        self.log.info("%s: %s labels; %s rows have none.", landed.path, landed.rows,
                      landed.left_out)  # fmt: skip
        return landed.model_dump(mode="json", exclude={"new"})
