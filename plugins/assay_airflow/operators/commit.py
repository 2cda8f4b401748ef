"""Commit: an immutable candidate in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class CommitOperator(StageOperator):
    """Commit the candidate and the observed table as one batch version."""

    def work(self, services: Services, run: Run) -> StageResult:
        """Commit the batch version."""
        from assay.stages.run import commit

        return commit(services, run.ticket, run.done)
