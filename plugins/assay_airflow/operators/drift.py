"""Drift: did the data change against its reference, and by how much?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from assay_airflow.operators._stage import StageOperator

if TYPE_CHECKING:
    from assay.stages import Office, StageResult, Ticket


class DriftOperator(StageOperator):
    """Test the observed table and the candidate against the pinned references."""

    def work(self, office: Office, ticket: Ticket, done: dict[str, Any]) -> StageResult:
        """Judge drift; skipped, with its reason, where the policy says that it doesn't apply."""
        from assay.stages import DoesNotApply, drift

        try:
            return drift(office, ticket, done)
        except DoesNotApply as exc:
            raise AirflowSkipException(str(exc)) from None
