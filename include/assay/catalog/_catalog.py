"""The catalog, put together from its parts."""

from __future__ import annotations

from assay.catalog._leases import Leases
from assay.catalog._migrate import migrate
from assay.catalog._outbox import Outbox
from assay.catalog._status import Status


class Catalog(Status, Leases, Outbox):
    """The catalog of one installation; a value to pass around, it opens nothing until it is used.

    Safe for many processes at once, and across a fork. It reads no clock: whoever writes hands the
    time in. The calls inside ``with catalog.transaction():`` are kept together or not at all.

    Parameters
    ----------
    url : str
        ``sqlite:////path/to/catalog.sqlite`` or ``postgresql://user@host/database``.

    Raises
    ------
    CatalogError
        Another kind of database, or, from every method, one that was never migrated.
    """

    def migrate(self) -> None:
        """Bring the tables to the newest revision; safe to call always and from many processes.

        Raises
        ------
        CatalogError
            The database was written by a newer version of Assay.
        """
        migrate(self._engine)
