"""The access log: whatever is done to its lines is found, and no writer is in another's way."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.access.log import AccessEvent, AccessLog, check_log, open_head
from assay.errors import InputError
from assay.lake import Lake

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
LINES = 12


def event(user: str = "ada of the north", rows: int = 1) -> AccessEvent:
    return AccessEvent(NOW, user, "scientist", "visits", "read_released", "research", rows,
                       {"snapshot": 2})  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with a log of twelve lines, and its heads after the fourth and the eighth."""
    home, anchors = tmp_path_factory.mktemp("log"), []
    log = AccessLog(Lake(home))
    for number in range(1, LINES + 1):
        log.append(event("ada of the north" if number % 2 else "grace of the south", number))
        if number in {4, 8}:
            anchors.append(str(log.head_text()))
    return home, anchors


@pytest.fixture
def copied(written: tuple[Path, list[str]], tmp_path: Path) -> tuple[AccessLog, list[str]]:
    shutil.copytree(written[0], tmp_path / "home", dirs_exist_ok=True)
    return AccessLog(Lake(tmp_path / "home")), written[1]


def change(log: AccessLog, how: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(how(lines)))


def test_a_log_that_nobody_touched_is_whole(copied: tuple[AccessLog, list[str]]) -> None:
    log, anchors = copied
    found = check_log(log, anchors)
    assert (found.whole, found.lines, found.anchored, found.anchors) == (True, LINES, 8, 2)
    assert [e.rows for e in log.entries()] == list(range(1, LINES + 1))
    assert {e.user for e in log.entries()} == {"ada of the north", "grace of the south"}


def test_a_log_of_nothing_is_whole(tmp_path: Path) -> None:
    found = check_log(AccessLog(Lake(tmp_path)), [])
    assert (found.whole, found.lines) == (True, 0)


def test_no_name_is_readable_in_the_file(copied: tuple[AccessLog, list[str]]) -> None:
    log, _ = copied
    stored = log.path.read_bytes() + b"".join(p.name.encode() for p in log.path.parent.rglob("*"))
    assert b"ada of the north" not in stored
    assert b"grace of the south" not in stored


def test_a_tail_that_was_cut_is_found(copied: tuple[AccessLog, list[str]]) -> None:
    log, anchors = copied
    change(log, lambda lines: lines[:-1])
    assert any("missing at the end" in f.what for f in check_log(log, anchors).faults)
    # Without the head beside it only the anchors know how long it was.
    log.path.with_name("head.json").unlink()
    change(log, lambda lines: lines[:6])
    assert any("missing at the end: 8" in f.what for f in check_log(log, anchors).faults)


def test_a_head_that_was_set_back_with_its_lines_is_found(
    copied: tuple[AccessLog, list[str]],
) -> None:
    log, anchors = copied
    change(log, lambda lines: lines[:4])
    log.path.with_name("head.json").write_text(anchors[0])
    assert check_log(log, anchors[:1]).whole
    assert not check_log(log, anchors).whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.integers(0, LINES - 1), data=st.data())
def test_a_changed_byte_is_found(
    written: tuple[Path, list[str]], tmp_path: Path, at: int, data: st.DataObject
) -> None:
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(written[0], home)
    log = AccessLog(Lake(home))
    line = log.path.read_bytes().splitlines()[at]
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.sampled_from([b for b in b"09afxyz ,}" if b != line[place]]))

    change(log, lambda lines: [*lines[:at], line[:place] + bytes([other]) + line[place + 1 :]
                               + b"\n", *lines[at + 1 :]])  # fmt: skip

    assert not check_log(log, []).whole


@pytest.mark.parametrize(
    "how",
    [
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:5], *lines[6:]],
        lambda lines: [*lines[:5], lines[5], *lines[5:]],
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-2], lines[-1], lines[-2]],
    ],
    ids=["moved", "removed", "twice", "first", "added", "last two moved"],
)
def test_a_line_that_was_moved_removed_or_added_is_found(
    copied: tuple[AccessLog, list[str]], how: Callable[[list[bytes]], list[bytes]]
) -> None:
    log, anchors = copied
    change(log, how)
    assert not check_log(log, anchors).whole


def test_a_log_that_is_written_again_with_its_own_key_differs_from_an_anchor(
    copied: tuple[AccessLog, list[str]],
) -> None:
    log, anchors = copied
    change(log, lambda lines: [])
    log.path.with_name("head.json").unlink()
    for number in range(LINES):
        log.append(event("eve", number))
    assert check_log(log, []).whole
    assert [f.line for f in check_log(log, anchors).faults] == [4, 8]


