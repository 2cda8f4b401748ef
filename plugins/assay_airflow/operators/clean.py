"""Clean: the policy's steps, in order, every change counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class CleanOperator(StageOperator):
    """Clean the rows that were not quarantined."""

    def work(self, services: Services, run: Run) -> StageResult:
        """Clean the batch."""
        from assay.stages.run import clean

        return clean(services, run.ticket)
