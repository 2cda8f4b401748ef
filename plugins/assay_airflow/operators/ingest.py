"""Ingest: from the source to the landing zone."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from assay_airflow.hooks.office import open_office
from assay_airflow.hooks.source import source_credentials
from assay_airflow.operators._stage import PIN, Run, read_run, tell, without_rows


class IngestOperator(BaseOperator):
    """Land the batch: its original bytes, its rows, and a manifest of both."""

    ui_color = "#e8f0fe"

    def execute(self, context: Any) -> dict[str, Any]:
        """Land the batch and leave the ticket with its input and version."""
        from assay.stages import ingest

        office, begun = open_office(), read_run(context, [PIN]).ticket
        source = office.project.contract(begun.dataset).source
        with without_rows():
            ticket, result = ingest(office, begun, source_credentials(source.connection))
        Run(ticket, {self.task_id: result}).hand_on(context)
        return tell(self, result)
