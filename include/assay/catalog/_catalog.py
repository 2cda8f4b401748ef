"""The catalog, composed of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from assay.catalog._batches import Batches
from assay.catalog._history import History
from assay.catalog._incidents import Incidents
from assay.catalog._index import RegistryIndex
from assay.catalog._leases import Leases
from assay.catalog._lineage import Lineage
from assay.catalog._migrate import migrate
from assay.catalog._objects import Objects
from assay.catalog._outbox import EVENTS, TRACKING, Outbox
from assay.catalog._rebuild import Rebuild
from assay.catalog._responses import Responses
from assay.catalog._snapshots import Snapshots
from assay.catalog._status import DatasetStatus, dataset_statuses
from assay.catalog._store import Store
from assay.catalog._uses import Uses
from assay.catalog._verdicts import Verdicts
from assay.catalog._versions import Versions
from assay.records.runs import BatchState


class Catalog:
    """The catalog of one installation; a value to pass around, it opens nothing until it is used.

    Each part has one concern: ``batches``, ``verdicts``, ``versions``, ``snapshots``, ``uses``,
    ``lineage``, ``objects``, ``history``, ``index``, ``rebuild``, ``leases``, ``incidents``,
    ``responses``, ``outbox`` and ``tracking`` (what waits for the tracking server).

    Safe for many processes at once, and across a fork. It reads no clock: the writer passes the
    time, always with its zone. The calls inside ``with catalog.transaction():`` are kept together
    or not at all, whichever parts they belong to.

    Parameters
    ----------
    url : str
        ``sqlite:////path/to/catalog.sqlite`` or ``postgresql://user@host/database``.

    Raises
    ------
    CatalogError
        Another kind of database, or, from every method, one that was never migrated.
    """

    def __init__(self, url: str) -> None:
        self._store = store = Store(url)
        self.batches = Batches(store)
        self.verdicts = Verdicts(store)
        self.versions = Versions(store)
        self.snapshots = Snapshots(store)
        self.uses = Uses(store)
        self.lineage = Lineage(store)
        self.history = History(store)
        self.objects = Objects(store)
        self.index = RegistryIndex(store)
        self.rebuild = Rebuild(store)
        self.leases = Leases(store)
        self.incidents = Incidents(store)
        self.responses = Responses(store)
        self.outbox = Outbox(store)
        self.tracking = Outbox(store, TRACKING)
        self.events = Outbox(store, EVENTS)

    @property
    def location(self) -> str:
        """Where the catalog is, without its password."""
        return self._store.location

    def migrate(self) -> None:
        """Bring the tables to the newest revision; safe to call always and from many processes.

        Raises
        ------
        CatalogError
            The database was written by a newer version of Assay.
        """
        migrate(self._store.engine)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all calls within one write: either all of them are kept or none.

        An incident and the message about it belong together: were they written apart, a kill
        between the two would lose the message.
        """
        with self._store.session(writes=True):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make all questions within about one moment; nothing may be written."""
        with self._store.session(writes=False):
            yield

    def status(self, datasets: Iterable[str] = ()) -> dict[str, Any]:
        """Every data set with its pointer, batches and open incidents, as plain JSON data.

        Parameters
        ----------
        datasets : iterable of str
            Data sets to list even if nothing is recorded of them yet.

        Returns
        -------
        dict
            ``{"datasets": [{"name", "released", "batches", "incidents"}]}``. ``released`` is the
            pointer's snapshot with its newest batch and that batch's version, or None. A batch is
            described by its latest attempt; ``with_readers`` is the version of it in the pointer's
            snapshot, whatever the result of that attempt, or None. An incident's ``batches`` are
            those that still fail. A batch's ``why`` has its reasons that aren't PASS, each a
            sentence.
        """
        return {"datasets": [d.body() for d in self.datasets(datasets)]}

    def datasets(
        self,
        names: Iterable[str] = (),
        *,
        only: bool = False,
        most: int | None = None,
        state: BatchState | None = None,
    ) -> list[DatasetStatus]:
        """Every data set with its pointer, batches and open incidents, by name.

        Parameters
        ----------
        names : iterable of str
            Data sets to list even if nothing is recorded of them yet.
        only : bool
            These data sets and no other.
        most : int, optional
            The newest batches only, so many of each.
        state : BatchState, optional
            Batches in this state only.
        """
        return dataset_statuses(self._store, names, only=only, most=most, state=state)
