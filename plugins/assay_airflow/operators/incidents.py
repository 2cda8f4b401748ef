"""Incidents: what a person does about one, and what falls due between runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from assay.errors import AssayError, InputError
from assay_airflow.hooks.messages import transports
from assay_airflow.hooks.services import airflow_url, open_services

if TYPE_CHECKING:
    from assay.stages.services import Services


class RespondOperator(BaseOperator):
    """Acknowledge, snooze or dismiss an incident in the name of the user who triggered the run."""

    ui_color = "#fef7e0"

    def execute(self, context: Any) -> dict[str, Any]:
        """Do what the form asks, and return the state of the incident."""
        from assay.stages.incidents import respond

        asked, by = context["params"], getattr(context["dag_run"], "triggering_user_name", None)
        if not by:
            raise InputError("nobody knows who asked", do="Trigger it as a user of Airflow.")
        given = {name: asked[name] for name in ("action", "until", "reason", "batch")} | {"by": by}
        change = respond(open_services(), asked["incident"], **given, airflow_url=airflow_url())
        self.log.info("Incident %s: %s, by %s.", change.incident.id, change.kind, by)
        return {"incident": change.incident.id, "change": change.kind, "by": by}


class AlertsOperator(BaseOperator):
    """Remind, escalate, and send every message that is due.

    Fails at its end where an alerting policy can't be read: nobody can be notified by it.
    """

    ui_color = "#fce8e6"

    def execute(self, context: Any) -> dict[str, Any]:
        """Send what is due by now."""
        from assay.stages.incidents import send_alerts

        services = open_services()
        done = send_alerts(services, transports(services), context["run_id"], airflow_url())
        unreadable = done.pop("unreadable")
        for what, found in done.items():
            if found:
                self.log.info("%s: %s", what, found)
        for error in unreadable.values():
            self.log.error("%s", error)
        self._send_events(services, context["run_id"])
        if unreadable:
            names = ", ".join(sorted(unreadable))
            raise AirflowFailException(f"No alerts for {names}: alerting.yaml can't be read.")
        return done

    def _send_events(self, services: Services, owner: str) -> None:
        """Send the events of lineage that wait; what goes wrong is logged and ends there."""
        from assay.stages.openlineage import send_events

        try:
            found = send_events(services, os.environ, owner)
        except AssayError as error:
            self.log.warning("No event of OpenLineage is sent: %s", error)
            return
        if found.sent or found.refused or found.forgotten:
            self.log.info("Events of OpenLineage: %s", found)
        if found.error:
            self.log.warning("Events of OpenLineage wait: %s.", found.error)


class WeeklyDigestOperator(BaseOperator):
    """Send each owner the digest of the last whole week, once."""

    ui_color = "#e6f4ea"

    def execute(self, context: Any) -> dict[str, str]:
        """Send the digests."""
        from assay.stages.incidents import send_weekly

        services = open_services()
        return send_weekly(services, transports(services), owner=context["run_id"])
