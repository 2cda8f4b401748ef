"""Zones that are links: what is swept or written there would be another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.engine import open_session
from assay.errors import InputError
from assay.lake import ZONES, Lake, private_folder


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "colleague"
    (folder / "thesis").mkdir(parents=True)
    (folder / "thesis" / "chapter.txt").write_text("years of work")
    return folder


def test_a_spill_folder_that_is_a_link_is_refused(tmp_path: Path, theirs: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "spill").symlink_to(theirs)
    for use in (private_folder, open_session):
        with pytest.raises(InputError, match="is a link"), use(tmp_path / "home" / "spill"):
            pass
    assert (theirs / "thesis" / "chapter.txt").is_file()


def test_only_folders_of_its_own_are_swept(theirs: Path) -> None:
    with private_folder(theirs):
        assert (theirs / "thesis" / "chapter.txt").is_file()


def test_the_folder_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    for name in ("private-left", "tmpleft"):
        (tmp_path / name / "work").mkdir(parents=True)
        (tmp_path / name / "alive").touch()
    (tmp_path / "private-young").mkdir()
    with private_folder(tmp_path) as own:
        assert [p for p in tmp_path.iterdir() if p.is_dir()] == [own.parent]


@pytest.mark.parametrize("zone", [zone.name for zone in ZONES])
def test_no_zone_is_a_link(tmp_path: Path, theirs: Path, zone: str) -> None:
    lake = Lake(tmp_path / "home")
    lake.home.mkdir()
    (lake.home / zone).symlink_to(theirs)
    before = theirs.stat().st_mode
    for use in (lake.path, lake.make):
        with pytest.raises(InputError, match="is a link"):
            use(zone, "dataset", "file")
    assert theirs.stat().st_mode == before


def test_no_folder_within_a_zone_is_a_link(tmp_path: Path, theirs: Path) -> None:
    lake = Lake(tmp_path / "home")
    lake.make("reports")
    (lake.home / "reports" / "dataset").symlink_to(theirs)
    with pytest.raises(InputError, match="is a link"):
        lake.make("reports", "dataset", "batch", "file")
    assert not (theirs / "batch").exists()


def test_the_home_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    assert Lake(tmp_path / "home").make("work", "a", "b").parent.is_dir()
