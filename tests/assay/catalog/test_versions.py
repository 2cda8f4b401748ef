from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.records.lineage import LineageEdge
from assay.records.runs import Counts
from assay.records.versions import BatchVersion, DatasetRecords, Snapshot
from assay.verdict import Outcome

EMPTY_ROWS = {
    f"rows_{k}": 0 for k in ("in", "released", "held", "quarantined", "dropped", "suppressed")
}


def version_of(batch: str, version: str, at: datetime, **counts: int) -> BatchVersion:
    return BatchVersion.model_construct(
        dataset="flights", batch=batch, version=version, objects={}, counts=counts, at=at
    )


def snapshot_of(
    number: int,
    batches: dict[str, str],
    at: datetime,
    *,
    dataset: str = "flights",
    forced: Any = (),
) -> Snapshot:
    return Snapshot.model_construct(
        dataset=dataset,
        number=number,
        parent=number - 1 or None,
        batches=batches,
        forced=tuple(forced),
        reason="",
        author="ann",
        at=at,
    )


def release(catalog: Catalog, batch: str, version: str, at: datetime, number: int) -> None:
    before = catalog.snapshots.current("flights")
    batches = {**(before.batches if before else {}), batch: version}
    run = f"run-{number}"
    catalog.batches.start("flights", batch, run, run_type="backfill", at=at)
    catalog.versions.record(version_of(batch, version, at, rows=3), run_id=run)
    catalog.snapshots.record(snapshot_of(number, batches, at))
    catalog.batches.finish(
        "flights",
        batch,
        run,
        state="released",
        verdict=Outcome.PASS,
        counts=Counts(3, released=3),
        version=version,
        at=at,
    )


def test_lineage_both_ways(catalog: Catalog, now: datetime) -> None:
    edges = [
        LineageEdge("input", "2013-02-04.csv.gz", "ab12"),
        LineageEdge("reference", "flights", "v0"),
        LineageEdge("reference_table", "planes", "3"),
    ]
    for _ in range(2):
        catalog.versions.record(version_of("b", "v1", now), lineage=edges)
    assert catalog.versions.lineage("flights", "b", "v1") == edges
    assert catalog.versions.made_from("planes", "3") == [("flights", "b", "v1")]
    assert catalog.versions.made_from("planes", "4") == []
    assert catalog.versions.find("flights") == [("b", "v1")]


def test_status_has_the_agreed_shape(catalog: Catalog, now: datetime) -> None:
    release(catalog, "2013-02-04", "v1", now, 1)
    release(catalog, "2013-02-05", "v2", now, 2)
    catalog.batches.start("flights", "2013-02-06", "r", run_type="manual", at=now)
    for batch in ("2013-02-04", "2013-02-05"):
        catalog.incidents.open_or_update("flights", "drift", batch, reasons=[], at=now)
    catalog.incidents.resolve_batch("flights", "2013-02-04", how="passed", at=now)
    catalog.incidents.open_or_update("flights", "gone", "2013-02-05", reasons=[], at=now)
    catalog.incidents.resolve_batch("flights", "2013-02-05", how="passed", at=now, only=["gone"])
    rows = {**EMPTY_ROWS, "rows_in": 3, "rows_released": 3}
    done: dict[str, Any] = {"verdict": "PASS", "state": "released", "reasons": [], **rows}
    assert catalog.status(["planes"]) == {
        "datasets": [
            {
                "name": "flights",
                "released": {"snapshot": 2, "version": "v2", "batch": "2013-02-05"},
                "batches": [
                    {"batch": "2013-02-04", "version": "v1", "with_readers": "v1", **done},
                    {"batch": "2013-02-05", "version": "v2", "with_readers": "v2", **done},
                    {
                        "batch": "2013-02-06",
                        "verdict": None,
                        "state": "running",
                        "reasons": [],
                        "version": None,
                        "with_readers": None,
                        **EMPTY_ROWS,
                    },
                ],
                "incidents": [
                    {
                        "id": 1,
                        "check": "drift",
                        "opened": "2026-01-05T06:00:00+00:00",
                        "batches": ["2013-02-05"],
                        "state": "open",
                        "acknowledged": None,
                        "snoozed_until": None,
                    }
                ],
            },
            {"name": "planes", "released": None, "batches": [], "incidents": []},
        ]
    }


