"""Protect: no clear identifier goes past this task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay_airflow.operators._stage import StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult, Ticket


class ProtectOperator(StageOperator):
    """Treat classified columns by the privacy policy, and write the observed table."""

    def work(self, office: Office, ticket: Ticket, done: dict[str, Any]) -> StageResult:
        """Protect the batch."""
        from assay.stages import protect

        return protect(office, ticket, done)
