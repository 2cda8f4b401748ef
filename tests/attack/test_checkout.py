"""A checkout that is damaged, killed or out of room leaves the folder as it was."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import RegistryError

EVENTS = {"open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "shutil.copyfile"}


def _state(folder: Path) -> dict[str, bytes] | None:
    """The files of a folder; None where it isn't there."""
    return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else None


def _forked(work: Callable[[], Any]) -> int:
    """The status of a process of its own that does some work; 1 for an error of the work's."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def targets(ready: Any, tmp_path: Path) -> dict[str, Path]:
    """A folder that isn't there, an empty one, and one with an earlier snapshot."""
    (tmp_path / "to" / "empty").mkdir(parents=True)
    earlier = tmp_path / "to" / "earlier"
    ready.services.registry.checkout("visits", 1, earlier)
    return {"new": tmp_path / "to" / "new", "empty": tmp_path / "to" / "empty", "earlier": earlier}


def test_a_damaged_object_changes_no_folder(ready: Any, targets: dict[str, Path]) -> None:
    registry = ready.services.registry
    newest = registry.snapshot("visits")
    batch = max(newest.batches)
    path = registry.fetch("visits", batch, newest.batches[batch])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    before = {name: _state(folder) for name, folder in targets.items()}
    for name, folder in targets.items():
        with pytest.raises(RegistryError):
            registry.checkout("visits", None, folder)
        assert _state(folder) == before[name], name
    assert {p.name for p in (targets["new"].parent).iterdir()} == {"empty", "earlier"}


def test_a_full_disk_changes_no_folder(ready: Any, targets: dict[str, Path]) -> None:
    registry = ready.services.registry
    before = {name: _state(folder) for name, folder in targets.items()}

    def without_room(folder: Path) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        registry.checkout("visits", None, folder)

    for name, folder in targets.items():
        assert _forked(lambda folder=folder: without_room(folder)) == 1
        assert _state(folder) == before[name], name
    assert {p.name for p in (targets["new"].parent).iterdir()} == {"empty", "earlier"}


@pytest.mark.parametrize("name", ["new", "earlier", pytest.param("empty", marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_leaves_what_was_or_the_whole(
    ready: Any, targets: dict[str, Path], name: str
) -> None:
    registry, folder = ready.services.registry, targets[name]
    registry.checkout("visits", None, targets["new"].with_name("whole"))
    before, whole = _state(folder), _state(targets["new"].with_name("whole"))
    assert whole is not None
    assert before != whole
    last, count = None, 0
    while last != 0 and count < 400:
        count += 1
        last = _forked(lambda at=count: _killed_at(at, folder, registry))
        assert last in {0, -signal.SIGKILL}
        assert _state(folder) in (before, whole), f"half of it, killed at event {count}"
    assert count > 10
    assert _state(folder) == whole
    assert not [p for p in folder.parent.iterdir() if p.name.startswith(f".{folder.name}")]


def _killed_at(event: int, folder: Path, registry: Any) -> None:
    """A checkout that is killed just before it opens, links, makes or moves so many files."""
    seen = 0

    def watch(name: str, arguments: Any) -> None:
        nonlocal seen
        if name in EVENTS and str(folder.parent) in str(arguments):
            seen += 1
            if seen == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    registry.checkout("visits", None, folder)


def test_what_is_of_something_else_is_never_replaced(ready: Any, targets: dict[str, Path]) -> None:
    for name in ("notes.txt", ".gitignore"):
        folder = targets["earlier"].with_name(name.replace(".", ""))
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(RegistryError, match="something else"):
            ready.services.registry.checkout("visits", None, folder)
        assert _state(folder) == {name: b"mine"}
    (file := targets["new"].with_name("file")).write_text("mine")
    with pytest.raises(RegistryError):
        ready.services.registry.checkout("visits", None, file)
    assert file.read_text() == "mine"
