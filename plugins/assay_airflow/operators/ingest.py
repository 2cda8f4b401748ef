"""Ingest: from the source to the landing zone."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from assay_airflow.hooks.services import open_services
from assay_airflow.hooks.source import source_credentials
from assay_airflow.operators._stage import PIN, Run, read_run, tell, without_rows


class IngestOperator(BaseOperator):
    """Land the batch: its original bytes, its rows, and a manifest of both."""

    ui_color = "#e8f0fe"

    def execute(self, context: Any) -> dict[str, Any]:
        """Land the batch and leave the ticket with its input and version."""
        from assay.stages.run import ingest

        services, begun = open_services(), read_run(context, [PIN]).ticket
        source = services.project.contract(begun.dataset).source
        with without_rows():
            ticket, result = ingest(services, begun, source_credentials(source.connection))
        Run(ticket, {self.task_id: result}).hand_on(context)
        return tell(self, result)
