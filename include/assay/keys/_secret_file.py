"""Files that hold a secret: made once, readable by their owner alone."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path

from assay.errors import InputError
from assay.lake import Lake


def secret_file(lake: Lake, *parts: str, new: bytes) -> bytes:
    """Read a secret from its file, which the first caller makes.

    Parameters
    ----------
    *parts : str
        The file's path in the lake's secrets zone.
    new : bytes
        The content of the file if it isn't there yet.

    Raises
    ------
    InputError
        If others can read the file.

    Notes
    -----
    Any number of processes may call this at once: each writes a private file and links it to the
    final name, the first link wins, and all read what won. The link appears only once the bytes
    are on disk, so that nobody reads half a secret.
    """
    path = lake.path("secrets", *parts)
    if not path.exists():
        aside = lake.make("secrets", *parts).with_name(f".{path.name}.{uuid.uuid4().hex}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                path.hardlink_to(aside)
        finally:
            aside.unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    """Read a file that only its owner may read."""
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise InputError(
                "others can read a secret",
                where=str(path),
                got=oct(mode),
                expected="0o600",
                do=f"Run: chmod 600 {path}; then consider the secret leaked.",
            )
        return file.read()


def private_text(lake: Lake, *parts: str, new: bytes) -> str:
    """Read a secret's text, as :func:`secret_file` does."""
    return secret_file(lake, *parts, new=new).decode("utf-8", "replace").strip()
