"""Every file of a home has its zone, and a person's name is found in the restricted ones alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assay.lake import ZONES

DAY = "2024-01-03"
CLEAR = {"inbox", "landing", "quarantine"}
"""Where a clear identifier may be."""


@pytest.fixture(scope="module")
def used(template: Any, mini: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home in which most has happened: held, drifted, forced, repeated."""
    ready = mini.copy(template, tmp_path_factory.mktemp("used"))
    for day, more in (
        (DAY, {}),
        ("2024-01-04", {"faults": 120}),
        ("2024-01-05", {"shift": 8}),
    ):
        ready.drop("visits", day, mini.visits(day, **more))
        ready.run("visits", day)
    rows = mini.visit_rows("2024-01-06")
    rows += [rows[9], (*rows[8][:3], "n/a", *rows[8][4:]), (None, "S1", 5, "x", "z", 1, "soon")]
    ready.drop("visits", "2024-01-06", mini.as_csv(mini.HEADER, rows))
    ready.run("visits", "2024-01-06", force=True, reason="known", approved_by="second")
    return ready


def test_every_file_lies_in_a_zone(used: Any) -> None:
    home, lake = used.home, used.services.lake

    strangers = [p for p in home.rglob("*") if lake.zone_of(p) is None]

    assert strangers == []


def test_restricted_folders_are_their_owners_alone(used: Any) -> None:
    restricted = [used.home / z.name for z in ZONES if z.restricted]
    # Git and DVC make folders of their own, below one that nobody else can enter.
    ours = [z for z in restricted if z.name not in {"registry", "cache"}]
    below = [f for z in ours if z.is_dir() for f in z.rglob("*") if f.is_dir()]
    folders = [*(z for z in restricted if z.is_dir()), *below]
    assert {f.name for f in folders} >= {"landing", "quarantine", "registry", "work"}

    open_ones = [f for f in folders if stat.S_IMODE(f.stat().st_mode) != 0o700]

    assert open_ones == []


def test_nothing_is_written_outside(ready: Any, mini: Any, tmp_path: Path) -> None:
    before = _listing(ready.project)
    ready.drop("visits", DAY, mini.visits(DAY))

    ready.run("visits", DAY)

    assert _listing(ready.project) == before
    assert {p.name for p in tmp_path.iterdir()} == {"project", "home"}


def _listing(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_no_person_is_named_outside_the_restricted_zones(used: Any, mini: Any) -> None:
    days = ("2024-01-01", DAY, "2024-01-04", "2024-01-05", "2024-01-06")
    # 0 is quarantined in each, 8 is twice in the last, 250 is an ordinary row.
    markers = [f"MRK{day.replace('-', '')}{i:04d}" for day in days for i in (0, 8, 250)]

    found = {
        path.relative_to(used.home).parts[0]: path
        for path in used.home.rglob("*")
        if path.is_file() and _names(path, markers)
    }

    assert set(found) == CLEAR, found  # the three prove that the search finds them
    for blob in _git_objects(used.home):
        assert not _spelled(blob, markers)


def _names(path: Path, markers: list[str]) -> bool:
    return any(_spelled(text, markers) for text in _readings(path))


def _readings(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what they say where they are packed."""
    raw = path.read_bytes()
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    if raw[:4] == b"PAR1":
        yield str(pq.read_table(path).to_pydict()).encode()
        yield str(pq.read_metadata(path).metadata).encode()
    if raw[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump()).encode()


def _git_objects(home: Path) -> Iterator[bytes]:
    repositories = [p.parent for p in home.rglob("HEAD") if (p.parent / "objects").is_dir()]
    assert repositories
    for repository in repositories:
        command = ["git", "--git-dir", str(repository), "cat-file"]
        command += ["--batch-all-objects", "--batch"]
        yield subprocess.run(command, capture_output=True, check=True).stdout


def _spelled(text: bytes, markers: list[str]) -> bool:
    return any(form in text for marker in markers for form in _forms(marker))


def _forms(marker: str) -> list[bytes]:
    plain, lower = marker.encode(), marker.lower().encode()
    forms = [plain, lower]
    for value in (plain, lower):
        forms.append(base64.b64encode(value).rstrip(b"="))
        forms += [
            getattr(hashlib, name)(value).hexdigest().encode() for name in ("md5", "sha1", "sha256")
        ]
    return forms
