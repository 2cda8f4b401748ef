"""Signed texts that are anchored in the registry's Git remote, where nothing is ever forced."""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from assay.errors import RegistryError
from assay.lake import private_folder
from assay.versioning._config import RegistryConfig
from assay.versioning._git import _set_origin, make_bare
from assay.versioning._process import RegistryUnavailable, failure, git, run_git

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9/-]{0,99}")
_ATTEMPTS: Final = 5


class Anchors:
    """Branches of the registry's Git remote that hold one text a commit, and only grow.

    A branch is as safe as the server makes it: one that refuses forced pushes and deletions keeps
    what it was once given, by every writer.
    """

    def __init__(self, config: RegistryConfig) -> None:
        self._remote, self._scratch = config.git_remote, config.scratch

    def add(self, branch: str, text: str, at: datetime) -> None:
        """Put a text on top of a branch, which is made at first use.

        Raises
        ------
        RegistryUnavailable
            If the remote doesn't answer.
        RegistryError
            If it refuses.
        """
        ref = _ref(branch)
        for _ in range(_ATTEMPTS):
            with private_folder(self._scratch / "clones") as folder:
                clone = self._clone(folder)
                parent = self._fetched(clone, ref, "--depth=1")
                git(clone, "fast-import", "--quiet", "--done", given=_stream(ref, parent, text, at))
                done = run_git(clone, "push", "--porcelain", "origin", f"{ref}:{ref}")
            if done.returncode == 0:
                return
            time.sleep(secrets.SystemRandom().uniform(0, 0.2))
        raise failure("push", done)

    def texts(self, branch: str) -> list[str]:
        """All texts of a branch, the oldest first."""
        ref = _ref(branch)
        with private_folder(self._scratch / "clones") as folder:
            clone = self._clone(folder)
            if self._fetched(clone, ref) is None:
                return []
            said = git(clone, "log", "-z", "--reverse", "--format=%B", ref).decode()
        return [text.strip() for text in said.split("\0") if text.strip()]

    def branches(self, below: str) -> list[str]:
        """Names of the branches below a name."""
        pattern = f"{_ref(below)}/*"
        with private_folder(self._scratch / "clones") as folder:
            said = git(self._clone(folder), "ls-remote", "origin", pattern).decode()
        names = (line.split("\t")[1] for line in said.splitlines())
        return sorted(name.removeprefix("refs/heads/") for name in names)

    def _clone(self, folder: Path) -> Path:
        clone = folder / "anchors.git"
        make_bare(clone)
        _set_origin(clone, self._remote)
        return clone

    def _fetched(self, clone: Path, ref: str, *options: str) -> str | None:
        """The newest commit of a branch of the remote; None where it hasn't got it."""
        if not git(clone, "ls-remote", "origin", ref).strip():
            return None
        done = run_git(clone, "fetch", "--quiet", "--no-tags", *options, "origin", f"{ref}:{ref}")
        if done.returncode != 0:
            raise RegistryUnavailable(str(failure("fetch", done)))
        return git(clone, "rev-parse", ref).decode().strip()


def _ref(branch: str) -> str:
    if not _NAME.fullmatch(branch):
        raise RegistryError("isn't the name of a branch of anchors", got=branch)
    return f"refs/heads/{branch}"


def _stream(ref: str, parent: str | None, text: str, at: datetime) -> bytes:
    """One commit without files in the language of ``git fast-import``."""
    message = text.encode()
    return b"".join([
        f"commit {ref}\n".encode(),
        f"committer Assay <assay@localhost> {int(at.timestamp())} +0000\n".encode(),
        b"data %d\n%s\n" % (len(message), message),
        f"from {parent}\n".encode() if parent else b"",
        b"done\n",
    ])  # fmt: skip
