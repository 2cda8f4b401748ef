"""Validate: a suite and the contract against the rows, before and after cleaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from assay_airflow.operators._stage import Run, StageOperator

if TYPE_CHECKING:
    from assay.stages.run import StageResult
    from assay.stages.services import Services


class ValidateOperator(StageOperator):
    """Judge the rows by one of the data set's two suites, and split the failing ones off.

    Parameters
    ----------
    suite : {"raw", "clean"}
        Which suite: ``raw`` judges what landed, ``clean`` what cleaning made of it.
    """

    def __init__(self, *, suite: Literal["raw", "clean"], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suite: Literal["raw", "clean"] = suite

    def work(self, services: Services, run: Run) -> StageResult:
        """Validate by the suite."""
        from assay.stages.run import validate

        return validate(services, run.ticket, self.suite)
