"""The catalog: what became of every batch, why, and who is notified.

It remembers runs, verdicts, measurements, lineage, incidents and messages in a database, so that
history and trends need no other server, and it indexes the registry (whose Git remote stays the
truth for versions, snapshots and pointers). Two of its laws are checked at the door: every row
that came in has gone to one place, and only the newest lease of a batch may write about it.

Start with ``Catalog``: ``catalog.migrate()`` once, then ``catalog.batches.start``,
``catalog.verdicts.record``, ``catalog.batches.finish``, and ``catalog.status()`` to see it all.
"""

from assay.catalog._catalog import Catalog

__all__ = ["Catalog"]
