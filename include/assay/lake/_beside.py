"""Folders that are written beside their place, and then come to it whole."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.lake._lake import publish

_MARK: Final = ".aside-"
_HERE: Final = -100
_EXCHANGE: Final = 2


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Make a folder in which another one is written, to be moved to ``path`` when it is whole.

    It is removed at the end. What killed processes left beside the same path is removed too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name}{_MARK}"
    for left in [p for p in path.parent.iterdir() if p.name.startswith(prefix)]:
        if (lock := _lock(left)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)
    folder, lock = path.with_name(f"{prefix}{uuid.uuid4().hex}"), None
    try:
        while lock is None:  # a process that sweeps may have it before us, and remove it
            folder.mkdir(mode=0o700, exist_ok=True)
            lock = _lock(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def replace_folder(aside: Path, path: Path) -> None:
    """Move a folder to its place in one step; an earlier folder there comes to ``aside``.

    Raises
    ------
    InputError
        If a folder that isn't empty is there, and the file system can't exchange it.
    """
    try:
        publish(aside, path)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY, errno.EXDEV}:
            raise
        exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        ends = (_HERE, os.fsencode(aside), _HERE, os.fsencode(path))
        if exchange is None or exchange(*ends, _EXCHANGE) != 0:
            raise InputError(
                "the folder can't be replaced in one step", where=str(path),
                do="Name one that isn't there yet; below it, if it is a mounted volume.",
            ) from error  # fmt: skip


def _lock(folder: Path) -> int | None:
    """Lock a folder; None where another process has it or has removed it."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), folder.stat()):
                return lock
        os.close(lock)
    return None
