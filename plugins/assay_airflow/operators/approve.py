"""Approve: a second person may let a held batch out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.services import open_services
from assay_airflow.links import pages_url
from assay_airflow.operators._runs import DatasetOperator
from assay_airflow.operators._second_person import SecondPersonOperator, others_than

if TYPE_CHECKING:
    from assay.stages.run import Run

_OTHERWISE: Final = "the batch stays held"


class ApproveForceOperator(DatasetOperator, SecondPersonOperator):
    """Ask a second person whether a held batch is to be forced; skipped if nobody asked for it.

    Where the settings list one user only, or don't list the one who asked, the task says so and the
    batch stays held. ``release`` believes the sealed answer alone.
    """

    def execute(self, context: Any) -> Any:
        """Put the question on record, and wait for a second person's answer."""
        from assay.stages.run import ask_approval, render_question

        run = None
        if context["params"].get("force"):
            run = self.read_run(open_services(), context)
        if run is None or (why := _no_question(run)):
            raise AirflowSkipException(why if run else "Nobody asked to force.")
        by = run.spec.asked.by
        body, keep = render_question(run, pages_url()), partial(ask_approval, run)
        return self.ask(context, body, by, others_than(by, _OTHERWISE), keep)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Seal whether it is approved and by whom; a rejection leaves the batch held."""
        from assay.stages.run import answer_approval

        run = self.read_run(open_services(), context)
        if run is None:
            raise AirflowSkipException(f"The run has no record of its start: {_OTHERWISE}.")
        return self.answered(context, event, partial(answer_approval, run))


def _no_question(run: Run) -> str | None:
    """Why there is nothing to ask; None if there is."""
    if run.missing:
        return f"{run.missing[0]} left no result: nothing is decided."
    if run.held_by is None:
        return "No gate holds the batch."
    if "commit" not in run.done:
        return "There is no candidate to force: the batch stays held."
    return None
