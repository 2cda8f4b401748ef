"""Drift: did the data change against its reference, and by how much?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class DriftOperator(StageOperator):
    """Test the observed table and the candidate against the pinned references."""

    def work(self, services: Services, run: Run) -> StageResult:
        """Judge drift; skipped, with its reason, where the policy says that it doesn't apply."""
        from assay.stages.run import DoesNotApply, drift

        try:
            return drift(services, run.ticket)
        except DoesNotApply as exc:
            raise AirflowSkipException(str(exc)) from None
