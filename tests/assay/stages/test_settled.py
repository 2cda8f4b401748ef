"""A release that was killed for good: the catalog learns what the registry says, and who has to."""

from __future__ import annotations

from typing import Any

import pytest

from assay.records.runs import BatchState
from assay.stages import run as stages
from assay.stages.index import follow_registry
from assay.stages.run import chain
from assay.stages.run._commit import verdicts
from assay.stages.upkeep import build_data_docs, pending_data_docs, rebuild_catalog

DAY = "2024-01-03"


def _until_release(ready: Any, mini: Any) -> stages.Run:
    ready.drop("visits", DAY, mini.visits(DAY))
    run = stages.pin(ready.services, "visits", DAY, "killed", "manual")
    for name in chain.names():
        run = mini.perform(run, name)
    return run


def _move_the_registry(run: stages.Run) -> None:
    run.services.registry.release(
        "visits", DAY, run.version, reason="every gate let it out", author="manual",
        at=run.services.clock(), verdicts=verdicts(run),
    )  # fmt: skip


def _end(run: stages.Run, mini: Any) -> dict[str, Any]:
    return stages.notify(run, mini.transports(run.services), stages.settle(run))


def _as_released(ready: Any) -> None:
    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["rows_released"], batch["rows_held"]) == ("released", 498, 0)
    assert ready.dataset("visits")["released"]["snapshot"] == 3


def test_notify_settles_a_release_that_died_after_the_registry_moved(ready: Any, mini: Any) -> None:
    run = _until_release(ready, mini)
    _move_the_registry(run)

    told = _end(run, mini)

    _as_released(ready)
    assert told["incidents"] == {}
    assert run.services.catalog.leases.live(run.services.clock()) == []


def test_notify_tells_of_a_release_that_died_before(ready: Any, mini: Any) -> None:
    run = _until_release(ready, mini)

    told = _end(run, mini)

    assert told["incidents"] == {"run/stage_crashed": "opened"}
    assert ready.batch("visits", DAY)["reasons"] == ["stage_crashed"]
    assert ready.dataset("visits")["released"]["snapshot"] == 2
    ready.run("visits", DAY)
    _as_released(ready)
    assert ready.dataset("visits")["incidents"] == []


def test_a_rebuild_settles_it_where_even_notify_never_ran(ready: Any, mini: Any) -> None:
    run = _until_release(ready, mini)
    services = run.services
    _move_the_registry(run)
    rebuild_catalog(services)
    assert ready.batch("visits", DAY)["state"] == "running", "its run may still be at work"

    rebuild_catalog(ready.later(minutes=11).services)

    _as_released(ready)
    assert [r.run_id for r in services.catalog.batches.history("visits", DAY)] == ["killed"]


def test_a_rebuild_misses_no_release_that_happens_meanwhile(ready: Any, mini: Any) -> None:
    run = _until_release(ready, mini)
    services = run.services
    index, add, seen = services.catalog.index, services.catalog.index.add, []

    def add_and_release(page: Any) -> bool:
        if not seen:
            seen.append(1)
            stages.release(stages.Run(ready.services, run.spec, run.results))
        return add(page)

    object.__setattr__(index, "add", add_and_release)
    rebuild_catalog(services, whole=True)

    _as_released(ready)
    assert services.catalog.snapshots.current("visits").number == 3
    assert [s.number for s in services.catalog.snapshots.find("visits")] == [1, 2, 3]


def test_a_rollback_takes_the_rows_back_and_gives_them_again(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    services, at = ready.services, ready.now()
    for number, state, rows in ((2, "superseded", (0, 498)), (3, "released", (498, 0))):
        services.registry.rollback("visits", number, reason="try", author="a", at=at)
        follow_registry(services)
        batch = ready.batch("visits", DAY)
        assert batch["state"] == state
        assert (batch["rows_released"], batch["rows_held"]) == rows


def test_another_delivery_takes_the_rows_of_the_first(ready: Any, mini: Any) -> None:
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    ready.drop("visits", DAY, mini.visits(DAY, rows=490))
    ready.run("visits", DAY)
    first, second = ready.services.catalog.batches.history("visits", DAY)
    assert (first.state, first.counts.released) == (BatchState.SUPERSEDED, 0)
    assert first.counts.problem(first.state) is None
    assert (second.state, second.counts.released) == (BatchState.RELEASED, 488)


def test_an_unreadable_result_stops_no_other_data_docs(ready: Any) -> None:
    from assay.errors import InputError

    services = ready.services
    folders = pending_data_docs(services)
    (folders[0] / "validate_raw.json").write_text("{")
    with pytest.raises(InputError, match=str(services.relative(folders[0]))):
        build_data_docs(services)
    assert pending_data_docs(services) == [folders[0]]
