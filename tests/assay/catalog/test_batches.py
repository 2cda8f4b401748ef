from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.records.runs import BatchState, Counts
from assay.verdict import Outcome

DAY = "2013-02-04"


def finish(catalog: Catalog, run: str, state: str, at: datetime, **more: Any) -> None:
    more.setdefault("counts", Counts(10, released=9, quarantined=1))
    more.setdefault("verdict", Outcome.PASS)
    catalog.batches.finish("flights", more.pop("batch", DAY), run, state=state, at=at, **more)


def start(catalog: Catalog, run: str, at: datetime, batch: str = DAY) -> None:
    catalog.batches.start("flights", batch, run, run_type="manual", at=at)


def test_a_batch_from_start_to_release(catalog: Catalog, now: datetime) -> None:
    started = catalog.batches.start("flights", DAY, "r1", run_type="backfill", at=now)
    assert started.state is BatchState.RUNNING
    assert started.counts == Counts()
    done = catalog.batches.finish(
        "flights",
        DAY,
        "r1",
        state="released",
        verdict=Outcome.WARN,
        reasons=["null_share_high"],
        counts=Counts(10, released=7, quarantined=1, dropped=1, suppressed=1),
        version="v1",
        input_sha="ab",
        at=now + timedelta(minutes=1),
    )
    assert done == catalog.batches.latest()[0] == catalog.batches.history("flights", DAY)[0]
    assert done.started == now
    assert done.ended == now + timedelta(minutes=1)
    assert catalog.batches.states("flights") == {DAY: BatchState.RELEASED}
    assert catalog.batches.states("planes") == {}


@pytest.mark.parametrize(
    ("state", "counts", "problem"),
    [
        ("released", Counts(10, released=9), "9 of 10 rows"),
        ("released", Counts(10, released=9, held=1), "1 rows are called held"),
        ("held", Counts(10, released=10), "10 rows are called released"),
        ("held", Counts(0, released=-1, held=1), "negative"),
    ],
)
def test_rows_must_add_up(
    catalog: Catalog, now: datetime, state: str, counts: Counts, problem: str
) -> None:
    start(catalog, "r1", now)
    with pytest.raises(CatalogError, match=problem):
        finish(catalog, "r1", state, now, counts=counts)
    assert catalog.batches.states("flights") == {DAY: "running"}


def test_a_run_that_never_started_is_refused(catalog: Catalog, now: datetime) -> None:
    with pytest.raises(CatalogError, match="never started"):
        finish(catalog, "r1", "released", now)


def test_a_time_without_zone_is_refused(catalog: Catalog, now: datetime) -> None:
    with pytest.raises(Exception, match="without zone"):
        start(catalog, "r1", now.replace(tzinfo=None))


def test_the_latest_attempt_speaks_for_the_batch(catalog: Catalog, now: datetime) -> None:
    start(catalog, "r1", now)
    finish(catalog, "r1", "released", now, version="v1")
    # A clock that goes back changes nothing: attempts are numbered.
    start(catalog, "r2", now - timedelta(days=1))
    assert catalog.batches.states("flights") == {DAY: "running"}
    finish(catalog, "r2", "held", now, counts=Counts(5, held=5), verdict=Outcome.FAIL)
    assert catalog.batches.states("flights") == {DAY: "held"}
    assert [r.state for r in catalog.batches.history("flights")] == ["released", "held"]
    start(catalog, "r1", now)
    assert catalog.batches.states("flights") == {DAY: "running"}, (
        "a run that starts over is the latest"
    )


def test_an_unchanged_batch_stays_released(catalog: Catalog, now: datetime) -> None:
    start(catalog, "r1", now)
    finish(catalog, "r1", "released", now, version="v1")
    start(catalog, "r2", now)
    finish(catalog, "r2", "released", now, version="v1")
    assert [r.state for r in catalog.batches.history("flights")] == ["released", "released"]
    start(catalog, "r3", now)
    finish(catalog, "r3", "candidate", now, version="v1", counts=Counts(10, held=9, quarantined=1))
    assert catalog.batches.latest()[0].state == "released"
    assert catalog.batches.latest()[0].counts == Counts(10, released=9, quarantined=1)


def test_a_new_version_supersedes_the_old_ones(catalog: Catalog, now: datetime) -> None:
    for run, state in (("r1", "released"), ("r2", "candidate"), ("r3", "forced")):
        held = state == "candidate"
        counts = Counts(4, held=4) if held else Counts(4, released=4)
        start(catalog, run, now)
        finish(catalog, run, state, now, version=f"v-{run}", counts=counts)
    start(catalog, "other", now, batch="2013-02-05")
    finish(catalog, "other", "released", now, version="v-r3", batch="2013-02-05")
    assert [r.state for r in catalog.batches.history("flights", DAY)] == [
        "superseded",
        "superseded",
        "forced",
    ]
    assert catalog.batches.states("flights") == {DAY: "forced", "2013-02-05": "released"}


counts = st.integers(0, 5)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.sampled_from(list(BatchState)), st.tuples(*[counts] * 6))
def test_what_is_finished_keeps_the_law(
    sqlite_catalog: Catalog, state: BatchState, numbers: tuple[int, ...]
) -> None:
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    catalog = sqlite_catalog
    start(catalog, "r", now)
    given_counts = Counts(*numbers)
    lawful = given_counts.problem(state) is None
    try:
        finish(catalog, "r", state, now, counts=given_counts)
    except CatalogError:
        assert not lawful
    row = catalog.status()["datasets"][0]["batches"][0]
    parts = ("released", "held", "quarantined", "dropped", "suppressed")
    assert row["rows_in"] == sum(row[f"rows_{p}"] for p in parts)
