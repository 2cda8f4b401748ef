"""Versions leave the snapshot, get a tombstone, and their objects go; in that order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from assay.errors import RegistryError, VersionExpired

from .conftest import AT, DISPOSAL, Bench

DAYS = ("2013-02-04", "2013-02-05", "2013-02-06")
LATER = AT + timedelta(days=9)


@pytest.fixture
def days(bench: Bench) -> dict[str, str]:
    return _released(bench)


def _released(bench: Bench) -> dict[str, str]:
    for day in DAYS:
        bench.both(day)
    return dict(bench.registry.snapshot("flights").batches)


def withdraw(bench: Bench, batches: dict[str, str]):
    return bench.registry.removal.withdraw(
        "flights", batches, reason="kept 9 days", author="sweep", at=LATER
    )


def bury(bench: Bench, day: str, version: str, archived: bool = False):
    return bench.registry.removal.bury(
        "flights", day, version, why="kept 9 days", archived=archived, at=LATER
    )


def removed(bench: Bench, days: dict[str, str], day: str) -> None:
    withdraw(bench, {day: days[day]})
    bury(bench, day, days[day])


def test_what_leaves_is_in_no_next_snapshot_and_stays_in_the_old_ones(bench, days):
    made = withdraw(bench, {DAYS[0]: days[DAYS[0]], DAYS[1]: "0" * 32})
    assert (made.number, made.parent, made.batch) == (4, 3, None)
    assert made.withdrawn == (DAYS[0],)
    assert sorted(made.batches) == [DAYS[1], DAYS[2]], "another version than the released stays"
    assert withdraw(bench, {DAYS[0]: days[DAYS[0]]}) == made, "twice is once"
    assert bench.both("2013-02-07").parent == 4
    assert DAYS[0] in bench.registry.snapshot("flights", 3).batches
    assert bench.registry.find("flights", DAYS[0], days[DAYS[0]]) is not None


def test_a_version_that_readers_get_has_no_tombstone(bench, days):
    with pytest.raises(RegistryError, match="readers still get"):
        bury(bench, DAYS[0], days[DAYS[0]])
    with pytest.raises(RegistryError, match="no such version"):
        bury(bench, DAYS[0], "0" * 32)


def test_every_read_of_a_removed_version_says_what_became_of_it(bench, days):
    version = days[DAYS[0]]
    removed(bench, days, DAYS[0])
    registry = bench.registry
    assert [t.version for t in registry.tombstones("flights")] == [version]
    assert version not in {v.version for v in registry.versions("flights")}
    for read in (
        lambda: registry.find("flights", DAYS[0], version),
        lambda: registry.fetch("flights", DAYS[0], version),
        lambda: bench.release(DAYS[0], version),
        lambda: bench.commit(DAYS[0]),
        lambda: registry.checkout("flights", 3, bench.folder / "out"),
    ):
        with pytest.raises(VersionExpired, match=r"kept 9 days|period ended"):
            read()
    assert not (bench.folder / "out").exists()
    left = registry.checkout("flights", 3, bench.folder / "out", partial=True)
    assert sorted(left.batches) == [DAYS[1], DAYS[2]]
    assert len(list((bench.folder / "out").iterdir())) == 2


def test_a_rollback_brings_no_removed_version_back(bench, days):
    removed(bench, days, DAYS[0])
    pointer = bench.registry.rollback("flights", 2, reason="r", author="vera", at=LATER)
    assert (pointer.snapshot, pointer.latest) == (5, 5)
    snapshot = bench.registry.snapshot("flights")
    assert sorted(snapshot.batches) == [DAYS[1]]
    assert (snapshot.parent, snapshot.withdrawn) == (2, (DAYS[0],))
    assert pointer == bench.registry.pointer("flights")
    assert pointer.rollbacks[-1].target == 2


def test_only_what_no_live_version_refers_to_is_discarded(bench, days):
    removal = bench.registry.removal
    assert removal.unneeded(before=LATER + timedelta(days=9999)) == frozenset()
    gone = bench.registry.find("flights", DAYS[0], days[DAYS[0]])
    removed(bench, days, DAYS[0])
    unneeded = removal.unneeded(before=AT)
    assert set(unneeded) == {o.md5 for o in gone.objects.values()}
    kept = bench.registry.find("flights", DAYS[1], days[DAYS[1]])
    asked = [*unneeded, *(o.md5 for o in kept.objects.values())]
    assert set(removal.set_aside(asked, AT, DISPOSAL)) == set(unneeded)
    assert removal.set_aside(asked, AT, DISPOSAL) == [], "twice is once"
    trash = bench.registry.trash
    assert {e.md5 for e in trash.find()} == set(unneeded)
    assert {(e.key, e.why) for e in trash.find()} == {
        (("flights", DAYS[0], days[DAYS[0]]), "kept 9 days")
    }
    for day in DAYS[1:]:
        assert bench.registry.fetch("flights", day, days[day]).exists()


def test_an_upload_of_a_commit_that_runs_now_is_left_alone(bench, days):
    bench.commit("2013-02-09")
    bench.git("update-ref", "refs/heads/main", "main~1")
    removal = bench.registry.removal
    assert removal.unneeded(before=AT - timedelta(days=99999)) == frozenset()
    assert len(removal.unneeded(before=AT + timedelta(days=99999))) == 2


def test_what_is_in_an_archive_comes_back_until_a_date(bench, days):
    version = days[DAYS[0]]
    found = bench.registry.find("flights", DAYS[0], version)
    files = {}
    for name, stored in found.objects.items():
        files[name] = bench.folder / stored.file
        bench.registry.fetch("flights", DAYS[0], version, name, to=files[name])
    withdraw(bench, {DAYS[0]: version})
    bury(bench, DAYS[0], version, archived=True)
    removal = bench.registry.removal
    removal.set_aside(removal.unneeded(before=AT), AT, DISPOSAL)
    about = {"until": date(2026, 3, 1), "reason": "an audit", "author": "vera", "at": LATER}
    whole = files["data"].read_bytes()
    files["data"].chmod(0o600)
    files["data"].write_bytes(b"other")
    with pytest.raises(RegistryError, match="doesn't hold the version's bytes"):
        removal.bring_back(found, files, **about)
    files["data"].write_bytes(whole)
    stone = removal.bring_back(found, files, **about)
    assert (stone.removed, stone.stay.until) == (False, date(2026, 3, 1))
    assert removal.bring_back(found, files, **about) == stone
    assert bench.registry.fetch("flights", DAYS[0], version).read_bytes() == whole
    assert DAYS[0] not in bench.registry.snapshot("flights").batches, "nobody released it again"
    bury(bench, DAYS[0], version, archived=True)
    with pytest.raises(VersionExpired, match="retention restore"):
        bench.registry.fetch("flights", DAYS[0], version)
