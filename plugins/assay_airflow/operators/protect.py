"""Protect: no clear identifier goes past this task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult


class ProtectOperator(StageOperator):
    """Treat classified columns by the privacy policy, and write the observed table."""

    def work(self, office: Office, run: Run) -> StageResult:
        """Protect the batch."""
        from assay.stages import protect

        return protect(office, run.ticket)
