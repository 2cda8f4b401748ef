import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from assay.catalog import Catalog
from assay.records.indexing import IndexPage
from assay.records.runs import Arrival, BatchState, Counts
from assay.records.versions import (
    BatchVersion,
    Pointer,
    SnapshotStep,
    StoredObject,
    Tombstone,
    VersionKey,
)

KEY = ("flights", "2024-01-01", "0" * 32)


def version_of(
    dataset: str, batch: str, at: datetime, objects: Mapping[str, str] | None = None
) -> BatchVersion:
    stored = {n: StoredObject(file=n, md5=md5, size=4) for n, md5 in (objects or {}).items()}
    version = hashlib.md5(f"{dataset} {batch}".encode(), usedforsecurity=False).hexdigest()
    return BatchVersion(dataset=dataset, batch=batch, version=version, objects=stored, at=at)


def held(catalog: Catalog) -> dict[VersionKey, dict[str, str]]:
    return {one.key: dict(one.objects) for one in catalog.objects.find()}


def test_of_a_known_version_only_the_verdicts_change(catalog: Catalog, now: datetime) -> None:
    first = {"data": "a", "verdicts": "b"}
    catalog.objects.learn({KEY: first})
    catalog.objects.end(KEY, now)
    for learn in (catalog.objects.learn, catalog.objects.learn_news):
        learn({KEY: {"data": "forged", "verdicts": "c", "more": "d"}})
        assert held(catalog) == {KEY: {"data": "a", "verdicts": "c", "more": "d"}}
        assert [one.ended for one in catalog.objects.find()] == [now]
    assert catalog.objects.needed() == frozenset()
    catalog.objects.bring_back(KEY)
    assert catalog.objects.needed() == {"a", "c", "d"}


def test_one_version_is_learned_beside_thousands(catalog: Catalog, now: datetime) -> None:
    many = {
        (dataset, f"b{i}", "0" * 32): {"data": f"{dataset} {i}"}
        for dataset in ("flights", "trips")
        for i in range(1100)
    }
    assert catalog.objects.learn_news(many) == catalog.objects.needed()
    assert held(catalog) == many
    news: dict[VersionKey, dict[str, str]] = {**many, ("trips", "b7", "1" * 32): {"data": "new"}}
    catalog.objects.end(("flights", "b0", "0" * 32), now)
    catalog.objects.learn({("flights", "b1", "0" * 32): {"verdicts": "old"}})
    news["flights", "b1", "0" * 32] = {"data": "flights 1", "verdicts": "newer"}
    assert catalog.objects.learn_news(news) == catalog.objects.needed()
    assert held(catalog) == news
    assert len(catalog.objects.needed()) == 2201
    assert "old" not in catalog.objects.needed()


def test_a_sweep_sees_versions_of_the_index_and_the_removed_among_them(
    catalog: Catalog, now: datetime
) -> None:
    kept = version_of("flights", "b1", now, {"data": "1" * 32, "lineage": "2" * 32})
    gone = version_of("trips", "b1", now - timedelta(days=1), {"data": "3" * 32})
    stone = Tombstone(dataset="trips", batch="b1", version=gone.version, kind="expired",
                      why="w", at=now)  # fmt: skip
    page = IndexPage(catalog.index.state(), "t", 1, 1, versions=(kept, gone), tombstones=(stone,))
    assert catalog.index.add(page)
    catalog.versions.record(version_of("flights", "b2", now))  # of no record of the registry
    found = {v.key: v for v in catalog.versions.committed() if v.hashes}
    assert {k: (v.removed, v.hashes, v.size, v.at) for k, v in found.items()} == {
        kept.key: (False, kept.hashes, kept.size, kept.at),
        gone.key: (True, gone.hashes, gone.size, gone.at),
    }


def test_arrivals_are_the_attempts_that_found_an_input(catalog: Catalog, now: datetime) -> None:
    for i, sha in enumerate(("a", None, "c")):
        began = now - timedelta(hours=i)
        catalog.batches.start("flights", "b1", f"r{i}", run_type="manual", at=began)
        catalog.batches.finish(
            "flights", "b1", f"r{i}", state=BatchState.HELD, verdict=None, counts=Counts(),
            at=now, input_sha=sha, version="v" if sha == "a" else None,
        )  # fmt: skip
    assert catalog.batches.arrivals() == [
        Arrival("flights", "b1", "c", None, now - timedelta(hours=2)),
        Arrival("flights", "b1", "a", "v", now),
    ]


def test_unrecorded_releases_come_page_by_page_over_data_sets(
    catalog: Catalog, now: datetime
) -> None:
    released = [version_of(d, f"b{i}", now) for d in ("flights", "trips") for i in range(5)]
    for dataset in ("flights", "trips"):
        own = [v for v in released if v.dataset == dataset]
        steps = tuple(
            SnapshotStep(
                dataset=dataset, number=i, parent=i - 1 or None, changed={v.batch: v.version},
                batch=v.batch, size=i, reason="r", author="a", at=now,
            )
            for i, v in enumerate(own, 1)
        )  # fmt: skip
        pointer = Pointer(dataset=dataset, snapshot=5, latest=5)
        page = IndexPage(catalog.index.state(), dataset, 1, 1, versions=tuple(own), steps=steps,
                         pointers=(pointer,))  # fmt: skip
        assert catalog.index.add(page)
    seen, after = [], None
    while page_of := catalog.rebuild.unrecorded(3, after):
        after = (page_of[-1].dataset, page_of[-1].batch)
        seen += [(one.dataset, one.batch, one.version) for one in page_of]
        catalog.rebuild.add_releases(page_of, at=now)
    assert seen == [v.key for v in released]
    assert {(r.dataset, r.batch, r.version) for r in catalog.batches.latest()} == {*seen}
    assert catalog.rebuild.unrecorded(99) == []
