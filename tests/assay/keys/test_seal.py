"""Sealed files: deterministic, whole or refused, and gone with their key."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import InputError
from assay.keys import discard_period_keys, period_key, period_of, seal_file, unseal_file
from assay.lake import Lake

KEY = bytes(range(32))
BLOCK = 1 << 20


def sealed(folder: Path, content: bytes, name: str = "one", key: bytes = KEY) -> Path:
    plain, target = folder / f"{name}.plain", folder / f"{name}.sealed"
    plain.write_bytes(content)
    target.unlink(missing_ok=True)
    seal_file(plain, target, key, "audit/loans/2024-01/v1")
    return target


def opened(path: Path, key: bytes = KEY, about: str = "audit/loans/2024-01/v1") -> bytes:
    target = path.with_suffix(".opened")
    target.unlink(missing_ok=True)
    unseal_file(path, target, key, about)
    return target.read_bytes()


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300), more=st.sampled_from([0, BLOCK - 150, BLOCK, 2 * BLOCK]))
def test_what_is_sealed_opens(tmp_path: Path, content: bytes, more: int) -> None:
    whole = content + bytes(more)
    path = sealed(tmp_path, whole)
    assert opened(path) == whole
    assert path.read_bytes() == sealed(tmp_path, whole, "two").read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_mark_stands_in_clear_and_changes_nothing_else(tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain", tmp_path / "marked.sealed"
    plain.write_bytes(b"rows" * 1000)
    seal_file(plain, marked, KEY, "audit/loans/2024-01/v1", mark="ab" * 16)
    assert marked.read_bytes().startswith(b"assay sealed 2 " + b"ab" * 16 + b"\n")
    assert opened(marked) == plain.read_bytes()
    for other in (b"assay sealed 3 ab\n", b"assay sealed 2 xy\n", b"assay sealed 2 " + b"a" * 200):
        marked.write_bytes(other + marked.read_bytes().partition(b"\n")[2])
        with pytest.raises(InputError, match="isn't a sealed file"):
            opened(marked)


def test_equal_blocks_don_t_look_equal(tmp_path: Path) -> None:
    raw = sealed(tmp_path, bytes(3 * BLOCK)).read_bytes()
    step = BLOCK + 28
    first = raw[15 : 15 + step]
    assert first not in raw[15 + step :]
    assert b"secret" not in sealed(tmp_path, b"secret" * 1000).read_bytes()


@pytest.mark.parametrize("damage", ["flip", "cut", "short", "swap", "double", "nothing", "magic"])
def test_a_changed_file_doesn_t_open(tmp_path: Path, damage: str) -> None:
    path = sealed(tmp_path, os.urandom(2 * BLOCK + 5))
    raw, step = path.read_bytes(), BLOCK + 28
    head, blocks = raw[:15], [raw[i : i + step] for i in range(15, len(raw), step)]
    damaged = {
        "flip": raw[:99] + bytes([raw[99] ^ 1]) + raw[100:],
        "cut": head + b"".join(blocks[:2]),
        "short": raw[:-3],
        "swap": head + blocks[1] + blocks[0] + blocks[2],
        "double": head + blocks[0] + blocks[0] + blocks[1] + blocks[2],
        "nothing": head,
        "magic": b"x" + raw[1:],
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(InputError):
        opened(path)
    assert damage == "magic" or not path.with_suffix(".opened").exists()


def test_another_key_or_another_place_doesn_t_open(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"x")
    with pytest.raises(InputError, match="doesn't open"):
        opened(path, key=bytes(32))
    with pytest.raises(InputError, match="doesn't open"):
        opened(path, about="audit/loans/2024-01/v2")


def test_a_key_of_a_period_is_made_once_and_goes_with_its_last_file(tmp_path: Path) -> None:
    lake, now = Lake(tmp_path), datetime.now(UTC)
    assert period_of(datetime(2024, 2, 1, tzinfo=UTC)) == "2024-02"
    key = period_key(lake, "loans", "2024-01")
    assert key == period_key(lake, "loans", "2024-01") != period_key(lake, "loans", "2024-02")
    assert len({key, period_key(lake, "people", "2024-01")}) == 2
    file = lake.make("audit", "loans", "2024-01-31", "v1", "2024-01.sealed")
    file.write_bytes(b"")
    late = now + timedelta(days=2)

    assert discard_period_keys(lake, "audit", now) == []
    gone = discard_period_keys(lake, "audit", late)
    assert sorted(f"{p.parent.name} {p.stem}" for p in gone) == ["loans 2024-02", "people 2024-01"]
    file.unlink()
    discard_period_keys(lake, "audit", late)
    assert period_key(lake, "loans", "2024-01") != key


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    period_key(lake, "loans", "2024-01")
    path = lake.make("secrets", "sealed", "loans", "2024-01.key")
    path.chmod(0o644)
    with pytest.raises(InputError, match="others can read a secret"):
        period_key(lake, "loans", "2024-01")
    path.chmod(0o600)
    path.write_text("abc")
    with pytest.raises(InputError, match="isn't the key of a period"):
        period_key(lake, "loans", "2024-01")
