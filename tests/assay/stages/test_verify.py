"""Silent corruption is found, named, and mended from another copy if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.stages.upkeep import verify

BATCH = "2024-01-02"


def _object(ready: Any, name: str) -> tuple[str, Path]:
    registry = ready.services.registry
    version = registry.snapshot("visits").batches[BATCH]
    return version, registry.fetch("visits", BATCH, version, name)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_sound_registry(ready: Any) -> None:
    found = verify(ready.services)
    assert found.sound
    assert found.damages == ()
    assert (found.versions, found.snapshots) == (3, 3)


@pytest.mark.parametrize("name", ["data", "observed", "state", "cleaning"])
def test_a_flipped_bit_is_named_and_mended_from_the_working_folder(ready: Any, name: str) -> None:
    version, path = _object(ready, name)
    whole = path.read_bytes()
    _flip(path)

    found = verify(ready.services, "visits")
    assert not found.sound
    assert [(d.dataset, d.batch, d.version, d.object, d.what) for d in found.damages] == [
        ("visits", BATCH, version, name, "other bytes")
    ]
    assert verify(ready.services, "visits", repair=True).sound
    assert path.read_bytes() == whole
    assert verify(ready.services, "visits").damages == ()


def test_what_has_no_other_copy_stays_damaged(ready: Any) -> None:
    for name in ("lineage", "verdicts"):
        _object(ready, name)[1].unlink()
    found = verify(ready.services, repair=True)
    assert {(d.object, d.what, d.repaired) for d in found.damages} == {
        ("lineage", "lost", False), ("verdicts", "lost", False)
    }  # fmt: skip


def test_a_damaged_git_object_is_found(ready: Any) -> None:
    git = ready.home / "registry" / "git" / "objects"
    victims = [p for p in git.rglob("*") if p.is_file() and len(p.name) == 38]
    for victim in victims[:3]:
        _flip(victim)
    found = verify(ready.services)
    assert not found.sound
    assert "git fsck" in found.damages[0].what


def test_the_command_names_it_and_ends_with_1(
    ready: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from assay.cli._main import run

    monkeypatch.setenv("ASSAY_PROJECT", str(ready.project))
    monkeypatch.setenv("ASSAY_HOME", str(ready.home))
    version, path = _object(ready, "data")
    assert run(["versions", "verify"]) == 0
    _flip(path)
    capsys.readouterr()
    assert run(["versions", "verify", "visits"]) == 1
    assert f"DAMAGED visits {BATCH} {version} data: other bytes" in capsys.readouterr().out
    assert run(["versions", "verify", "--repair"]) == 0
    assert f"REPAIRED visits {BATCH} {version} data: other bytes" in capsys.readouterr().out
