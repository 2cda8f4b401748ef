"""How far the asked-for runs are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demo.backfill import Airflow
from demo.plan import Order


class Watch:
    """Runs that have ended, counted from where the DAGs stood before.

    Parameters
    ----------
    airflow : Airflow
        Where they run.
    orders : sequence of Order
        The backfills that will be asked for.
    """

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
        """An order's runs have been made."""
        self._asked[order.wish.dataset] += len(order.batches)

    def open(self, names: Sequence[str] | None = None) -> bool:
        """Whether any wanted run, or any of some data sets, isn't done."""
        considered = self.wanted if names is None else names
        return any(self._done.get(n, 0) < self.wanted.get(n, 0) for n in considered)

    def look(self, tell: Callable[[str, int, int], object]) -> None:
        """Ask Airflow, and pass on how far it is."""
        for name, dag_id in self._dags.items():
            if not self.open([name]):
                continue
            count = self._airflow.count(dag_id)
            self._done[name] = min(count.ended - self._before[name], self.wanted[name])
            if self._asked[name] == self.wanted[name] and not count.active and self.open([name]):
                self._give_up(name)
            tell(name, self._done[name], count.active)

    def _give_up(self, name: str) -> None:
        """Airflow made fewer runs than were asked for, and has closed the backfill."""
        if not self._airflow.open_backfills(self._dags[name]):
            self._done[name] = self.wanted[name]
