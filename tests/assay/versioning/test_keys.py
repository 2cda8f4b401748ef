"""A host with another key is refused before it writes; verdicts stand beside the version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.errors import RegistryError
from assay.versioning import Registry

from .conftest import DISPOSAL

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
BATCH = "2013-02-04"


def _objects(bench):
    return sorted(p.name for p in Path(bench.config.object_remote).rglob("*") if p.is_file())


def test_another_registry_key_is_refused_before_anything_is_written(bench):
    version = bench.commit(BATCH).version
    bench.release(BATCH, version)
    gone = bench.both("2013-02-05").batches["2013-02-05"]
    about = {"reason": "r", "author": "a", "at": AT}
    removal = bench.registry.removal
    removal.withdraw("flights", {"2013-02-05": gone}, **about)
    removal.bury("flights", "2013-02-05", gone, why="w", archived=True, at=AT)
    record = removal.record("flights", "2013-02-05", gone)
    assert record is not None
    unneeded = removal.unneeded(AT)
    head, objects = bench.registry.head(), _objects(bench)

    bench.config = replace(bench.config, key=b"x" * 32)
    registry = bench.registry
    removal = registry.removal
    files = {"data": bench.folder / "none"}
    for attempt in (
        lambda: bench.commit("2013-02-06"),
        lambda: registry.release("flights", BATCH, version, **about),
        lambda: registry.rollback("flights", 1, **about),
        lambda: registry.judge("flights", BATCH, version, {}, at=AT),
        lambda: removal.withdraw("flights", {BATCH: version}, **about),
        lambda: removal.bury("flights", BATCH, version, why="w", archived=False, at=AT),
        lambda: removal.set_aside(unneeded, AT, DISPOSAL),
        lambda: removal.bring_back(record, files, until=AT.date(), **about),
    ):
        with pytest.raises(RegistryError, match="registry key isn't the one"):
            attempt()
    assert bench.registry.head() == head
    assert _objects(bench) == objects


def test_hosts_agree_on_a_key_once(bench):
    one, two = bench.registry, Registry(replace(bench.config, scratch=bench.folder / "two"))
    one.agree("pseudonym v1", "aa", at=AT)
    head = one.head()
    two.agree("pseudonym v1", "aa", at=AT)
    assert two.head() == head
    with pytest.raises(RegistryError, match="pseudonym v1 key isn't the one"):
        two.agree("pseudonym v1", "bb", at=AT)
    with pytest.raises(RegistryError, match="nobody has accepted a pseudonym v2 key"):
        two.agree("pseudonym v2", "bb", at=AT)
    two.accept_key("pseudonym v2", "bb", reason="r", author="vera", at=AT)
    two.agree("pseudonym v2", "bb", at=AT)
    known, accepted = one.keys()
    assert (known["pseudonym v2"], accepted[0].author) == ("bb", "vera")
    one.agree("pseudonym v1", "aa", at=AT)


def test_verdicts_are_replaced_by_other_ones_alone(bench):
    version = bench.commit(BATCH)
    registry, at = bench.registry, AT
    assert registry.verdicts("flights", BATCH, version.version) == {}
    verdicts = {"drift": (at, {"outcome": "PASS", "n": 3})}
    for _ in range(2):
        registry.judge("flights", BATCH, version.version, verdicts, at=at)
    assert len(bench.git("rev-list", "main").split()) == 2
    assert registry.verdicts("flights", BATCH, version.version) == {"drift": verdicts["drift"][1]}

    later = {"drift": (at, {"outcome": "FAIL", "n": 3})}
    snapshot = registry.release(
        "flights", BATCH, version.version, reason="r", author="a", at=at, verdicts=later
    )
    assert snapshot.number == 1
    assert len(bench.git("rev-list", "main").split()) == 3, "one push for both"
    assert registry.verdicts("flights", BATCH, version.version)["drift"]["outcome"] == "FAIL"
    data = {n: o for n, o in version.objects.items() if n != "verdicts"}
    found = registry.find("flights", BATCH, version.version)
    assert {n: found.objects[n] for n in data} == data
    assert registry.verify().damages == ()
