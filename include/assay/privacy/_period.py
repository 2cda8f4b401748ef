"""Keys that belong to a period, so that all that they sealed ends with them."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.lake import Lake
from assay.privacy._key import make_secret, refuse_open_file

_BYTES: Final = 32
_GRACE: Final = timedelta(days=1)
"""A key is made a moment before the first file under it."""


def period_of(end: datetime) -> str:
    """The period of a batch that ended then: its month."""
    return f"{end:%Y-%m}"


def period_key(lake: Lake, dataset: str, period: str) -> bytes:
    """The key of a data set's period, made at first use.

    Parameters
    ----------
    lake : Lake
        Keys lie in its secrets zone, below ``sealed/``.
    dataset, period : str
        Whose, and of which month.

    Raises
    ------
    InputError
        If the key's file can be read by others, or isn't one.

    Notes
    -----
    The key is random and derived from nothing: once its file is gone, what it sealed can't be
    read again by anybody, wherever a copy lies.
    """
    path = lake.path("secrets", "sealed", dataset, f"{period}.key")
    if not path.exists():
        make_secret(path, secrets.token_hex(_BYTES))
    refuse_open_file(path, "key of a period")
    text = path.read_text("utf-8").strip()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _BYTES}}}", text):
        raise InputError("isn't the key of a period", where=str(path))
    return bytes.fromhex(text)


def discard_period_keys(lake: Lake, zone: str, now: datetime) -> list[Path]:
    """Remove the keys under which no sealed file is left in a zone.

    Parameters
    ----------
    lake : Lake
    zone : str
        Where files lie as ``<data set>/<batch>/<version>/<period>.sealed``.
    now : datetime
        Keys younger than a day stay: their first file may be on its way.
    """
    gone = []
    for path in sorted((lake.home / "secrets" / "sealed").glob("*/*.key")):
        sealed = (lake.home / zone / path.parent.name).glob(f"*/*/{path.stem}.sealed")
        old = now.timestamp() - path.stat().st_mtime > _GRACE.total_seconds()
        if old and not any(sealed):
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone
