from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.records.lineage import LineageEdge
from assay.records.runs import Counts
from assay.verdict import Outcome

EMPTY_ROWS = {
    f"rows_{k}": 0 for k in ("in", "released", "held", "quarantined", "dropped", "suppressed")
}


def release(catalog: Catalog, batch: str, version: str, at: datetime, number: int) -> None:
    before = catalog.pointer("flights")
    batches = {**(before.batches if before else {}), batch: version}
    run = f"run-{number}"
    catalog.start_batch("flights", batch, run, run_type="backfill", at=at)
    catalog.record_version("flights", batch, version, at=at, run_id=run, meta={"rows": 3})
    catalog.record_snapshot("flights", number, batches, parent=number - 1 or None, at=at)
    catalog.finish_batch(
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
        catalog.record_version("flights", "b", "v1", at=now, lineage=edges)
    assert catalog.lineage("flights", "b", "v1") == edges
    assert catalog.made_from("planes", "3") == [("flights", "b", "v1")]
    assert catalog.made_from("planes", "4") == []
    assert catalog.versions("flights") == [("b", "v1")]


def test_status_has_the_agreed_shape(catalog: Catalog, now: datetime) -> None:
    release(catalog, "2013-02-04", "v1", now, 1)
    release(catalog, "2013-02-05", "v2", now, 2)
    catalog.start_batch("flights", "2013-02-06", "r", run_type="manual", at=now)
    for batch in ("2013-02-04", "2013-02-05"):
        catalog.open_or_update_incident("flights", "drift", batch, reasons=[], at=now)
    catalog.resolve_batch_in_incidents("flights", "2013-02-04", how="passed", at=now)
    catalog.open_or_update_incident("flights", "gone", "2013-02-05", reasons=[], at=now)
    catalog.resolve_batch_in_incidents("flights", "2013-02-05", how="passed", at=now, only=["gone"])
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
    catalog.record_pointer("flights", 1, reason="bad day", author="ann", at=now)
    pointer = catalog.pointer("flights")
    assert pointer is not None
    assert pointer.number == 1
    assert catalog.states("flights") == {"b1": "released", "b2": "superseded"}
    # Snapshot 2 recorded once more, by a run that died and was repeated, undoes no rollback.
    catalog.record_snapshot("flights", 2, {"b1": "v1", "b2": "v2"})
    assert catalog.status()["datasets"][0]["released"]["snapshot"] == 1
    catalog.record_pointer("flights", 2, reason="it was fine", author="ann", at=now)
    assert catalog.states("flights") == {"b1": "released", "b2": "released"}
    with pytest.raises(CatalogError, match="no such snapshot"):
        catalog.record_pointer("flights", 9, reason="", author="ann", at=now)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.permutations(range(1, 6)), st.uuids())
def test_the_order_of_recording_does_not_matter(
    sqlite_catalog: Catalog, order: list[int], unique: object
) -> None:
    catalog = sqlite_catalog
    dataset = f"d-{unique}"
    for number in order:
        catalog.record_snapshot(dataset, number, {f"b{i}": "v" for i in range(number)})
    pointer = catalog.pointer(dataset)
    assert pointer is not None
    assert pointer.number == 5
    assert [s.number for s in catalog.snapshots(dataset)] == [1, 2, 3, 4, 5]


def test_rebuild_restores_the_index(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    release(catalog, "b2", "v2", now, 2)
    before = catalog.status()
    versions = [
        {"batch": "b1", "version": "v1", "created": now, "meta": {"rows": 3}},
        {"batch": "b2", "version": "v2"},
    ]
    snapshots = [
        {"number": 1, "batches": {"b1": "v1"}, "reason": "first"},
        {"number": 2, "batches": {"b1": "v1", "b2": "v2"}, "parent": 1, "at": now},
    ]
    dump: Any = {"flights": {"versions": versions, "snapshots": snapshots, "pointer": 2}}
    catalog.record_snapshot("flights", 7, {"stray": "never committed"})
    catalog.record_version("flights", "b9", "stray", at=now)
    for _ in range(2):
        catalog.rebuild(dump, at=now)
        assert catalog.status() == before
        assert catalog.versions("flights") == [("b1", "v1"), ("b2", "v2")]
    dump["flights"]["pointer"] = 1
    catalog.rebuild(dump, at=now)
    assert catalog.states("flights") == {"b1": "released", "b2": "superseded"}
    dump["flights"]["pointer"] = None
    catalog.rebuild(dump, at=now)
    assert catalog.pointer("flights") is None


def test_rebuild_from_nothing_knows_what_is_released(catalog: Catalog, now: datetime) -> None:
    counts = {"rows_in": 9, "held": 7, "rows_quarantined": 2}
    dump: Any = {
        "flights": {
            "versions": [
                {"batch": "b1", "version": "v1", "created": now, "meta": {"counts": counts}},
                {"batch": "b2", "version": "v2", "meta": {"counts": {"rows_in": 5}}},
                {"batch": "b3", "version": "candidate"},
            ],
            "snapshots": [{"number": 1, "batches": {"b1": "v1", "b2": "v2"}, "forced": ["b2"]}],
            "pointer": 1,
        }
    }
    for _ in range(2):
        catalog.rebuild(dump, at=now)
        b1, b2 = catalog.batches("flights")
        assert (b1.state, b1.version, b1.run_type) == ("released", "v1", "rebuilt")
        assert b1.counts == Counts(9, released=7, quarantined=2)
        assert (b2.state, b2.counts) == ("forced", Counts())


def test_a_rebuild_that_fails_changes_nothing(catalog: Catalog, now: datetime) -> None:
    release(catalog, "b1", "v1", now, 1)
    before = catalog.status()
    broken: Any = {"flights": {"versions": [], "snapshots": [], "pointer": 3}}
    with pytest.raises(CatalogError, match="snapshot that it doesn't hold"):
        catalog.rebuild({**broken, "planes": broken["flights"]}, at=now)
    assert catalog.status() == before
