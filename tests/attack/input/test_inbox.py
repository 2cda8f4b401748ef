"""An upstream that drops links, pipes and devices instead of files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.engine import Session
from assay.errors import InputError
from assay.ingest import Landing
from assay.lake import Lake

CSV = b"id,n\na,1\n"
KEY = b"id,n\nsecret-of-the-registry,1\n"
FILES = {"kind": "files", "format": "csv"}
IN_INBOX = {**FILES, "location": "inbox/people/{batch}.csv"}
Land = Callable[..., Landing]


@pytest.fixture
def folder(lake: Lake) -> Path:
    made = lake.make("inbox", "people", "x").parent
    made.mkdir(exist_ok=True)
    return made


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "a.key"
    path.write_bytes(KEY)
    return path


def _refused(landing: Landing, lake: Lake) -> None:
    assert [fault.code for fault in landing.faults] == ["not_a_regular_file"]
    assert landing.rows is None
    kept = [p for p in lake.path("landing").rglob("*") if p.is_file()]
    assert all(KEY not in p.read_bytes() for p in kept)


def test_a_link_to_a_key_is_not_landed(landed: Land, lake: Lake, folder: Path, key: Path) -> None:
    (folder / "2013-02-04.csv").symlink_to(key)
    _refused(landed(IN_INBOX), lake)


def test_a_hard_link_to_a_key_is_not_landed(
    landed: Land, lake: Lake, folder: Path, key: Path
) -> None:
    (folder / "2013-02-04.csv").hardlink_to(key)
    _refused(landed(IN_INBOX), lake)


def test_a_folder_that_is_a_link_is_not_entered(
    landed: Land, lake: Lake, key: Path, tmp_path: Path
) -> None:
    key.rename(tmp_path / "2013-02-04.csv")
    lake.make("inbox")
    (lake.home / "inbox" / "people").symlink_to(tmp_path)
    _refused(landed(IN_INBOX), lake)


def test_an_inbox_that_is_a_link_is_refused(landed: Land, lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "people").mkdir(parents=True)
    (tmp_path / "elsewhere" / "people" / "2013-02-04.csv").write_bytes(CSV)
    lake.home.mkdir()
    (lake.home / "inbox").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        landed(IN_INBOX)


def test_a_pipe_does_not_hang(landed: Land, lake: Lake, folder: Path) -> None:
    os.mkfifo(folder / "2013-02-04.csv")
    _refused(landed(IN_INBOX), lake)


def test_a_folder_and_a_device_are_no_input(landed: Land, lake: Lake, folder: Path) -> None:
    (folder / "2013-02-04.csv").mkdir()
    _refused(landed(IN_INBOX), lake)
    _refused(landed({**FILES, "location": "/dev/zero", "max_bytes": 1000}), lake)


def test_the_file_is_checked_where_it_is_opened(
    landed: Land, lake: Lake, folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upstream that swaps its file for a link just before it is opened wins nothing."""
    batch = folder / "2013-02-04.csv"
    batch.write_bytes(CSV)
    opened = os.open

    def swapping(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).endswith("2013-02-04.csv") and not batch.is_symlink():
            batch.unlink()
            batch.symlink_to(key)
        return opened(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", swapping)
    _refused(landed(IN_INBOX), lake)


@pytest.mark.parametrize(
    "location",
    ["inbox/../secrets/{batch}.csv", "secrets/{batch}.csv", "landing/people/{batch}.csv",
     "inbox/people/../../secrets/{batch}.csv"],
)  # fmt: skip
def test_a_path_stays_in_the_inbox(landed: Land, lake: Lake, location: str) -> None:
    path = lake.home / location.replace("{batch}", "2013-02-04")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CSV)
    with pytest.raises(InputError):
        landed({**FILES, "location": location})
    with pytest.raises(InputError):
        landed({**FILES, "location": f"{lake.home}/{location}"})


@pytest.mark.parametrize("scheme", ["FILE://", "local://", "simplecache::file://"])
def test_no_scheme_leads_around_the_check(
    landed: Land, lake: Lake, folder: Path, key: Path, scheme: str
) -> None:
    (folder / "2013-02-04.csv").symlink_to(key)
    try:
        landing = landed({**FILES, "location": f"{scheme}{folder}/{{batch}}.csv"})
    except InputError:
        return
    _refused(landing, lake)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_path_that_no_file_can_have_is_said_so(landed: Land, lake: Lake, name: str) -> None:
    lake.make("inbox")
    with pytest.raises(InputError, match="not a path"):
        landed({**FILES, "location": f"inbox/{name}.csv"})


def test_a_folder_that_the_contract_names_may_be_a_link(landed: Land, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "2013-02-04.csv").write_bytes(CSV)
    (tmp_path / "drop").symlink_to(tmp_path / "disk")
    assert landed({**FILES, "location": f"{tmp_path}/drop/{{batch}}.csv"}).rows == 1


@pytest.mark.parametrize("name", ["x" * 5000 + ".csv", "x/" * 5000 + "x.parquet", "a\0b.csv"])
def test_a_path_on_the_command_line_is_no_unforeseen_error(session: Session, name: str) -> None:
    with pytest.raises(InputError, match="no such file"):
        session.open_data(name)
