"""Protect: no clear identifier goes past this task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class ProtectOperator(StageOperator):
    """Treat classified columns by the privacy policy, and write the observed table."""

    def work(self, services: Services, run: Run) -> StageResult:
        """Protect the batch."""
        from assay.stages.run import protect

        return protect(services, run.ticket)
