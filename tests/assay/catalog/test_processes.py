"""Ten real processes at once, on SQLite and on PostgreSQL."""

import multiprocessing
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import SimpleQueue

from assay.catalog import Catalog
from assay.records.indexing import IndexPage
from assay.records.runs import Counts
from assay.records.versions import Pointer, SnapshotStep
from assay.verdict import Outcome, Reason

NOW = datetime(2026, 1, 5, tzinfo=UTC)
REASON = Reason(code="drift_found", outcome=Outcome.FAIL, message="m")
WHO = 10


def work(catalog: Catalog, me: int, results: "SimpleQueue[tuple[str, int]]") -> None:
    catalog.migrate()
    batch = f"2026-01-{me + 1:02d}"
    for turn in range(4):
        fail_and_release(catalog, batch, f"run-{me}-{turn}", me * 4 + turn + 1)
    with catalog.leases.hold(
        "d",
        "shared",
        str(me),
        clock=lambda: datetime.now(UTC),
        ttl=timedelta(minutes=5),
        wait=timedelta(minutes=2),
    ) as lease:
        results.put(("token", lease.token))
    for item in catalog.outbox.due(NOW):
        if catalog.outbox.claim(item.id, str(me), now=NOW, ttl=timedelta(minutes=1)):
            results.put(("claimed", item.id))


def fail_and_release(catalog: Catalog, batch: str, run: str, number: int) -> None:
    with catalog.transaction():
        change = catalog.incidents.open_or_update("d", "c", batch, reasons=[REASON], at=NOW)
        if change.kind == "opened":
            catalog.outbox.add(f"incident/{change.incident.id}", {}, at=NOW)
    catalog.batches.start("d", batch, run, run_type="manual", at=NOW)
    step = SnapshotStep.model_construct(
        dataset="d", number=number, parent=number - 1 or None, changed={batch: run}, batch=batch,
        size=number, forced=(), withdrawn=(), reason="", author="", at=NOW,
    )  # fmt: skip
    pointer = Pointer(dataset="d", snapshot=number, latest=number)
    while True:  # the order of Git's commits: each after the one before it
        state = catalog.index.state()
        page = IndexPage(state, str(number), 1, 1, steps=(step,), pointers=(pointer,))
        if state.indexed == (str(number - 1) if number > 1 else None) and catalog.index.add(page):
            break
        time.sleep(0.01)
    catalog.batches.finish(
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
    results: SimpleQueue[tuple[str, int]] = fork.SimpleQueue()
    catalog = Catalog(url)
    processes = [fork.Process(target=work, args=(catalog, me, results)) for me in range(WHO)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [p.exitcode for p in processes] == [0] * WHO
    said = []
    while not results.empty():
        said.append(results.get())
    assert sorted(n for what, n in said if what == "token") == list(range(1, WHO + 1))
    assert len([n for what, n in said if what == "claimed"]) == 1
    (incident,) = catalog.incidents.find()
    assert len(incident.batches) == WHO
    assert len(catalog.batches.history("d")) == 4 * WHO
    assert set(catalog.batches.states("d").values()) == {"released"}
    pointer = catalog.snapshots.current("d")
    assert pointer is not None
    assert pointer.number == 4 * WHO
