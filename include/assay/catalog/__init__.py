"""The catalog: what became of every batch, why, and who has to know.

It remembers runs, verdicts, measurements, lineage, incidents and messages in a database, so that
history and trends need no other server, and it indexes the registry (whose Git remote stays the
truth for versions, snapshots and pointers). Two of its laws are checked at the door: every row
that came in has gone to one place, and only the newest lease of a batch may write about it.

Start with ``Catalog``: ``migrate`` once, then ``start_batch``, ``record_verdict``,
``finish_batch``, and ``status`` to see it all.
"""

from assay.catalog._catalog import Catalog

__all__ = ["Catalog"]
