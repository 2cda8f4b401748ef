"""Whatever an upstream delivers ends in a decided batch that says why, and its original is kept.

Each delivery goes through the whole train. What is wrong with a project's own files is in
``test_bad_project.py``; a disk that fills up, which needs a small file system, in ``tests/faults``.
"""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.ingest import Retry
from assay.stages.run import render_result

DAY = "2024-01-03"
HEAD = "person,site,age,score,team,passed,seen\n"
ROW = "SECRET1,S1,30,50.0,a,1,2024-01-03 00:00:00\n"
RUNBOOKS = Path(__file__).parents[3] / "include" / "docs" / "runbooks"


def _parquet(rows: int) -> bytes:
    names = HEAD.strip().split(",")
    columns = dict(zip(names, zip(*[ROW.strip().split(",")] * rows, strict=True), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table({n: list(v) for n, v in columns.items()}), sink)
    return sink.getvalue()


@dataclass(frozen=True)
class Delivery:
    """Bytes, the first reason, words of the task's log, and what kind of file it is."""

    data: bytes
    code: str
    says: str
    ending: str = "csv"
    form: str = "csv"

    @property
    def readable(self) -> bool:
        """Whether its rows can be read at all."""
        return self.code not in {"empty_file", "truncated", "undecodable", "malformed",
                                 "duplicate_columns", "schema_mismatch", "too_large"}  # fmt: skip


DELIVERIES = {
    "nothing": Delivery(b"", "empty_file", "even have a header"),
    "no rows": Delivery(HEAD.encode(), "empty_batch", "has no record"),
    "one row": Delivery(
        (HEAD + ROW).encode(), "critical_expectation_unmet",
        "the table must have 100 to 5000 rows; found 1"),
    "nulls": Delivery(
        (HEAD + ",,,,,,\n" * 200).encode(), "critical_expectation_unmet",
        "person is missing in 1 row; it is quarantined"),
    "other types": Delivery(
        (HEAD + ROW.replace(",30,", ",SECRET years,") * 200).encode(),
        "quarantine_share_above_limit", "age can’t be read as its type in 200 rows"),
    "twice a column": Delivery(
        (HEAD.replace("site", "person") + ROW).encode(), "duplicate_columns",
        "duplicate_columns: person: The column is there twice"),
    "a column less": Delivery(
        (HEAD.replace(",seen", "") + ROW.replace(",2024-01-03 00:00:00", "")).encode(),
        "schema_mismatch", "schema_mismatch: seen: The column is missing"),
    "torn in its last line": Delivery(
        (HEAD + ROW * 200)[:-30].encode(), "truncated", "cut off: line 201"),
    "an open quote": Delivery(
        (HEAD + '"' + ROW * 200).encode(), "malformed", "doesn't fit the header: line 2"),
    "another encoding": Delivery(
        (HEAD + ROW.replace("S1", "Ä")).encode("latin-1"), "undecodable", "isn't utf-8"),
    "a cell of 10 MB": Delivery(
        (HEAD + ROW.replace("S1", "S" * 10_000_000)).encode(), "malformed", "a cell is far too"),
    "a name of a million characters": Delivery(
        (HEAD.replace("seen", "x" * 1_000_000) + ROW).encode(), "malformed", "a name is far too"),
    "zeros": Delivery(b"\x00" * 1000, "undecodable", "has NUL characters"),
    "gzip by no name": Delivery(b"\x1f\x8b\x08\x00SECRET", "undecodable", "isn't utf-8"),
    "JSON for CSV": Delivery(
        b'{"person": "SECRET1"}\n', "schema_mismatch", "may lack its header"),
    "a zip bomb": Delivery(
        gzip.compress((HEAD + ROW * 1_200_000).encode()), "too_large",
        "decompresses or decodes to more than its contract allows: max bytes 50,000,000",
        "csv.gz"),
    "gzip cut in half": Delivery(
        gzip.compress((HEAD + ROW).encode())[:-12], "truncated", "gzip stream is cut", "csv.gz"),
    "Parquet cut in half": Delivery(
        _parquet(200)[: len(_parquet(200)) // 2], "truncated", "before its footer",
        "parquet", "parquet"),
    "Parquet spoilt inside": Delivery(
        _parquet(200)[:60] + b"\xff" * 200 + _parquet(200)[260:], "undecodable",
        "can't be read to its end", "parquet", "parquet"),
}  # fmt: skip


def _expect(train: Any, delivery: Delivery) -> None:
    """Let the contract expect files of the delivery's kind."""
    contract = train.project / "include" / "contracts" / "visits.odcs.yaml"
    text = contract.read_text().replace("{batch}.csv", f"{{batch}}.{delivery.ending}")
    contract.write_text(text.replace("format: csv", f"format: {delivery.form}"))


def _drop(train: Any, delivery: Delivery) -> Path:
    _expect(train, delivery)
    dropped: Path = train.drop("visits", DAY, delivery.data)
    return dropped.rename(dropped.with_name(f"{DAY}.{delivery.ending}"))


def _said(done: dict[str, Any]) -> str:
    return json.dumps([r.model_dump(mode="json") for r in done.values()], ensure_ascii=False)


def _aside(home: Path) -> list[Path]:
    """What was begun and not finished: it has a hidden name."""
    zones = ("landing", "work", "quarantine", "reports", "registry", "spill", "messages")
    return [p for z in zones for p in (home / z).rglob(".*") if p.name != ".lock"]


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_bad_delivery_is_held_with_its_reason_and_kept(ready: Any, name: str) -> None:
    delivery, before = DELIVERIES[name], ready.contents()
    dropped = _drop(ready, delivery)

    done = ready.run("visits", DAY)

    batch, told = ready.batch("visits", DAY), _said(done)
    log = "\n".join(render_result(result) for result in done.values())
    assert (batch["state"], batch["reasons"][0]) == ("held", delivery.code)
    assert delivery.says in log
    assert f"what to do: include/docs/runbooks/{delivery.code}.md" in log
    assert (RUNBOOKS / f"{delivery.code}.md").is_file()
    assert "SECRET" not in told + log
    assert len(told) < 20_000
    after = ready.contents()
    assert (after["released"], after["objects"]) == (before["released"], before["objects"])

    assert dropped.read_bytes() == delivery.data, "the upstream's own"
    (folder,) = (p for p in (ready.home / "landing" / "visits" / DAY).iterdir() if p.is_dir())
    assert (folder / "original" / dropped.name).read_bytes() == delivery.data
    assert (folder / "rows.parquet").exists() == delivery.readable
    assert _aside(ready.home) == []
    assert ready.services.catalog.leases.live(ready.now()) == []
    opened = ready.services.catalog.incidents.find("visits", state="open")
    assert {i.failing for i in opened} == {(DAY,)}
    assert all(list((ready.home / "messages").glob(f"visits-incident-{i.id}-*")) for i in opened)


def test_more_bytes_than_the_contract_allows_hold_the_batch(ready: Any) -> None:
    """Of the input as it comes: one that is too large when decompressed is among the deliveries."""
    contract = ready.project / "include" / "contracts" / "visits.odcs.yaml"
    contract.write_text(contract.read_text().replace("value: 50000000", "value: 5000"))
    ready.drop("visits", DAY, (HEAD + ROW * 200).encode())

    done = ready.run("visits", DAY)

    batch = ready.batch("visits", DAY)
    assert (batch["state"], batch["reasons"][0]) == ("held", "too_large")
    assert "larger than its contract allows: max bytes 5,000" in _said(done)
    (incident,) = ready.services.catalog.incidents.find(state="open")
    assert (incident.dataset, incident.check) == ("visits", "ingest/too_large")
    assert not [p for p in (ready.home / "landing" / "visits" / DAY).iterdir() if p.is_dir()]


def test_a_mended_delivery_is_released_after_a_bad_one(ready: Any, mini: Any) -> None:
    for name in ("torn in its last line", "other types"):
        ready.drop("visits", DAY, DELIVERIES[name].data)
        ready.run("visits", DAY)
    ready.drop("visits", DAY, mini.visits(DAY))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"
    assert DAY in ready.services.registry.snapshot("visits").batches
    kept = [p.read_bytes() for p in (ready.home / "landing/visits" / DAY).rglob(f"{DAY}.csv")]
    assert len(kept) == 3, "each original"
    assert ready.dataset("visits")["incidents"] == []


# Odd, and as sound as its policy says.


def _decided(ready: Any, rows: int) -> dict[str, Any]:
    batch = ready.batch("visits", DAY)
    parts = ("released", "held", "quarantined", "dropped", "suppressed")
    assert batch["rows_in"] == rows == sum(batch[f"rows_{p}"] for p in parts)
    return dict(batch)


def test_all_in_one_category_is_drift(ready: Any, mini: Any) -> None:
    rows = [(r[0], "S1", *r[2:]) for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    ready.run("visits", DAY)
    batch = _decided(ready, len(rows))
    assert (batch["state"], batch["reasons"]) == ("held", ["drift_detected", "rows_quarantined"])


def test_what_is_no_number_is_set_aside(ready: Any, mini: Any) -> None:
    odd = ("nan", "inf", "-inf", "1e999", "-0.0", "1e-320")  # the last two are numbers
    rows = mini.visit_rows(DAY, faults=0)
    rows = [(*r[:3], odd[i] if i < len(odd) else r[3], *r[4:]) for i, r in enumerate(rows)]
    ready.drop("visits", DAY, mini.as_csv(mini.HEADER, rows))
    ready.run("visits", DAY)
    batch = _decided(ready, len(rows))
    assert (batch["state"], batch["rows_quarantined"]) == ("released", 4)


def test_a_column_more_is_said_and_kept_out(ready: Any, mini: Any) -> None:
    rows = [(*r, "SECRET") for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv((*mini.HEADER, "SECRET"), rows))
    done = ready.run("visits", DAY)
    batch = _decided(ready, len(rows))
    assert batch["state"] == "released"
    assert "extra_columns" in batch["reasons"]
    assert "SECRET" not in _said(done)
    data = ready.services.registry.fetch("visits", DAY, batch["version"])
    assert "SECRET" not in pq.read_schema(data).names


def test_another_order_of_columns_is_no_fault(ready: Any, mini: Any) -> None:
    rows = [tuple(reversed(r)) for r in mini.visit_rows(DAY)]
    ready.drop("visits", DAY, mini.as_csv(reversed(mini.HEADER), rows))
    ready.run("visits", DAY)
    assert ready.batch("visits", DAY)["state"] == "released"


# A source that isn't there, goes away, or sends half.


class Upstream:
    """A loopback server that gives a day's bytes, of which it sends only so many at first."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sends: list[int] = []
        self.asked = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        part = self.data[: self.sends.pop(0)] if self.sends else self.data
        request.send_response(200)
        request.send_header("Content-Length", str(len(self.data)))
        request.end_headers()
        request.wfile.write(part)
        request.close_connection = True


@pytest.fixture
def upstream(ready: Any, mini: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """The source of the visits, from now on."""
    upstream = Upstream(mini.visits(DAY).encode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            upstream.answer(self)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    contract = ready.project / "include" / "contracts" / "visits.odcs.yaml"
    url = f"http://127.0.0.1:{server.server_port}"
    text = contract.read_text().replace("path: inbox", f"path: {url}")
    contract.write_text(text.replace("type: local", "type: custom"))
    monkeypatch.setattr(Retry, "wait", lambda *_: True)
    yield upstream
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_source_that_breaks_off_is_asked_again(ready: Any, upstream: Upstream) -> None:
    upstream.sends = [len(upstream.data) // 2, 0]
    ready.run("visits", DAY)
    assert upstream.asked == 3
    assert ready.batch("visits", DAY)["state"] == "released"
    assert ready.batch("visits", DAY)["rows_in"] == upstream.data.count(b"\n") - 1
    assert _aside(ready.home) == []


def test_a_source_that_sends_half_for_ever_lands_nothing(ready: Any, upstream: Upstream) -> None:
    before = ready.contents()
    upstream.sends = [len(upstream.data) // 2] * 99
    with pytest.raises(OSError, match=r"127\.0\.0\.1") as raised:  # which the task tries again
        ready.run("visits", DAY)
    assert "MRK" not in str(raised.value)
    after = ready.contents()
    assert (after["released"], after["objects"]) == (before["released"], before["objects"])
    assert [p for p in (ready.home / "landing/visits" / DAY).rglob("*") if p.is_file()] == []

    upstream.sends = []
    ready.later(minutes=11).run("visits", DAY, run_id="again")
    assert ready.batch("visits", DAY)["state"] == "released"


def test_a_source_that_is_not_there_is_said(ready: Any) -> None:
    done = ready.run("visits", DAY)
    assert done["ingest"].reasons == ("source_missing",)
    assert ready.batch("visits", DAY)["state"] == "held"
    assert "source_missing.md" in render_result(done["ingest"])
