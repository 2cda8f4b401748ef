"""A killed command leaves nothing outside the spill zone, and there until the next session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.errors import InputError
from assay.lake import private_folder

KILLED = """\
import os, signal, sys
from assay.cli._main import main
from assay.engine import Session
from assay.stages.authoring import _local_file

def die(function):
    def dies(*args, **more):
        function(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    return dies

_local_file.land = die(_local_file.land)
Session.arrow = die(Session.arrow)
sys.argv[0] = "assay"
main()
"""


@pytest.fixture
def killed(train: Any, mini: Any, tmp_path: Path) -> Any:
    """A command that is killed once it has read its data; gives the machine's temporary folder."""
    machine = tmp_path / "machine"
    machine.mkdir()
    (tmp_path / "2024-01-01.csv").write_text(mini.visits("2024-01-01"))
    environ = {
        **os.environ,
        "ASSAY_PROJECT": str(train.project),
        "ASSAY_HOME": str(train.home),
        "TMPDIR": str(machine),
    }

    def run(*words: str) -> Path:
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *words], cwd=tmp_path, env=environ, check=False
        )
        assert done.returncode == -signal.SIGKILL
        return machine

    return run


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.name not in {".lock", "alive"}]


def test_a_killed_suggest_leaves_its_rows_in_the_spill_zone(killed: Any, train: Any) -> None:
    train.home.mkdir()
    machine = killed("suggest", "2024-01-01.csv", "--dataset", "visits")
    assert _files(machine) == []
    spill = train.home / "spill"
    assert [p for p in _files(spill) if p.suffix == ".parquet"], "it died too early"
    assert spill.stat().st_mode & 0o777 == 0o700
    with train.services.session():
        assert _files(spill) == []


@pytest.mark.parametrize(
    "words", [("suggest", "2024-01-01.csv"), ("new", "loans", "--from", "2024-01-01.csv")]
)
def test_without_a_home_the_next_command_sweeps(killed: Any, words: tuple[str, ...]) -> None:
    machine = killed(*words)
    (own,) = machine.iterdir()
    assert own.stat().st_mode & 0o777 == 0o700
    left = {p for p in own.iterdir() if p.is_dir()}
    assert left
    killed(*words)
    assert left.isdisjoint(own.iterdir())


def test_a_folder_that_another_user_made_first_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_folder(tmp_path / "own"):
        pass
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(InputError, match="another user"), private_folder(tmp_path / "own"):
        pass
