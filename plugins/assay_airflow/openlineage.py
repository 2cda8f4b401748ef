"""Where Airflow's OpenLineage provider sends its events: to Assay, which keeps them.

The provider imports this module by its name, which the setting ``[openlineage] transport`` has.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from openlineage.client.serde import Serde
from openlineage.client.transport.transport import Transport

log = logging.getLogger(__name__)


class EventTransport(Transport):
    """Keep each event for its readers; what goes wrong is logged and ends there."""

    kind = "assay"

    def __init__(self, config: Any = None) -> None:
        """Take no settings but those of the environment."""

    def emit(self, event: Any) -> None:
        """Keep an event, without what isn't allowed in it."""
        from assay.stages.openlineage import events_place, keep_event
        from assay_airflow.hooks.services import open_services

        try:
            place = events_place(os.environ)
            if place and not keep_event(open_services(), Serde.to_dict(event), place):
                log.warning("An event of OpenLineage is dropped: there are too many of this day.")
        except Exception as error:  # lineage never fails a task
            log.warning("An event of OpenLineage is lost: %s", type(error).__name__)
