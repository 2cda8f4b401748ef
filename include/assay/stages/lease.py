"""A run's lease: kept while a stage works, however long, and lost for good once it is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from assay.errors import LeaseError
from assay.records.leases import LONGEST, Lease

if TYPE_CHECKING:
    from assay.stages.work import Work

LEASE: Final = LONGEST
_RENEWED: Final = LEASE / 4
_TICK: Final = 0.5


def keep_lease(run: Work) -> None:
    """Prolong the run's lease; a run that lost it to another may write nothing more.

    Raises
    ------
    LeaseError
        If another run has taken its subject over.
    """
    now = run.services.clock()
    held = Lease(*run.subject, run.spec.run_id, run.spec.token, now)
    run.services.catalog.leases.renew(held, now=now, ttl=LEASE)


@contextmanager
def working(run: Work) -> Iterator[None]:
    """Keep the run's lease while the block works, and make sure of it at the end.

    A thread renews it every few minutes. A process that is killed or stopped renews nothing, so
    that its lease runs out ten minutes later; if it wakes up again, the end of the block refuses.

    Raises
    ------
    LeaseError
        If another run had taken its subject over before the block, or took it over meanwhile.
    """
    keep_lease(run)
    ended = threading.Event()
    renewer = threading.Thread(target=_renew, args=(run, ended), name="keep the lease", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        ended.set()
        renewer.join()
    keep_lease(run)


def _renew(run: Work, ended: threading.Event) -> None:
    last = run.services.clock()
    while not ended.wait(_TICK):
        if run.services.clock() - last < _RENEWED:
            continue
        try:
            keep_lease(run)
        except LeaseError:
            return  # the end of the block says so
        except OSError:  # the database may answer at the next tick
            continue
        last = run.services.clock()
