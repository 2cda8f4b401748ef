"""Fairness: are groups of people treated alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators._stage import StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult, Ticket


class FairnessOperator(StageOperator):
    """Compare outcomes between groups in the candidate."""

    def work(self, office: Office, ticket: Ticket, done: dict[str, Any]) -> StageResult:
        """Judge fairness; skipped, with its reason, where the policy says that it doesn't apply."""
        from assay.stages import DoesNotApply, fairness

        try:
            return fairness(office, ticket, done)
        except DoesNotApply as exc:
            raise AirflowSkipException(str(exc)) from None
