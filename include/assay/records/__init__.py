"""Frozen values that rooms share, one module for each kind.

``runs`` has the attempts at batches with their states and row counts, ``leases`` who works on a
batch, ``verdicts`` what the gates decided, ``versions`` what the registry holds, ``lineage`` what a
version was made from, ``uses`` what was made from versions, ``models`` training runs and model
versions, ``incidents`` the checks that fail and what people did about them, and ``outbox`` the
messages. A record has no door to a database or a file: a room reads it, another room stores it.
"""

__all__: list[str] = []
