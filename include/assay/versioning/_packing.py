"""Git's objects packed by the registry itself, so that its folder stays small and quick.

A release leaves some twenty loose objects. Git's own collection runs at several thousand and may
drop what no branch names; this one puts loose objects into packs, merges packs so that there are
few, and removes nothing that isn't in a pack, so that other processes may read and write meanwhile.
"""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import Final

from assay.versioning._process import run_git

_SAMPLED: Final = "17"
"""One of the 256 folders of loose objects; names are hashes, so that each is like the others."""
_MOST: Final = 12
"""Objects in it above which it is time: some three thousand in all."""
_ABANDONED: Final = 86_400
_LOCK: Final = "assay-pack.lock"


def pack_if_due(git_dir: Path) -> bool:
    """Pack the loose objects of a repository on this machine, if they are many; whether it did.

    At most one process does it; nothing waits for it, and one that was killed leaves what a later
    one removes.
    """
    if not _is_due(git_dir):
        return False
    with (git_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        if not _is_due(git_dir):
            return False
        _remove_leftovers(git_dir / "objects" / "pack")
        run_git(git_dir, "config", "gc.auto", "0")
        options = ("-q", "-d", "-l", "--geometric=2", "--no-write-bitmap-index")
        packed = run_git(git_dir, "repack", *options).returncode == 0
        run_git(git_dir, "commit-graph", "write", "--reachable", "--split")
        return packed


def _remove_leftovers(packs: Path) -> None:
    """Remove what a killed Git left a day ago or earlier."""
    now = packs.stat().st_mtime
    for left in packs.glob("tmp_*"):
        with suppress(FileNotFoundError):
            if now - left.stat().st_mtime > _ABANDONED:
                left.unlink()


def _is_due(git_dir: Path) -> bool:
    folder = git_dir / "objects" / _SAMPLED
    return folder.is_dir() and sum(1 for _ in folder.iterdir()) > _MOST
