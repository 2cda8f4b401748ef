"""Originals: bytes kept as they came, hashed while they stream."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from assay.ingest._model import OriginalFile, UnusableError
from assay.reasons import ReasonCode

_LONGEST_NAME: Final = 120


def keep(
    blocks: Iterable[bytes], path: Path, max_bytes: int | None = None, before: int = 0
) -> OriginalFile:
    """Write blocks to a file, durably, and say what was written.

    ``before`` are the bytes of the same batch that were kept before.

    Raises
    ------
    UnusableError
        ``too_large``: more than ``max_bytes`` come.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for block in blocks:
            size += len(block)
            if max_bytes is not None and before + size > max_bytes:
                message = "The input is larger than its contract allows."
                raise UnusableError.of(ReasonCode.TOO_LARGE, message, max_bytes=max_bytes)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return OriginalFile(name=path.name, bytes=size, sha256=digest.hexdigest())


def input_sha256(files: Iterable[OriginalFile]) -> str:
    """One digest for an original: the file's own, or that of all files' names and digests.

    Examples
    --------
    >>> input_sha256([OriginalFile(name="a.csv", bytes=1, sha256="ab")])
    'ab'
    """
    kept = tuple(files)
    if len(kept) == 1:
        return kept[0].sha256
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in kept)
    return hashlib.sha256(lines.encode()).hexdigest()


def file_name(location: str) -> str:
    """A safe name for the original of a path or URL.

    Examples
    --------
    >>> file_name("https://host/a/2013-02-04.csv.gz?token=x")
    '2013-02-04.csv.gz'
    >>> file_name("https://host/..")
    'original'
    """
    path = location.split("?", 1)[0].split("#", 1)[0] if "://" in location else location
    last = re.sub(r"[^A-Za-z0-9._-]", "_", path.rstrip("/").rsplit("/", 1)[-1])
    return last[-_LONGEST_NAME:] if last.strip(".") else "original"
