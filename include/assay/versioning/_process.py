"""Running Git: its command line, with an environment of our own.

Git's command line was chosen over dulwich (which DVC brings): a read takes 2 ms against 120 ms of
import, and credential helpers, SSH and HTTPS remotes work as the machine's owner set them up.
"""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from pathlib import Path
from typing import Final

from assay.errors import RegistryError

_TIMEOUT: Final = 120
_STALE: Final = 60
_LOCK: Final = re.compile(r"Unable to create '(?P<path>[^']+\.lock)': File exists")
_GONE: Final = ("not a git repository", "does not appear to be a git repository")


class RegistryUnavailable(OSError):  # noqa: N818 - named for what it is, as ConnectionError's kin
    """The Git remote or the object store didn't answer, or its head kept moving: try again."""


def run_git(
    git_dir: Path | str, *arguments: str, given: bytes = b"", objects: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run one Git command in a bare repository, without a working tree; never asks anything.

    Parameters
    ----------
    given : bytes
        Its standard input.
    objects : Path, optional
        Where new objects go, if not below ``git_dir``.
    """
    command = ["git", "--git-dir", str(git_dir), "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            env=_environment() | ({"GIT_OBJECT_DIRECTORY": str(objects)} if objects else {}),
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise RegistryError("Git is not installed", do="Install git (2.30 or newer).") from error
    except subprocess.TimeoutExpired as error:
        raise RegistryUnavailable(f"git {arguments[0]} didn't end in {_TIMEOUT} s") from error


def git(
    git_dir: Path | str, *arguments: str, given: bytes = b"", objects: Path | None = None
) -> bytes:
    """What a Git command printed."""
    done = run_git(git_dir, *arguments, given=given, objects=objects)
    if done.returncode != 0:
        raise failure(arguments[0], done)
    return done.stdout


def failure(what: str, done: subprocess.CompletedProcess[bytes]) -> Exception:
    """The error for a failed command."""
    said = without_credentials(done.stderr.decode("utf-8", "replace").strip())
    if any(sign in said for sign in _GONE):
        return RegistryError(
            f"git {what}: no such repository",
            got=said,
            expected="a Git repository that this process may read and write",
        )
    return RegistryUnavailable(f"git {what} failed with {done.returncode}: {said}")


def drop_stale_lock(stderr: bytes, git_dir: Path) -> bool:
    """Remove the lock of a killed Git from a repository on this machine; whether one was removed.

    Git holds a reference's lock for milliseconds. One that is a minute old belongs to a process
    that was killed, and would stop every writer for ever.
    """
    found = _LOCK.search(stderr.decode("utf-8", "replace"))
    if found is None:
        return False
    lock = Path(found["path"])
    lock = lock if lock.is_absolute() else git_dir / lock
    try:
        # The age by the file system's own time, which on a network share isn't this machine's.
        now = git_dir / f".now.{uuid.uuid4().hex}"
        now.touch()
        age = now.stat().st_mtime - lock.stat().st_mtime
        now.unlink()
        if git_dir.resolve() not in lock.resolve().parents or age < _STALE:
            return False
        lock.unlink()
    except OSError:
        return False
    return True


def without_credentials(text: str) -> str:
    """A text whose URLs have lost what stands before ``@``.

    Examples
    --------
    >>> without_credentials("fatal: https://user:token@host/x.git not found")
    'fatal: https://host/x.git not found'
    """
    return re.sub(r"(\w+://)[^/\s@]+@", r"\1", text)


def _environment() -> dict[str, str]:
    # A caller's GIT_DIR or GIT_INDEX_FILE (set within hooks) would send our writes elsewhere.
    kept = {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL"}
    outer = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in kept}
    return {
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
        **outer,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