def test_a_head_is_believed_only_with_the_logs_own_signature(
    copied: tuple[AccessLog, list[str]], tmp_path: Path
) -> None:
    log, anchors = copied
    said = json.loads(anchors[0])
    assert open_head(json.dumps({**said, "lines": 3})) is None
    assert open_head(json.dumps({**said, "signature": "00" * 64})) is None
    stranger = AccessLog(Lake(tmp_path / "other"))
    stranger.append(event())
    text = str(stranger.head_text())
    assert open_head(text) is not None
    assert not check_log(log, [text]).whole
    assert not check_log(log, [*anchors[::-1]]).whole


def test_a_shredded_person_is_nobody_and_the_chain_still_verifies(
    copied: tuple[AccessLog, list[str]],
) -> None:
    log, anchors = copied
    assert log.people.shred("ada of the north")
    assert not log.people.shred("ada of the north")
    assert {e.user for e in log.entries()} == {None, "grace of the south"}
    assert check_log(log, anchors).whole
    before = {e.person for e in log.entries() if e.user is None}
    log.append(event("ada of the north"))
    (entry,) = [e for e in log.entries() if e.user == "ada of the north"]
    assert entry.person not in before


def test_nothing_is_added_after_a_line_that_cannot_be_read(
    copied: tuple[AccessLog, list[str]],
) -> None:
    log, _ = copied
    change(log, lambda lines: [*lines[:-1], b"{}\n"])
    with pytest.raises(InputError, match="assay access verify"):
        log.append(event())


def test_what_a_killed_writer_left_of_a_line_goes(copied: tuple[AccessLog, list[str]]) -> None:
    log, anchors = copied
    with log.path.open("ab") as file:
        file.write(b'{"about": {"snap')
    assert check_log(log, anchors).whole
    log.append(event())
    assert check_log(log, anchors).lines == LINES + 1
    assert check_log(log, anchors).whole


_WRITER = """
import datetime as dt, sys
from pathlib import Path
from assay.access.log import AccessEvent, AccessLog
from assay.lake import Lake
log = AccessLog(Lake(Path(sys.argv[1])))
now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
for number in range(int(sys.argv[3])):
    log.append(AccessEvent(now, sys.argv[2], "r", "d", "read_released", "p", number, {}))
    print(number, flush=True)
"""


def _writers(home: Path, count: int, lines: int) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(home), f"user{n}", str(lines)],
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        )
        for n in range(count)
    ]  # fmt: skip


def test_ten_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    for process in _writers(tmp_path, 10, 8):
        process.communicate()
        assert process.returncode == 0
    log = AccessLog(Lake(tmp_path))
    found = check_log(log, [])
    assert (found.whole, found.lines) == (True, 80)
    assert len({(e.user, e.rows) for e in log.entries()}) == 80


def test_writers_that_are_killed_leave_a_chain_that_verifies(tmp_path: Path) -> None:
    said = 0
    for turn in range(6):
        writers = _writers(tmp_path, 3, 10_000)
        assert writers[0].stdout is not None
        writers[0].stdout.readline()
        time.sleep(0.05 + 0.03 * turn)
        for process in writers:
            process.send_signal(signal.SIGKILL)
        printed = [process.communicate()[0].count(b"\n") for process in writers]
        said += sum(printed) + 1
        log = AccessLog(Lake(tmp_path))
        found = check_log(log, [])
        assert found.whole, found.faults
        assert found.lines >= said
        log.append(event())
        said = found.lines + 1
        assert check_log(log, []).whole
    assert not [p for p in (tmp_path / "access_log").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("step", ["write", "fsync", "truncate", "rename"])
def test_a_writer_that_is_killed_at_a_step_leaves_a_chain_that_verifies(
    copied: tuple[AccessLog, list[str]], step: str
) -> None:
    log, anchors = copied
    if step == "truncate":
        with log.path.open("ab") as file:
            file.write(b'{"half')
    pid = os.fork()
    if pid == 0:
        _die_at(step)
        log.append(event())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert check_log(log, anchors).whole
    log.append(event())
    assert check_log(log, anchors).whole


def _die_at(step: str) -> None:
    """Let this process kill itself before it does a step; a write is done by half."""
    real = os.write

    def half(descriptor: int, content: bytes) -> int:
        real(descriptor, content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def watch(name: str, _: object) -> None:
        wanted = {"truncate": "os.truncate", "rename": "os.rename"}.get(step)
        if name == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    if step == "write":
        os.write = half  # type: ignore[assignment]
    elif step == "fsync":
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    else:
        sys.addaudithook(watch)
