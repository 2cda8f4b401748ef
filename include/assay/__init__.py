"""Assay: every batch becomes a released data version, or is held back with reasons.

The library is pure: it imports no Airflow, reads no clock and keeps no global state. A *room* is
one package here (``ingest``, ``quality``, ``privacy``, ``cleaning``, ``versioning``, ``drift``,
``fairness``, ``retention``, ``alerting``, ``catalog`` …); rooms never import each other and meet
in a DAG, through verdicts and paths.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
