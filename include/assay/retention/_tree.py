"""How much lies below a path, how old it is, and whether it has changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """How much lies below a path, how old it is, and a digest of names, sizes and times."""

    files: int
    bytes: int
    oldest: datetime
    newest: datetime
    fingerprint: str


def measure_tree(path: Path) -> Tree | None:
    """Count the files of a path, itself or what lies below it; None without a file."""
    seen = dict(_files(path))
    if not seen:
        return None
    digest = hashlib.sha256()
    for name, stat in seen.items():
        digest.update(os.fsencode(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n"))
    times = [stat.st_mtime for stat in seen.values()]
    return Tree(
        files=len(seen),
        bytes=sum(stat.st_size for stat in seen.values()),
        oldest=datetime.fromtimestamp(min(times), tz=UTC),
        newest=datetime.fromtimestamp(max(times), tz=UTC),
        fingerprint=digest.hexdigest(),
    )


def _files(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    if not path.is_dir() or path.is_symlink():
        found = [path]
    else:
        walk = os.walk(path, onerror=_unless_gone)
        found = sorted(Path(f) / name for f, _, names in walk for name in names)
    for file in found:
        with contextlib.suppress(FileNotFoundError):  # it may go while we look
            yield file.relative_to(path).as_posix(), file.lstat()


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
