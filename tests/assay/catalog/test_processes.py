"""Ten real processes at once, on SQLite and on PostgreSQL."""

import multiprocessing
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import SimpleQueue

from assay.catalog import Catalog
from assay.records.runs import Counts
from assay.verdict import Outcome, Reason

NOW = datetime(2026, 1, 5, tzinfo=UTC)
REASON = Reason(code="drift_found", outcome=Outcome.FAIL, message="m")
WHO = 10


def work(catalog: Catalog, me: int, told: "SimpleQueue[tuple[str, int]]") -> None:
    catalog.migrate()
    batch = f"2026-01-{me + 1:02d}"
    for turn in range(4):
        fail_and_release(catalog, batch, f"run-{me}-{turn}", me * 4 + turn + 1)
    with catalog.lease(
        "d",
        "shared",
        str(me),
        clock=lambda: datetime.now(UTC),
        ttl=timedelta(minutes=5),
        wait=timedelta(minutes=2),
    ) as lease:
        told.put(("token", lease.token))
    for item in catalog.outbox_due(NOW):
        if catalog.outbox_claim(item.id, str(me), now=NOW, ttl=timedelta(minutes=1)):
            told.put(("claimed", item.id))


def fail_and_release(catalog: Catalog, batch: str, run: str, number: int) -> None:
    with catalog.transaction():
        change = catalog.open_or_update_incident("d", "c", batch, reasons=[REASON], at=NOW)
        if change.kind == "opened":
            catalog.outbox_add(f"incident/{change.incident.id}", {}, at=NOW)
    catalog.start_batch("d", batch, run, run_type="manual", at=NOW)
    catalog.record_snapshot("d", number, {batch: run})
    catalog.finish_batch(
        "d",
        batch,
        run,
        state="released",
        version=run,
        verdict=Outcome.PASS,
        counts=Counts(1, released=1),
        at=NOW,
    )


def test_ten_processes_at_once(url: str) -> None:
    # Forked, as Airflow's tasks are, from a parent that holds the catalog already.
    fork = multiprocessing.get_context("fork")
    told: SimpleQueue[tuple[str, int]] = fork.SimpleQueue()
    catalog = Catalog(url)
    processes = [fork.Process(target=work, args=(catalog, me, told)) for me in range(WHO)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [p.exitcode for p in processes] == [0] * WHO
    said = []
    while not told.empty():
        said.append(told.get())
    assert sorted(n for what, n in said if what == "token") == list(range(1, WHO + 1))
    assert len([n for what, n in said if what == "claimed"]) == 1
    (incident,) = catalog.incidents()
    assert len(incident.batches) == WHO
    assert len(catalog.history("d")) == 4 * WHO
    assert set(catalog.states("d").values()) == {"released"}
    pointer = catalog.pointer("d")
    assert pointer is not None
    assert pointer.number == 4 * WHO
