import os
import stat
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.errors import RegistryError
from assay.lake import private_folder
from assay.versioning import Registry, RegistryUnavailable

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def by_url(bench):
    """The same registry by URL, so through a mirror of its own."""
    bench.config = replace(bench.config, git_remote=f"file://{bench.config.git_remote}")
    return bench


def test_a_remote_by_url_is_read_through_a_mirror_and_written_by_push(by_url):
    first = by_url.both("2013-02-04")
    other = by_url.elsewhere("b")
    second = other.both("2013-02-05")
    assert by_url.registry.snapshots("flights") == (first, second)
    assert other.registry.snapshot("flights") == by_url.registry.snapshot("flights") == second
    assert by_url.registry.rollback("flights", 1, reason="r", author="a", at=AT).snapshot == 1
    assert other.registry.snapshot("flights") == first


def test_no_process_leaves_a_clone_or_a_working_tree(bench):
    bench.both("2013-02-04")
    names = {p.name for p in bench.config.scratch.rglob("*")}
    assert names <= {"clones", "commits", ".lock", "queue.lock"}
    assert bench.git("rev-parse", "--is-bare-repository") == "true"


def test_a_killed_process_s_folder_is_removed_by_the_next_one(tmp_path):
    dead = tmp_path / "dead"
    (dead / "work").mkdir(parents=True)
    (dead / "alive").touch()
    (tmp_path / "private-deader").mkdir()
    with private_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        with private_folder(tmp_path) as other:
            assert folder.is_dir()
            assert other != folder
        assert [p for p in tmp_path.iterdir() if p.is_dir()] == [folder.parent]
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


def test_the_callers_git_environment_leads_nowhere_else(bench, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(bench.folder / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(bench.folder / "index"))
    bench.both("2013-02-04")
    assert bench.registry.snapshot("flights").number == 1
    assert not (bench.folder / "index").exists()


def test_the_lock_of_a_killed_git_is_removed_when_it_is_old(bench):
    bench.both("2013-02-04")
    lock = Path(bench.config.git_remote) / "refs" / "heads" / "main.lock"
    lock.touch()
    os.utime(lock, (time.time() - 120,) * 2)
    assert bench.both("2013-02-05").number == 2
    assert not lock.exists()


def test_a_young_lock_is_waited_for(bench, monkeypatch):
    bench.both("2013-02-04")
    monkeypatch.setattr("assay.versioning._git._ATTEMPTS", 2)
    lock = Path(bench.config.git_remote) / "refs" / "heads" / "main.lock"
    lock.touch()
    with pytest.raises(RegistryUnavailable, match="2 times in a row"):
        bench.both("2013-02-05")
    assert lock.exists()
    lock.unlink()
    assert bench.both("2013-02-05").number == 2


def test_a_remote_that_refuses_is_an_error_that_says_so(bench):
    hook = Path(bench.config.git_remote) / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(RegistryError, match="refuses the push") as caught:
        bench.commit("2013-02-04")
    assert "pre-receive hook declined" in str(caught.value)


def test_a_folder_with_hooks_asks_them_and_one_without_is_written_straight(bench):
    remote = Path(bench.config.git_remote)
    bench.both("2013-02-04")
    asked = bench.folder / "asked"
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncat >> {asked}\n")
    hook.chmod(0o755)
    assert bench.both("2013-02-05").number == 2
    assert len(asked.read_text().splitlines()) >= 2
    hook.unlink()
    hook.parent.rmdir()
    before = asked.read_text()
    assert bench.both("2013-02-06").number == 3
    assert asked.read_text() == before
    subprocess.run(["git", "-C", remote, "fsck", "--strict"], check=True, capture_output=True)


def test_no_repository_is_an_error_and_no_answer_is_worth_a_retry(bench):
    nowhere = replace(bench.config, git_remote=str(bench.folder / "nowhere"))
    with pytest.raises(RegistryError, match="no such repository"):
        Registry(nowhere).datasets()
    gone = replace(bench.config, git_remote=f"file://{bench.folder}/nowhere")
    with pytest.raises(RegistryError, match="no such repository"):
        Registry(gone).datasets()
    silent = replace(bench.config, git_remote="http://user:token@127.0.0.1:9/x.git")
    with pytest.raises(RegistryUnavailable) as caught:
        Registry(silent).datasets()
    assert "token" not in str(caught.value)


def test_a_broken_record_is_an_error_that_names_its_file(bench):
    bench.both("2013-02-04")
    clone = bench.folder / "clone"
    subprocess.run(["git", "clone", "-q", bench.config.git_remote, clone], check=True)
    (clone / "flights" / "pointer.json").write_text("{}")
    author = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
    subprocess.run(["git", *author, "commit", "-qam", "break"], cwd=clone, check=True)
    subprocess.run(["git", "push", "-q"], cwd=clone, check=True)
    with pytest.raises(RegistryError, match=r"flights/pointer\.json"):
        bench.registry.pointer("flights")


def test_history_is_only_ever_added_to(bench):
    bench.both("2013-02-04")
    before = bench.git("rev-list", "main").split()
    bench.both("2013-02-05")
    bench.registry.rollback("flights", 1, reason="r", author="a", at=AT)
    after = bench.git("rev-list", "main").split()
    assert after[-len(before) :] == before
    assert bench.git("log", "-1", "--format=%an %ae %aI") == (
        "Assay assay@localhost 2026-01-05T06:00:00+00:00"
    )
    assert bench.git("fsck", "--strict", "--no-dangling") == ""
