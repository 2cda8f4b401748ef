"""Notify: the right people get one message, whatever the run ended in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay_airflow.hooks.messages import transports
from assay_airflow.hooks.services import airflow_url, open_services
from assay_airflow.operators._asked import read_asked
from assay_airflow.operators._runs import DatasetOperator
from assay_airflow.operators._teardown import NotifyingMixin

if TYPE_CHECKING:
    from assay.stages.run import Run
    from assay.stages.services import Services


class NotifyOperator(NotifyingMixin, DatasetOperator):
    """Notify of a batch's run, whatever it ended in."""

    def notify(self, context: Any) -> dict[str, Any]:
        """Notify the people whom the alerting policy names."""
        from assay.stages.run import chain, decided, notify, settle

        services, crashed = open_services(), None
        run = self.read_run(services, context)
        if run is None:
            run, crashed = self._unpinned(services, context), chain.PIN
        elif ended := decided(run):
            run = ended
        else:
            crashed = next(iter(run.missing), None) or settle(run)
        if run is None:
            self.log.info("Another run works on the batch, and notifies.")
            return {}
        return notify(run, transports(services), crashed, airflow_url())

    def _unpinned(self, services: Services, context: Any) -> Run | None:
        """A run whose first task failed, which left nothing; None if it was another's turn."""
        from assay.stages.run import unpinned_run

        return unpinned_run(services, **read_asked(services, self.dataset, context))
