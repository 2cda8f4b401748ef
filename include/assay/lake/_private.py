"""Locks and temporary folders that a killed process doesn't keep."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assay.errors import InputError

_TICK: Final = 0.005
_OURS: Final = "private-"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among the processes of this machine; it is released when its process ends."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def queued(path: Path, patience: float) -> Iterator[None]:
    """Wait for a lock among the processes of this machine, for ``patience`` seconds at most.

    The lock only saves work: a process that continues without it is correct, but slower.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = _opened(path)
    try:
        waited = 0.0
        while not _taken(descriptor) and waited < patience:
            time.sleep(_TICK)
            waited += _TICK
        yield
    finally:
        os.close(descriptor)


@contextmanager
def private_folder(root: Path | None = None) -> Iterator[Path]:
    """Make a folder (0700) that is removed at the end, or by the next caller after a kill.

    All temporary files of the library lie in such folders.

    Parameters
    ----------
    root : Path, optional
        A home's spill zone; by default a folder of this user in the machine's temporary folder,
        for work that belongs to no home.

    Raises
    ------
    InputError
        If ``root`` is a link, or in the machine's temporary folder another user's: what is there to
        be removed isn't ours, and others could read it.
    """
    root = root or Path(tempfile.gettempdir()) / f"assay-{os.getuid()}"
    if root.is_symlink():
        raise InputError("a folder for temporary files is a link", where=str(root))
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if root.stat().st_uid != os.getuid():
        raise InputError(
            "a folder for temporary files belongs to another user",
            where=str(root),
            do="Set ASSAY_HOME or TMPDIR to a folder of your own.",
        )
    with locked(root / ".lock"):
        _sweep(root)
        outer = Path(tempfile.mkdtemp(dir=root, prefix=_OURS))
        alive = _opened(outer / "alive")
        fcntl.flock(alive, fcntl.LOCK_EX)
    try:
        inner = outer / "work"
        inner.mkdir()
        yield inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)
        os.close(alive)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _sweep(root: Path) -> None:
    """Remove the folders that :func:`private_folder` made and whose process has ended."""
    for folder in root.iterdir():
        ours = folder.name.startswith(_OURS) or (folder / "alive").is_file()
        if ours and not folder.is_symlink() and folder.is_dir() and not _is_alive(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / "alive", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _taken(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
