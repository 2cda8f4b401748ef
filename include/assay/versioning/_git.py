"""The Git side of the registry: views of its branch, and changes to it by compare-and-swap.

A change is computed against one head and put on top of it: by a push, or in a folder of this
machine by moving the branch. Either is done only if the branch is still there; if another process
was first, the change is computed again against the new head. Processes of one machine queue, so
that they don't race each other for nothing, but nothing depends on it. Nothing is ever forced, and
no working tree or index is shared or even made.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from assay.errors import RegistryError
from assay.lake import locked, private_folder, queued
from assay.versioning._packing import pack_if_due
from assay.versioning._process import (
    RegistryUnavailable,
    drop_stale_lock,
    failure,
    git,
    run_git,
    without_credentials,
)

T = TypeVar("T")

_BRANCH: Final = "refs/heads/main"
_FETCH: Final = (
    *("fetch", "--quiet", "--no-tags", "--prune"),
    *("origin", "+refs/heads/*:refs/heads/*"),
)
"""With ``--prune``: a branch that the remote has lost isn't to live on in a mirror unseen."""
_ATTEMPTS: Final = 60
_PATIENCE: Final = 5.0
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 1.0
_NOTHING: Final = "0" * 40
"""What a branch must be at that isn't there yet."""
_UNKNOWN: Final = b"Not a valid commit name"
_LOST: Final = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "incorrect old value",
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "reference already exists",
)


@dataclass(frozen=True)
class Change:
    """Files to write in one commit: path → content, and the commit's message.

    Parameters
    ----------
    moved : mapping, optional
        Path → its new path; done before files are written.
    removed : collection, optional
        Paths that go.
    check : callable, optional
        Is given the commit before it is pushed, and raises if it isn't as it was meant.
    """

    files: Mapping[str, bytes]
    message: str
    moved: Mapping[str, str] = field(default_factory=dict)
    removed: Collection[str] = ()
    check: Callable[[View], None] = lambda _: None


@dataclass(frozen=True)
class View:
    """The branch at one head; everything read through it belongs together."""

    git_dir: str
    head: str | None

    def read(self, *paths: str) -> bytes | None:
        """The content of the first of some files that is there, None where none is."""
        return next((c for c in self.read_each(paths) if c is not None), None)

    def read_each(self, paths: Iterable[str]) -> list[bytes | None]:
        """The contents of files, None for each that isn't there."""
        wanted = list(paths)
        if self.head is None or not wanted:
            return [None] * len(wanted)
        return _batch(self.git_dir, [f"{self.head}:{path}" for path in wanted])

    def read_all(self, *folders: str) -> dict[str, bytes]:
        """Path → content of all files below folders, in the order of paths."""
        if self.head is None:
            return {}
        below = [f"{folder}/" for folder in folders]
        listed = git(self.git_dir, "ls-tree", "-r", "-z", self.head, "--", *below)
        rows = [row.split("\t", 1) for row in listed.decode().split("\0") if row]
        contents = _batch(self.git_dir, [entry.split(" ")[2] for entry, _ in rows])
        pairs = zip((path for _, path in rows), contents, strict=True)
        return {path: content for path, content in pairs if content is not None}

    def paths(self) -> dict[str, str]:
        """The paths of all files, each with the name of its content."""
        if self.head is None:
            return {}
        listed = git(self.git_dir, "ls-tree", "-r", "-z", self.head)
        rows = (row.split("\t", 1) for row in listed.decode().split("\0") if row)
        return {path: entry.split(" ")[2] for entry, path in rows}

    def descends_from(self, commit: str) -> bool:
        """Whether the head is this commit or follows from it; not if the commit is unknown here."""
        if self.head is None or self.head == commit:
            return self.head == commit
        done = run_git(self.git_dir, "merge-base", "--is-ancestor", commit, self.head)
        if done.returncode not in {0, 1} and _UNKNOWN not in done.stderr:
            raise failure("merge-base", done)
        return done.returncode == 0

    def changes_since(self, commit: str) -> list[tuple[str, str]]:
        """What an earlier commit has otherwise: ``A``, ``M`` or ``D``, and the path."""
        options = ("--raw", "-r", "-z", "--no-renames", "--name-status")
        listed = git(self.git_dir, "diff-tree", *options, commit, self.head or "")
        fields = listed.decode().split("\0")[:-1]
        return list(zip(fields[::2], fields[1::2], strict=True))

    def changed_contents(self, commit: str | None) -> tuple[dict[str, str], dict[str, str]]:
        """What an earlier commit hasn't so, and what it has and this one hasn't: path → content."""
        if commit is None or self.head is None:
            return self.paths(), {}
        options = ("--raw", "-r", "-z", "--no-renames", "--no-abbrev")
        fields = git(self.git_dir, "diff-tree", *options, commit, self.head).decode().split("\0")
        changed, gone = dict[str, str](), dict[str, str]()
        for about, path in zip(fields[:-1:2], fields[1::2], strict=True):
            _, _, before, after, status = about.split(" ")
            (gone if status == "D" else changed)[path] = before if status == "D" else after
        return changed, gone

    def contents(self, names: Iterable[str]) -> list[bytes]:
        """Contents by their names."""
        return [content or b"" for content in _batch(self.git_dir, list(names))]

    def folders(self) -> list[str]:
        """Names of the folders at the top, without hidden ones."""
        if self.head is None:
            return []
        listed = git(self.git_dir, "ls-tree", "-d", "-z", "--name-only", self.head)
        return [name for name in listed.decode().split("\0") if name and not name.startswith(".")]


