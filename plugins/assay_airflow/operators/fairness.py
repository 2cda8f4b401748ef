"""Fairness: are groups of people treated alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class FairnessOperator(StageOperator):
    """Compare outcomes between groups in the candidate."""

    def work(self, services: Services, run: Run) -> StageResult:
        """Judge fairness; skipped, with its reason, where the policy says that it doesn't apply."""
        from assay.stages.run import DoesNotApply, fairness

        try:
            return fairness(services, run.ticket)
        except DoesNotApply as exc:
            raise AirflowSkipException(str(exc)) from None