def test_a_rollback_moves_the_pointer_and_the_states(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    release(catalog, "b2", "v2", now, 2)
    catalog.snapshots.move_pointer("flights", 1, reason="bad day", author="ann", at=now)
    pointer = catalog.snapshots.current("flights")
    assert pointer is not None
    assert pointer.number == 1
    assert catalog.batches.states("flights") == {"b1": "released", "b2": "superseded"}
    # Snapshot 2 recorded once more, by a run that died and was repeated, undoes no rollback.
    catalog.snapshots.record(snapshot_of(2, {"b1": "v1", "b2": "v2"}, now))
    assert catalog.status()["datasets"][0]["released"]["snapshot"] == 1
    catalog.snapshots.move_pointer("flights", 2, reason="it was fine", author="ann", at=now)
    assert catalog.batches.states("flights") == {"b1": "released", "b2": "released"}
    with pytest.raises(CatalogError, match="no such snapshot"):
        catalog.snapshots.move_pointer("flights", 9, reason="", author="ann", at=now)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.permutations(range(1, 6)), st.uuids())
def test_the_order_of_recording_does_not_matter(
    sqlite_catalog: Catalog, now: datetime, order: list[int], unique: object
) -> None:
    catalog = sqlite_catalog
    dataset = f"d-{unique}"
    for number in order:
        batches = {f"b{i}": "v" for i in range(number)}
        catalog.snapshots.record(snapshot_of(number, batches, now, dataset=dataset))
    pointer = catalog.snapshots.current(dataset)
    assert pointer is not None
    assert pointer.number == 5
    assert [s.number for s in catalog.snapshots.find(dataset)] == [1, 2, 3, 4, 5]


def test_rebuild_restores_the_index(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    release(catalog, "b2", "v2", now, 2)
    before = catalog.status()
    versions = (version_of("b1", "v1", now, rows=3), version_of("b2", "v2", now))
    both = {"b1": "v1", "b2": "v2"}
    snapshots = (snapshot_of(1, {"b1": "v1"}, now), snapshot_of(2, both, now))
    held = {"flights": DatasetRecords(versions, snapshots, pointer=2)}
    catalog.snapshots.record(snapshot_of(7, {"stray": "never committed"}, now))
    catalog.versions.record(version_of("b9", "stray", now))
    for _ in range(2):
        catalog.rebuild(held, {}, at=now)
        assert catalog.status() == before
        assert catalog.versions.find("flights") == [("b1", "v1"), ("b2", "v2")]
    catalog.rebuild({"flights": DatasetRecords(versions, snapshots, pointer=1)}, {}, at=now)
    assert catalog.batches.states("flights") == {"b1": "released", "b2": "superseded"}
    catalog.rebuild({"flights": DatasetRecords(versions, snapshots, pointer=None)}, {}, at=now)
    assert catalog.snapshots.current("flights") is None


def test_rebuild_from_nothing_knows_what_is_released(catalog: Catalog, now: datetime) -> None:
    counts = {"rows_in": 9, "held": 7, "rows_quarantined": 2}
    versions = (
        version_of("b1", "v1", now, **counts),
        version_of("b2", "v2", now, rows_in=5),
        version_of("b3", "candidate", now),
    )
    released = snapshot_of(1, {"b1": "v1", "b2": "v2"}, now, forced=["b2"])
    held = {"flights": DatasetRecords(versions, (released,), pointer=1)}
    for _ in range(2):
        catalog.rebuild(held, {}, at=now)
        b1, b2 = catalog.batches.latest("flights")
        assert (b1.state, b1.version, b1.run_type) == ("released", "v1", "rebuilt")
        assert b1.counts == Counts(9, released=7, quarantined=2)
        assert (b2.state, b2.counts) == ("forced", Counts())


def test_a_rebuild_that_fails_changes_nothing(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    before = catalog.status()
    broken = DatasetRecords((), (), pointer=3)
    with pytest.raises(CatalogError, match="snapshot that it doesn't hold"):
        catalog.rebuild({"flights": broken, "planes": broken}, {}, at=now)
    assert catalog.status() == before