class GitRemote:
    """A Git remote: read through a mirror, or in place if it is a folder, and changed by push."""

    def __init__(self, remote: str, scratch: Path) -> None:
        self.remote = remote
        self._scratch = scratch
        self._in_place = "://" not in remote and Path(remote).is_absolute()
        name = hashlib.sha256(remote.encode()).hexdigest()[:16]
        self._git_dir = Path(remote) if self._in_place else scratch / f"mirror-{name}.git"

    def view(self) -> View:
        """The newest head of the remote."""
        if not self._in_place:
            self._fetch()
        done = run_git(self._git_dir, "rev-parse", "--verify", "--quiet", _BRANCH)
        if done.returncode not in {0, 1}:
            raise failure("rev-parse", done)
        return View(str(self._git_dir), done.stdout.decode().strip() or None)

    def write(
        self,
        compute: Callable[[View], tuple[Change | None, T]],
        at: datetime,
        look: Callable[[], View] | None = None,
        pushed: Callable[[View, View], None] = lambda _, __: None,
    ) -> T:
        """Commit what ``compute`` makes of the newest head, as often as it takes.

        Parameters
        ----------
        compute : callable
            View → (change, result). It may run several times and must have no effect of its own.
            A change of None says that all is there already.
        at : datetime
            Time of the commit, with a zone.
        look : callable, optional
            Gives the newest head, if it may be built on; :meth:`view` by default.
        pushed : callable, optional
            Is given the head that was built on, and the one that the remote has taken.

        Raises
        ------
        RegistryUnavailable
            If the remote doesn't answer, or is never still for long enough.
        RegistryError
            If the remote refuses (a protected branch, a hook, no right to write).
        """
        if at.tzinfo is None:
            raise RegistryError("a time without zone", got=at, expected="a timezone-aware datetime")
        pause = _FIRST_PAUSE
        for _ in range(_ATTEMPTS):
            with queued(self._scratch / "queue.lock", _PATIENCE):
                view = (look or self.view)()
                change, result = compute(view)
                done = change is None or self._push(view, change, at, pushed)
            if done:
                pack_if_due(self._git_dir)
                return result
            time.sleep(secrets.SystemRandom().uniform(0, pause))
            pause = min(2 * pause, _LONGEST_PAUSE)
        where = without_credentials(self.remote)
        raise RegistryUnavailable(f"{where}: other writers were first {_ATTEMPTS} times in a row")

    def _fetch(self) -> None:
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._scratch / "mirror.lock"):
            if not (self._git_dir / "HEAD").exists():
                make_bare(self._git_dir)
            _set_origin(self._git_dir, self.remote)
            done = run_git(self._git_dir, *_FETCH)
            if done.returncode != 0 and drop_stale_lock(done.stderr, self._git_dir):
                done = run_git(self._git_dir, *_FETCH)
        if done.returncode != 0:
            raise failure("fetch", done)

    def _takes_objects(self) -> bool:
        """Whether objects may be written straight into the remote, and its branch moved then.

        That takes the same however long the history is: a push walks all folders of the newest
        commit to see that nothing is missing. Where the folder has hooks, they are to be asked.
        """
        return self._in_place and not (self._git_dir / "hooks").is_dir()

    def _push(
        self, view: View, change: Change, at: datetime, pushed: Callable[[View, View], None]
    ) -> bool:
        with private_folder(self._scratch / "clones") as folder:
            clone = folder / "clone.git"
            make_bare(clone)
            _set_origin(clone, self.remote)
            objects = Path(view.git_dir).absolute() / "objects"
            (clone / "objects" / "info" / "alternates").write_text(f"{objects}\n", "utf-8")
            stream, straight = _stream(view.head, change, at), self._takes_objects()
            new = objects if straight else None
            git(clone, "fast-import", "--quiet", "--done", given=stream, objects=new)
            made = View(str(clone), git(clone, "rev-parse", _BRANCH).decode().strip())
            change.check(made)
            if straight:
                heads = str(made.head), view.head or _NOTHING
                done = run_git(self._git_dir, "update-ref", _BRANCH, *heads)
            else:
                done = run_git(clone, "push", "--porcelain", "origin", f"{_BRANCH}:{_BRANCH}")
            if done.returncode == 0:
                pushed(view, made)
                return True
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        if any(sign in said for sign in _LOST):
            drop_stale_lock(done.stderr, Path(view.git_dir))
            return False
        # A remote that can't unpack has no room or no time; any other refusal is its owner's word.
        if "[remote rejected]" in said and "(unpacker error)" not in said:
            raise RegistryError(
                "the Git remote refuses the push",
                where=without_credentials(self.remote),
                got=next(line for line in said.splitlines() if "[remote rejected]" in line),
                expected="a branch main that this process may push to",
            )
        raise failure("push", done)


