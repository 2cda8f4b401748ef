"""A second catalog, or a pseudonym key under another name, writes nothing to the registry."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assay.errors import RegistryError
from assay.project import Project
from assay.stages.services import Services
from assay.stages.upkeep import accept_history, apply_sweep, plan_sweep, rebuild_catalog, verify

DAY = "2024-01-03"
REASON = {"reason": "the other host is gone", "author": "vera"}


def git(home: Path, *arguments: str) -> str:
    command = ["git", "--git-dir", str(home / "registry" / "git"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def second_home(train: Any, to: Path) -> Any:
    """Another home, with a catalog of its own, on the registry of the first."""
    shutil.copytree(train.home / "secrets", to / "secrets")
    shutil.copytree(train.home / "inbox", to / "inbox")
    second = type(train)(train.project, to)
    environ = {
        "ASSAY_PROJECT": str(train.project),
        "ASSAY_HOME": str(to),
        "ASSAY_REGISTRY_GIT": str(train.home / "registry" / "git"),
        "ASSAY_REGISTRY_OBJECTS": str(train.home / "registry" / "objects"),
    }
    key = (train.home / "secrets" / "registry.key").read_bytes().hex()

    class Second(type(train)):  # type: ignore[misc]
        @property
        def services(self) -> Services:
            return Services(Project.from_environment(environ), self.now, {"registry_key": key})

    return Second(second.project, to)


@pytest.fixture
def second(ready: Any, mini: Any, tmp_path: Path) -> Any:
    ready.drop("visits", DAY, mini.visits(DAY))
    return second_home(ready, tmp_path / "second")


def test_a_second_catalog_is_refused_at_its_first_write(ready: Any, second: Any) -> None:
    head = git(ready.home, "rev-parse", "main")
    with pytest.raises(RegistryError, match=r"this catalog isn't the one.*--accept-history"):
        second.run("sites", "2024")
    for sweep in (plan_sweep, rebuild_catalog, lambda s: apply_sweep(s, "0" * 64)):
        with pytest.raises(RegistryError, match="this catalog isn't the one"):
            sweep(second.services)
    assert git(ready.home, "rev-parse", "main") == head
    assert len(second.services.registry.versions("visits")) == 2, "it may read"
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"


def test_one_command_accepts_it_on_record_and_the_first_is_refused(ready: Any, second: Any) -> None:
    services = second.services
    made = accept_history(services, **REASON)
    assert (made.author, made.reason) == ("vera", REASON["reason"])
    assert made.catalog == services.catalog.history.identity()
    assert json.loads(git(ready.home, "show", "main:.assay/keys.json"))["catalog"] == made.catalog
    recorded = json.loads(git(ready.home, "show", "main:.assay/accepted.json"))
    assert [a["reason"] for a in recorded] == [REASON["reason"]]
    assert accept_history(services, **REASON) is None
    rebuild_catalog(services)
    second.run("visits", DAY)
    assert second.batch("visits", DAY)["state"] == "released"
    assert verify(services).damages == ()
    with pytest.raises(RegistryError, match="this catalog isn't the one"):
        ready.run("visits", DAY)
    accept_history(ready.services, reason="it is back", author="vera")
    ready.later(minutes=11).run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"


def test_a_registry_from_before_ids_takes_the_first_catalog(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    keys = json.loads(git(ready.home, "show", "main:.assay/keys.json"))
    assert keys["catalog"] == ready.services.catalog.history.identity()


def with_pseudonym_key(train: Any, text: str) -> None:
    path = train.home / "secrets" / "pseudonym.key"
    path.unlink()
    path.write_text(text)
    path.chmod(0o600)


@pytest.mark.parametrize(
    ("renamed", "said"),
    [
        ("v2:" + "ab" * 32, "nobody has accepted a pseudonym v2 key"),
        ("v1:" + "ab" * 32, "pseudonym v1 key isn't the one"),
        ("v2:same", "the pseudonym v2 key is the pseudonym v1 key under another name"),
    ],
)
def test_a_pseudonym_key_under_another_name(ready: Any, mini: Any, renamed: str, said: str) -> None:
    before = (ready.home / "secrets" / "pseudonym.key").read_text().strip().removeprefix("v1:")
    ready.drop("visits", DAY, mini.visits(DAY))
    head = git(ready.home, "rev-parse", "main")
    with_pseudonym_key(ready, renamed.replace("same", before))
    with pytest.raises(RegistryError, match=said):
        ready.run("visits", DAY)
    assert git(ready.home, "rev-parse", "main") == head
    assert not (ready.home / "landing" / "visits" / DAY).exists()


def test_a_later_key_is_accepted_by_one_command_on_record(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    with_pseudonym_key(ready, "v2:" + "ab" * 32)
    services = ready.services
    fingerprint = services.key.fingerprint
    about = {**REASON, "at": ready.now()}
    services.registry.accept_key("pseudonym v2", fingerprint, **about)
    ready.run("visits", DAY)
    known, accepted = services.registry.keys()
    assert known["pseudonym v2"] == fingerprint
    assert [(a.name, a.author, a.reason) for a in accepted] == [
        ("pseudonym v2", "vera", REASON["reason"])
    ]
    with pytest.raises(RegistryError, match="under another name"):
        services.registry.accept_key("pseudonym v3", fingerprint, **about)
