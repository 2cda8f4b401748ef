"""Commit: an immutable candidate in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult


class CommitOperator(StageOperator):
    """Commit the candidate and the observed table as one batch version."""

    def work(self, office: Office, run: Run) -> StageResult:
        """Commit the batch version."""
        from assay.stages import commit

        return commit(office, run.ticket, run.done)