def make_bare(path: Path) -> None:
    """Make an empty bare repository (again: a repository that is there stays as it is)."""
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--bare", "--template=", "--initial-branch=main")
    (path / "objects" / "info").mkdir(exist_ok=True)


def _set_origin(git_dir: Path, remote: str) -> None:
    # In a file of our own and not on a command line, which anybody on the machine may read.
    config = git_dir / "config"
    quoted = remote.replace("\\", "\\\\").replace('"', '\\"')
    section = f'[remote "origin"]\n\turl = "{quoted}"\n'
    text = config.read_text("utf-8")
    if section not in text:
        config.write_text(text + section, "utf-8")


def _batch(git_dir: str, names: list[str]) -> list[bytes | None]:
    """Contents of blobs by name, by one process."""
    out = git(git_dir, "cat-file", "--batch", given="".join(f"{n}\n" for n in names).encode())
    found: list[bytes | None] = []
    at = 0
    for _ in names:
        end = out.index(b"\n", at)
        header = out[at:end].rsplit(b" ", 2)
        at = end + 1
        if header[-1] == b"missing" or header[-2] != b"blob":
            found.append(None)
            continue
        size = int(header[-1])
        found.append(out[at : at + size])
        at += size + 1
    return found


def _stream(head: str | None, change: Change, at: datetime) -> bytes:
    """One commit in the language of ``git fast-import``."""
    message = change.message.encode()
    parts = [
        f"commit {_BRANCH}\n".encode(),
        f"committer Assay <assay@localhost> {int(at.timestamp())} +0000\n".encode(),
        b"data %d\n%s\n" % (len(message), message),
        f"from {head}\n".encode() if head else b"",
    ]
    parts += [f"R {path} {to}\n".encode() for path, to in change.moved.items()]
    parts += [f"D {path}\n".encode() for path in change.removed]
    for path, content in sorted(change.files.items()):
        parts.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    return b"".join([*parts, b"done\n"])
