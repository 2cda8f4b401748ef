"""Keys that belong to a period: no file that they sealed can be read once they are removed."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.keys._secret_file import private_text
from assay.lake import Lake

_BYTES: Final = 32
_GRACE: Final = timedelta(days=1)
"""A key is made shortly before the first file that it seals."""


def period_of(end: datetime) -> str:
    """Name the period of a batch by the end of the batch: the month."""
    return f"{end:%Y-%m}"


def period_key(lake: Lake, dataset: str, period: str) -> bytes:
    """Read the key of a data set's period; it is made at first use.

    Parameters
    ----------
    lake : Lake
        Keys lie in its secrets zone, below ``sealed/``.
    dataset, period : str
        The data set, and the month as :func:`period_of` writes it.

    Raises
    ------
    InputError
        If others can read the key's file, or it holds no key.

    Notes
    -----
    The key is random and derived from nothing: once its file is gone, nobody can read what it
    sealed, wherever a copy lies.
    """
    parts = ("sealed", dataset, f"{period}.key")
    new = f"{secrets.token_hex(_BYTES)}\n".encode()
    text = private_text(lake, *parts, new=new)
    if not re.fullmatch(rf"[0-9a-f]{{{2 * _BYTES}}}", text):
        raise InputError("isn't the key of a period", where=str(lake.path("secrets", *parts)))
    return bytes.fromhex(text)


def discard_period_keys(lake: Lake, zone: str, now: datetime) -> list[Path]:
    """Remove the keys whose sealed files in a zone are all gone; return the removed paths.

    Parameters
    ----------
    zone : str
        Where files lie as ``<data set>/<batch>/<version>/<period>.sealed``.
    now : datetime
        The time. Keys younger than a day stay, because their first file may not be written yet.
    """
    gone = []
    for path in sorted(lake.path("secrets", "sealed").glob("*/*.key")):
        sealed = lake.path(zone, path.parent.name).glob(f"*/*/{path.stem}.sealed")
        old = now.timestamp() - path.stat().st_mtime > _GRACE.total_seconds()
        if old and not any(sealed):
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone
