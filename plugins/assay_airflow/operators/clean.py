"""Clean: the policy's steps, in order, every change counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay_airflow.operators._stage import StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult, Ticket


class CleanOperator(StageOperator):
    """Clean the rows that were not quarantined."""

    def work(self, office: Office, ticket: Ticket, done: dict[str, Any]) -> StageResult:
        """Clean the batch."""
        from assay.stages import clean

        return clean(office, ticket, done)
