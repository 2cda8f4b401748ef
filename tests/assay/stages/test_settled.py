"""A release that was killed for good: the catalog learns what the registry says, and who has to."""

from __future__ import annotations

from typing import Any

import pytest

from assay import stages
from assay.catalog import BatchState
from assay.stages import rebuild_catalog
from assay.stages._commit import verdicts

DAY = "2024-01-03"


def _until_release(ready: Any, mini: Any) -> tuple[Any, Any, dict[str, Any]]:
    ready.drop("visits", DAY, mini.visits(DAY))
    office = ready.office
    ticket = stages.pin(office, "visits", DAY, "killed", "manual")
    ticket, ingested = stages.ingest(office, ticket)
    done = {"ingest": ingested}
    for name, stage, more in mini.STAGES:
        done[name] = stage(office, ticket, *more, *([done] if stage is stages.commit else []))
    return office, ticket, done


def _move_the_registry(office: Any, ticket: Any) -> None:
    office.registry.release(
        "visits", DAY, ticket.version, reason="every gate let it out", author="manual",
        at=office.clock(), verdicts=verdicts(office, ticket),
    )  # fmt: skip


def _as_released(ready: Any) -> None:
    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["rows_released"], batch["rows_held"]) == ("released", 498, 0)
    assert ready.dataset("visits")["released"]["snapshot"] == 3


def test_notify_settles_a_release_that_died_after_the_registry_moved(ready: Any, mini: Any) -> None:
    office, ticket, done = _until_release(ready, mini)
    _move_the_registry(office, ticket)

    told = stages.notify(office, ticket, done, mini.transports(office))

    _as_released(ready)
    assert told["incidents"] == {}
    assert office.catalog.live_leases(office.clock()) == []


def test_notify_tells_of_a_release_that_died_before(ready: Any, mini: Any) -> None:
    office, ticket, done = _until_release(ready, mini)

    told = stages.notify(office, ticket, done, mini.transports(office))

    assert told["incidents"] == {"run/stage_crashed": "opened"}
    assert ready.batch("visits", DAY)["reasons"] == ["stage_crashed"]
    assert ready.dataset("visits")["released"]["snapshot"] == 2
    ready.run("visits", DAY)
    _as_released(ready)
    assert ready.dataset("visits")["incidents"] == []


def test_a_rebuild_settles_it_where_even_notify_never_ran(ready: Any, mini: Any) -> None:
    office, ticket, _ = _until_release(ready, mini)
    _move_the_registry(office, ticket)
    rebuild_catalog(office)
    assert ready.batch("visits", DAY)["state"] == "running", "its run may still be at work"

    rebuild_catalog(ready.later(minutes=11).office)

    _as_released(ready)
    assert [r.run_id for r in office.catalog.history("visits", DAY)] == ["killed"]


def test_a_rebuild_misses_no_release_that_happens_meanwhile(ready: Any, mini: Any) -> None:
    office, ticket, done = _until_release(ready, mini)
    registry, dump, seen = office.registry, office.registry.dump, []

    def dump_and_release() -> Any:
        found = dump()
        if not seen:
            seen.append(1)
            stages.release(ready.office, ticket, done)
        return found

    object.__setattr__(registry, "dump", dump_and_release)
    rebuild_catalog(office)

    _as_released(ready)
    assert office.catalog.pointer("visits").number == 3
    assert [s.number for s in office.catalog.snapshots("visits")] == [1, 2, 3]


def test_a_rollback_takes_the_rows_back_and_gives_them_again(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    office, at = ready.office, ready.now()
    for number, state, rows in ((2, "superseded", (0, 498)), (3, "released", (498, 0))):
        pointer = office.registry.rollback("visits", number, reason="try", author="a", at=at)
        office.catalog.record_pointer(
            "visits", number, reason="try", author="a", at=at, newest=pointer.latest
        )
        batch = ready.batch("visits", DAY)
        assert batch["state"] == state
        assert (batch["rows_released"], batch["rows_held"]) == rows


def test_another_delivery_takes_the_rows_of_the_first(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    ready.drop("visits", DAY, mini.visits(DAY, rows=490))
    ready.run("visits", DAY)
    first, second = ready.office.catalog.history("visits", DAY)
    assert (first.state, first.counts.released) == (BatchState.SUPERSEDED, 0)
    assert first.counts.problem(first.state) is None
    assert (second.state, second.counts.released) == (BatchState.RELEASED, 488)


def test_an_unreadable_result_stops_no_other_data_docs(ready: Any) -> None:
    from assay.errors import InputError

    office = ready.office
    folders = stages.pending_data_docs(office)
    (folders[0] / "validate_raw.json").write_text("{")
    with pytest.raises(InputError, match=str(office.relative(folders[0]))):
        stages.build_data_docs(office)
    assert stages.pending_data_docs(office) == [folders[0]]
