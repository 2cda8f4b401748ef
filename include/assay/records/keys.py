"""Keys that the hosts of a registry share."""

from __future__ import annotations

from datetime import datetime

from assay.verdict import Frozen


class AcceptedKey(Frozen):
    """That a person accepted a later version of a key; ``name`` is like ``pseudonym v2``."""

    name: str
    fingerprint: str
    reason: str
    author: str
    at: datetime
