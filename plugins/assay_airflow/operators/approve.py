"""Approve: a second person may let a held batch out."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.hooks.services import open_services
from assay_airflow.links import pages_url
from assay_airflow.operators._runs import DatasetOperator

if TYPE_CHECKING:
    from assay.stages.run import Run


class ApproveForceOperator(DatasetOperator, ApprovalOperator):
    """Ask a second person whether a held batch is to be forced; skipped if nobody asked for it.

    The one who asked can't approve: where the settings list the users, the answer isn't taken, and
    otherwise it counts as a rejection. Where they list one user only, or don't list the one who
    asked (a shell's user, say, who may be any of them), the task says so and the batch stays held.

    Airflow gives the answer, with the name of the user who is logged in, to the task that asked and
    to nobody else. The task seals it; ``release`` believes that record alone.
    """

    def execute(self, context: Any) -> Any:
        """Put the question on record, and wait for a second person's answer."""
        from assay.stages.run import ask_approval, render_question

        run = None
        if context["params"].get("force"):
            run = self.read_run(open_services(), context)
        if run is None or (why := _no_question(run)):
            raise AirflowSkipException(why if run else "Nobody asked to force.")
        asked, others = run.spec.asked, others_than(run.spec.asked.by)
        self.body = render_question(run, pages_url())
        if not others:
            self.body += f"\n\nAn answer by {asked.by} counts as a rejection."
        self.assigned_users = [{"id": name, "name": name} for name in others] or None
        ask_approval(run, str(context["ti"].id), tuple(others))
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Seal whether it is approved and by whom; a rejection leaves the batch held."""
        from assay.stages.run import answer_approval

        answer = HITLOperator.execute_complete(self, context, event)
        by = (answer["responded_by_user"] or {}).get("name")
        run = self.read_run(open_services(), context)
        approved = run is not None and answer_approval(
            run,
            str(context["ti"].id),
            approves=answer["chosen_options"] == [self.APPROVE],
            by=by,
            at=answer["responded_at"],
        )
        self.log.info("%s by %s.", "Approved" if approved else "Not approved", by)
        return {"approved": approved, "by": by}


def _no_question(run: Run) -> str | None:
    """Why there is nothing to ask; None if there is."""
    if run.missing:
        return f"{run.missing[0]} left no result: nothing is decided."
    if run.held_by is None:
        return "No gate holds the batch."
    if "commit" not in run.done:
        return "There is no candidate to force: the batch stays held."
    return None


def others_than(asker: str | None) -> list[str]:
    """Who may answer; empty where the settings don't list the users."""
    users = known_users()
    # Airflow's own command records the shell's user, which is the tasks' user on its machines.
    unknown = asker not in users if users else asker == getpass.getuser()
    if not asker or unknown:
        raise AirflowSkipException(
            f"A forced release needs a second person, and nobody knows who {asker or 'asked'} is: "
            "the batch stays held. Ask in the UI, or by the API, as a user of this installation."
        )
    others = [name for name in users if name != asker]
    if users and not others:
        raise AirflowSkipException(
            "A forced release needs a second person, and this installation has one user only: "
            "the batch stays held. Add a user who may approve."
        )
    return others


def known_users() -> list[str]:
    """User names, where the auth manager keeps them in the settings; else none are known here."""
    if "SimpleAuthManager" not in conf.get("core", "auth_manager", fallback=""):
        return []
    pairs = conf.get("core", "simple_auth_manager_users", fallback="admin:admin")
    return [pair.split(":", 1)[0].strip() for pair in pairs.split(",")]
