"""The master key: read from anywhere, shown nowhere, made once."""

from __future__ import annotations

import base64
import multiprocessing
import stat
from pathlib import Path

import pytest

from assay.errors import InputError
from assay.keys import PseudonymKey, load_pseudonym_key
from assay.lake import Lake

MASTER = bytes(range(32))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (MASTER.hex(), 1),
        ("v1:" + MASTER.hex(), 1),
        ("v12:" + MASTER.hex().upper() + "\n", 12),
        ("v3:" + base64.b64encode(MASTER).decode(), 3),
        ("v3:" + base64.urlsafe_b64encode(MASTER).decode().rstrip("="), 3),
    ],
)
def test_a_key_is_read_from_its_text(text, version):
    assert load_pseudonym_key(secret=text) == PseudonymKey(version, MASTER)
    assert load_pseudonym_key(environ={"ASSAY_PSEUDONYM_KEY": text}) == PseudonymKey(
        version, MASTER
    )


@pytest.mark.parametrize("text", ["v0:" + "ab" * 32, "short", "ab" * 31, "v1:" + "ü" * 64,
                                  "v1:" + "a" * 61 + "!!!", "v1:", "x1:" + "ab" * 32])  # fmt: skip
def test_what_is_no_key_is_refused_and_not_shown(text):
    with pytest.raises(InputError) as raised:
        load_pseudonym_key(secret=text)
    assert text not in str(raised.value)
    assert text[3:] not in str(raised.value) or len(text) <= 3


def test_a_secret_goes_before_the_environment_and_both_before_the_file(tmp_path):
    other = "v2:" + "cd" * 32
    assert load_pseudonym_key(Lake(tmp_path), secret="v3:" + "ab" * 32,
                    environ={"ASSAY_PSEUDONYM_KEY": other}).version == 3  # fmt: skip
    assert load_pseudonym_key(Lake(tmp_path), environ={"ASSAY_PSEUDONYM_KEY": other}).version == 2
    assert not (tmp_path / "secrets").exists()


def test_no_key_at_all():
    with pytest.raises(InputError, match="no pseudonym key"):
        load_pseudonym_key(environ={})


def test_the_embedded_key_is_made_once_and_private(tmp_path):
    first, again = (load_pseudonym_key(Lake(tmp_path), environ={}) for _ in range(2))
    path = tmp_path / "secrets" / "pseudonym.key"
    assert first == again
    assert len(first.master) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["pseudonym.key"]


def _load(home: Path) -> str:
    return load_pseudonym_key(Lake(home), environ={}).fingerprint


def test_ten_processes_make_one_key(tmp_path):
    with multiprocessing.get_context("fork").Pool(10) as pool:
        found = pool.map(_load, [tmp_path] * 40, chunksize=1)
    assert len(set(found)) == 1
    assert [p.name for p in (tmp_path / "secrets").iterdir()] == ["pseudonym.key"]


def test_a_key_that_others_can_read_is_refused(tmp_path):
    load_pseudonym_key(Lake(tmp_path), environ={})
    (tmp_path / "secrets" / "pseudonym.key").chmod(0o644)
    with pytest.raises(InputError, match="others can read"):
        load_pseudonym_key(Lake(tmp_path), environ={})


def test_the_master_shows_nowhere():
    key = PseudonymKey(1, MASTER)
    assert MASTER.hex() not in repr(key)
    assert repr(MASTER) not in repr(key)
    assert key.fingerprint not in MASTER.hex()
    assert len(key.fingerprint) == 32
