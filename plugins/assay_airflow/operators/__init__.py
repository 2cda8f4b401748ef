"""One thin operator a room: each makes one call of the library.

The order of a run is ``Pin`` → ``Ingest`` → ``Validate`` (raw) → ``Protect`` → ``Clean`` →
``Validate`` (clean) → ``Commit`` → ``Drift`` and ``Fairness`` → ``ApproveForce`` → ``Release`` →
``Notify``.
"""
