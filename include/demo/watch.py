"""Progress of the runs that the demo has asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demo.backfill import Airflow
from demo.plan import Order


class Watch:
    """Counts the runs that have ended since the demo began, of the backfills to be created."""

    def __init__(self, airflow: Airflow, orders: Sequence[Order]) -> None:
        self._airflow = airflow
        self.wanted: dict[str, int] = {}
        self._dags = {order.wish.dataset: order.wish.dag_id for order in orders}
        for order in orders:
            name = order.wish.dataset
            self.wanted[name] = self.wanted.get(name, 0) + len(order.batches)
        self._before = {n: airflow.count(dag_id).ended for n, dag_id in self._dags.items()}
        self._asked = dict.fromkeys(self.wanted, 0)
        self._done = dict.fromkeys(self.wanted, 0)

    def asked(self, order: Order) -> None:
        """Record that an order's runs were created."""
        self._asked[order.wish.dataset] += len(order.batches)

    def open(self, names: Sequence[str] | None = None) -> bool:
        """Whether any wanted run, or any of some data sets, isn't done."""
        considered = self.wanted if names is None else names
        return any(self._done.get(n, 0) < self.wanted.get(n, 0) for n in considered)

    def look(self, report: Callable[[str, int, int], object]) -> None:
        """Read the counts from Airflow, and report them."""
        for name, dag_id in self._dags.items():
            if not self.open([name]):
                continue
            count = self._airflow.count(dag_id)
            self._done[name] = min(count.ended - self._before[name], self.wanted[name])
            if self._asked[name] == self.wanted[name] and not count.active and self.open([name]):
                self._give_up(name)
            report(name, self._done[name], count.active)

    def _give_up(self, name: str) -> None:
        """Count the missing runs as done, if Airflow created fewer and has closed the backfill."""
        if not self._airflow.open_backfills(self._dags[name]):
            self._done[name] = self.wanted[name]
