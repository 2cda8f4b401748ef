"""Approve: a second person may let a held batch out."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators._stage import held_by, read_ticket, results


class ApproveForceOperator(ApprovalOperator):
    """Ask a second person whether a held batch is to be forced; skipped if nobody asked for it.

    The one who asked can't approve. Where the installation has no second user, the task says so
    and the batch stays held.
    """

    def execute(self, context: Any) -> Any:
        """Wait for a second person's answer."""
        asked, done = read_ticket(context).asked, results(context)
        held = held_by(done)
        if not asked.force or held is None:
            raise AirflowSkipException("Nobody asked to force." if held else "No gate holds it.")
        if "commit" not in done:
            raise AirflowSkipException("There is no candidate to force: the batch stays held.")
        others = [name for name in _users() if name != asked.by]
        if _users() and not others:
            raise AirflowSkipException(
                "A forced release needs a second person, and this installation has one user only: "
                "the batch stays held. Add a user who may approve."
            )
        self.body = f"{held} holds the batch. Reason given by {asked.by}: {asked.reason}"
        self.assigned_users = [{"id": name, "name": name} for name in others] or None
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Whether it is approved and by whom; a rejection leaves the batch held."""
        answer = HITLOperator.execute_complete(self, context, event)
        by = (answer["responded_by_user"] or {}).get("name")
        asked = read_ticket(context).asked
        approved = answer["chosen_options"] == [self.APPROVE] and by not in {None, asked.by}
        self.log.info("%s by %s.", "Approved" if approved else "Not approved", by)
        return {"approved": approved, "by": by}


def _users() -> list[str]:
    """User names, where the auth manager keeps them in the settings; else none are known here."""
    if "SimpleAuthManager" not in conf.get("core", "auth_manager", fallback=""):
        return []
    pairs = conf.get("core", "simple_auth_manager_users", fallback="admin:admin")
    return [pair.split(":", 1)[0].strip() for pair in pairs.split(",")]
