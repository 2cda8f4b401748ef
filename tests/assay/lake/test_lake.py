"""Zones: rights, no way out, and publishing by rename."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.errors import InputError
from assay.lake import ZONES, Lake, publish


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.name)
def test_a_restricted_zone_is_its_owners_alone(tmp_path: Path, zone: object) -> None:
    lake = Lake(tmp_path)
    path = lake.make(zone.name, "flights", "2013-02-04", "x")  # type: ignore[attr-defined]
    mode = 0o700 if zone.restricted else 0o755  # type: ignore[attr-defined]
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        assert folder.stat().st_mode & 0o777 == mode
    assert lake.zone_of(path) == zone


def test_a_path_is_named_without_being_made(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    assert lake.path("work", "flights", "x") == tmp_path / "home" / "work" / "flights" / "x"
    assert not list(tmp_path.iterdir())
    assert lake.make("work") == lake.path("work")
    assert lake.path("work").is_dir()


@pytest.mark.parametrize("part", ["..", ".", "", "a/b", "a\\b", "a\0"])
def test_no_part_leads_out_of_a_zone(tmp_path: Path, part: str) -> None:
    with pytest.raises(InputError):
        Lake(tmp_path).path("work", part)


def test_a_stray_file_is_claimed_by_no_zone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert lake.zone_of(tmp_path / "stray.txt") is None
    assert lake.zone_of(tmp_path / "attic" / "x") is None
    assert lake.zone_of(Path("/etc/passwd")) is None


def test_publishing_replaces_at_once(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    publish(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
    assert not (tmp_path / "new").exists()


def test_only_the_lake_joins_a_zone_to_the_home() -> None:
    root = Path(__file__).parents[3]
    files = [p for d in ("include", "plugins", "dags", "config") for p in (root / d).rglob("*.py")]
    joining = [p for p in files if ".home /" in p.read_text("utf-8") and p.parent.name != "lake"]
    assert joining == []
