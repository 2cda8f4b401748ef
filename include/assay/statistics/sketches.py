"""Counts and sorted values of a released batch, kept in files, so that they are counted once.

A file is one line of JSON and then bytes: sorted values, or counts as JSON. The line names what was
counted, the format and the engine, and has the keyed hash of all this and of the bytes. Where any
of these differs, the file is counted again and replaced. Files are written aside and renamed. The
write is not synced to disk: a torn file has another hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import uuid
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]
_FORMAT: Final = 2


class SketchFolder:
    """A folder of counts of one table; without a folder nothing is kept.

    The folder is made (0700) when something is kept. Values of the table are in it: it needs the
    table's rights and period. Who lacks the key can't write what is believed.
    """

    def __init__(self, folder: Path | None, key: bytes = b"") -> None:
        self.folder, self._key = folder, key

    def values(self, key: str) -> Array | None:
        """The sorted values that were kept under a key; None where there are none to be trusted."""
        found = self._read("values", key)
        if found is None:
            return None
        about, content = found
        values: Array = content.view(about["dtype"])
        return values

    def keep_values(self, key: str, values: Array) -> None:
        """Keep sorted values under a key."""
        if self.folder is not None:
            self._write("values", key, {"dtype": values.dtype.str}, values.data)

    def counts(self, key: str) -> Any:
        """What was kept as JSON under a key; None where there is nothing to be trusted."""
        found = self._read("counts", key)
        return None if found is None else json.loads(found[1].tobytes())

    def keep_counts(self, key: str, counts: Any) -> None:
        """Keep a value of JSON under a key."""
        if self.folder is not None:
            self._write("counts", key, {}, json.dumps(counts).encode())

    def _read(self, kind: str, key: str) -> tuple[dict[str, Any], Array] | None:
        if self.folder is None:
            return None
        try:
            with _path(self.folder, kind, key).open("rb") as file:
                about = json.loads(file.readline())
                content = np.fromfile(file, dtype=np.uint8)
        except (OSError, ValueError):
            return None
        if not isinstance(about, dict):
            return None
        more = {name: about[name] for name in ("dtype",) if name in about}
        return (about, content) if about == self._about(kind, key, more, content.data) else None

    def _write(self, kind: str, key: str, more: dict[str, Any], content: Any) -> None:
        """Write aside and rename; a disk that is full is no reason to fail, only to count again."""
        if self.folder is None:
            return
        about = self._about(kind, key, more, content)
        path = _path(self.folder, kind, key)
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
                to.write(json.dumps(about).encode() + b"\n")
                to.write(content)
            aside.replace(path)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def _about(self, kind: str, key: str, more: dict[str, Any], content: Any) -> dict[str, Any]:
        """The line before the bytes, with the hash of both."""
        about = {"format": _FORMAT, "engine": _engine(), "kind": kind, "key": key, **more}
        whole = hmac.new(self._key, json.dumps(about, sort_keys=True).encode(), hashlib.sha256)
        whole.update(content)
        return {**about, "hmac": whole.hexdigest()}


def _path(folder: Path, kind: str, key: str) -> Path:
    return folder / hashlib.sha256(f"{kind}\n{key}".encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _engine() -> str:
    """Values become text by the engine, whose versions may write a double otherwise."""
    return f"duckdb {version('duckdb')}, numpy {version('numpy')}"
