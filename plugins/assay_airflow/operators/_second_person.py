"""Asking a second person, and sealing the answer."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowSkipException


class SecondPersonOperator(ApprovalOperator):
    """A task that waits for a person who didn't ask for the run.

    Where the settings list the users, the answer of the one who asked isn't taken, and otherwise it
    counts as a rejection. Airflow gives the answer, with the name of the user who is logged in, to
    the task that asked and to nobody else.
    """

    def ask(
        self,
        context: Any,
        body: str,
        asker: str | None,
        others: list[str],
        keep: Callable[[str, tuple[str, ...]], None],
    ) -> Any:
        """Put the question on record, and wait for the answer.

        Parameters
        ----------
        asker : str, optional
            Who asked for the run; None where nobody did.
        others : list of str
            Who may answer; empty where the settings don't list the users.
        keep : callable
            Seals that a task has asked these people.
        """
        rejected = asker and not others
        note = f"\n\nAn answer by {asker} counts as a rejection." if rejected else ""
        self.body = body + note
        self.assigned_users = [{"id": name, "name": name} for name in others] or None
        keep(str(context["ti"].id), tuple(others))
        return super().execute(context)

    def answered(
        self, context: Any, event: dict[str, Any], seal: Callable[..., bool]
    ) -> dict[str, Any]:
        """Seal whether it is approved and by whom; what XCom keeps is for people."""
        answer = HITLOperator.execute_complete(self, context, event)
        by = (answer["responded_by_user"] or {}).get("name")
        approved = seal(
            str(context["ti"].id),
            approves=answer["chosen_options"] == [self.APPROVE],
            by=by,
            at=answer["responded_at"],
        )
        self.log.info("%s by %s.", "Approved" if approved else "Not approved", by)
        return {"approved": approved, "by": by}


def others_than(asker: str | None, consequence: str) -> list[str]:
    """Who may answer; empty where the settings don't list the users.

    Parameters
    ----------
    consequence : str
        What becomes of the question if nobody may answer it, such as ``the batch stays held``.

    Raises
    ------
    AirflowSkipException
        If the settings don't list the one who asked (a shell's user, say, who may be any of them),
        or nobody else.
    """
    users = known_users()
    # Airflow's own command records the shell's user, which is the tasks' user on its machines.
    unknown = asker not in users if users else asker == getpass.getuser()
    if not asker or unknown:
        raise AirflowSkipException(
            f"An approval needs a second person, and nobody knows who {asker or 'asked'} is: "
            f"{consequence}. Ask in the UI, or by the API, as a user of this installation."
        )
    return listed_users(asker, consequence)


def listed_users(asker: str | None, consequence: str) -> list[str]:
    """All users that the settings list but the one who asked; none where they list none.

    Raises
    ------
    AirflowSkipException
        If they list the one who asked and nobody else.
    """
    users = known_users()
    others = [name for name in users if name != asker]
    if users and not others:
        raise AirflowSkipException(
            "An approval needs a second person, and this installation has one user only: "
            f"{consequence}. Add a user who may approve."
        )
    return others


def known_users() -> list[str]:
    """User names, where the auth manager keeps them in the settings; else none are known here."""
    if "SimpleAuthManager" not in conf.get("core", "auth_manager", fallback=""):
        return []
    pairs = conf.get("core", "simple_auth_manager_users", fallback="admin:admin")
    return [pair.split(":", 1)[0].strip() for pair in pairs.split(",")]
