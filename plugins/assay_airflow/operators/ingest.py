"""Ingest: from the source to the landing zone."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from assay_airflow.hooks.office import open_office
from assay_airflow.hooks.source import source_credentials
from assay_airflow.operators._stage import TICKET, finish, read_ticket


class IngestOperator(BaseOperator):
    """Land the batch: its original bytes, its rows, and a manifest of both."""

    ui_color = "#e8f0fe"

    def execute(self, context: Any) -> dict[str, Any]:
        """Land the batch and leave the ticket with its input and version."""
        from assay.stages import ingest

        ticket, office = read_ticket(context), open_office()
        contract = office.project.contract(ticket.dataset)
        ticket, result = ingest(office, ticket, source_credentials(contract.source.connection))
        context["ti"].xcom_push(key=TICKET, value=ticket.model_dump(mode="json"))
        return finish(self, result)
