"""Local files of a batch: regular files below the folder that the contract names.

An upstream may write there, so what stands there is checked on the opened descriptor and not by its
name, which could be another thing a moment later.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from assay.errors import InputError
from assay.ingest._model import UnusableError
from assay.lake import ZONES, Lake, Zone
from assay.reasons import ReasonCode

_BLOCK: Final = 1 << 20
_BY_NAME: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_IRREGULAR: Final = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}
_UNNAMEABLE: Final = {errno.ENAMETOOLONG, errno.EINVAL}


@dataclass(frozen=True)
class _Place:
    """A folder that the contract names, and the parts below it that an upstream may have made."""

    folder: Path
    parts: tuple[str, ...]
    in_inbox: bool


def local_blocks(template: str, location: str, home: Path) -> Iterator[bytes]:
    """The bytes of a regular file, in blocks.

    Parameters
    ----------
    template, location : str
        Path in the contract, or its ``file://`` URL, and the same with its placeholders filled. A
        relative path starts at ``home``; it leads into no zone but the inbox. In an absolute one,
        folders before the first placeholder may be links; nothing below them may be.

    Raises
    ------
    UnusableError
        ``not_a_regular_file`` for a link, a pipe, a device or a folder.
    InputError
        If the path can't be one, or leads out of the inbox.
    FileNotFoundError, PermissionError
        As the system says.
    OSError
        If the file changed while it was read; the next try may find it whole.
    """
    place = _place(_path(template), _path(location), home)
    try:
        descriptor = _opened(place)
    except ValueError:
        raise _no_path(location) from None
    except OSError as exc:
        if exc.errno in _IRREGULAR:
            raise _irregular("a link, or no file") from None
        if exc.errno in _UNNAMEABLE:
            raise _no_path(location) from None
        raise
    try:
        _check_regular(os.fstat(descriptor), place)
        yield from _unchanged(descriptor)
    finally:
        os.close(descriptor)


def _path(location: str) -> str:
    return location.partition("://")[2] if "://" in location else location


def _place(template: str, location: str, home: Path) -> _Place:
    """Where a location lies: below the inbox, or below a folder that the contract names."""
    path = PurePosixPath(location)
    if ".." in path.parts or not path.name:
        raise InputError("the path leads out of its folder", where=location,
                         expected="a path without '..'")  # fmt: skip
    if path.is_absolute() and not path.is_relative_to(home):
        fixed = PurePosixPath(template.partition("{")[0] + "x").parent
        named = fixed if template != location else path.parent
        _check_zone(Lake(home).zone_of(Path(named)), location)
        return _Place(Path(named), path.relative_to(named).parts, in_inbox=False)
    parts = (path.relative_to(home) if path.is_absolute() else path).parts
    zone = next((zone for zone in ZONES if zone.name == parts[0]), None)
    _check_zone(zone, location)
    if zone is not None:
        Lake(home).path(zone.name)  # refuses a zone that is a link
    return _Place(home, parts, in_inbox=zone is not None)


def _check_zone(zone: Zone | None, location: str) -> None:
    if zone is not None and zone.name != "inbox":
        raise InputError("the path leads into a zone of Assay's own", where=location, got=zone.name,
                         expected="a path in the inbox, or outside the home")  # fmt: skip


def _opened(place: _Place) -> int:
    """A descriptor of the file, reached folder by folder without following a link."""
    folder = os.open(place.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in place.parts[:-1]:
            inner = os.open(part, _BY_NAME | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(place.parts[-1], _BY_NAME, dir_fd=folder)
    finally:
        os.close(folder)


def _check_regular(found: os.stat_result, place: _Place) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _irregular("a folder, a pipe or a device")
    if place.in_inbox and found.st_nlink > 1:
        raise _irregular("a file that has another name, too (a hard link)")


def _unchanged(descriptor: int) -> Iterator[bytes]:
    before = os.fstat(descriptor)
    while block := os.read(descriptor, _BLOCK):
        yield block
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        # An upstream that writes in place: the next try may find the file whole.
        raise OSError("the input changed while it was read")


def _irregular(what: str) -> UnusableError:
    message = f"The input is {what}; only a regular file is read."
    return UnusableError.of(ReasonCode.NOT_A_REGULAR_FILE, message)


def _no_path(location: str) -> InputError:
    return InputError("not a path that a file can have", where=location[:80], got=len(location),
                      expected="at most 255 bytes a name, and no NUL")  # fmt: skip
