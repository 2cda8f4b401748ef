"""Files in every format and compression, landed without loss."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from assay.engine import open_session
from assay.errors import InputError
from assay.ingest import land
from assay.lake import Lake

BATCH = "2013-02-04"
CSV = (
    b"id,n,x,ok,day,at\n"
    b" a1 ,1,1.5,true,2013-02-04,2013-02-04 10:00:00\n"
    b'b2,,"",no,,2013-02-04T12:00:00+02:00\n'
    b"c3,one,1e400,maybe,2013-02-30,yesterday\n"
)
RECORDS = [
    {"id": " a1 ", "n": 1, "x": 1.5, "ok": True, "day": "2013-02-04",
     "at": "2013-02-04 10:00:00"},
    {"id": "b2", "n": None, "ok": "no", "at": "2013-02-04T12:00:00+02:00"},
    {"id": "c3", "n": "one", "x": "1e400", "ok": "maybe", "day": "2013-02-30",
     "at": "yesterday"},
]  # fmt: skip
WANTED = [
    {"__row": 0, "id": "A1", "n": 1, "x": 1.5, "ok": True, "day": dt.date(2013, 2, 4),
     "at": dt.datetime(2013, 2, 4, 10), "__unparsed": None, "__landed": {"id": " a1 "}},
    {"__row": 1, "id": "B2", "n": None, "x": None, "ok": False, "day": None,
     "at": dt.datetime(2013, 2, 4, 10), "__unparsed": None, "__landed": {"id": "b2"}},
    {"__row": 2, "id": "C3", "n": None, "x": None, "ok": None, "day": None, "at": None,
     "__unparsed": ["n", "x", "ok", "day", "at"],
     "__landed": {"id": "c3", "n": "one", "x": "1e400", "ok": "maybe", "day": "2013-02-30",
                  "at": "yesterday"}},
]  # fmt: skip


def jsonl() -> bytes:
    return "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


def parquet() -> bytes:
    names = ["id", "n", "x", "ok", "day", "at"]
    texts = {
        name: [None if r.get(name) is None else str(r[name]).replace("True", "true")
               for r in RECORDS]
        for name in names
    }  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(texts[name], pa.string()) for name in names}), sink)
    return sink.getvalue()


PACK = {
    "": lambda data: data,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("ending", PACK)
@pytest.mark.parametrize(("fmt", "make"), [("csv", lambda: CSV), ("jsonl", jsonl),
                                           ("parquet", parquet)])  # fmt: skip
def test_each_format_and_compression_lands_the_same_rows(fmt, make, ending, dropped, rows_of):
    data = PACK[ending](make())
    landing = dropped(data, f"{{batch}}.{fmt}{ending}", format=fmt)
    assert [f.code for f in landing.faults if f.outcome.value == "FAIL"] == []
    assert rows_of(landing) == WANTED
    assert landing.rows == len(WANTED)
    assert landing.manifest.unparsed == {"n": 1, "x": 1, "ok": 1, "day": 1, "at": 1}
    assert landing.manifest.unparsed_rows == 1
    kept = landing.folder / "original" / f"{BATCH}.{fmt}{ending}"
    assert kept.read_bytes() == data
    assert landing.folder.name == hashlib.sha256(data).hexdigest()


def test_types_of_a_parquet_file_are_compared(dropped, rows_of):
    table = pa.table({
        "id": pa.array(["a", "b", "c", "d"]).dictionary_encode(),
        "n": pa.array([1.0, 2.5, float("nan"), None]),
        "x": pa.array([1, 2, 3, None], pa.int32()),
        "ok": pa.array([True, False, None, True]),
        "day": pa.array([dt.datetime(2013, 2, 4), dt.datetime(2013, 2, 4, 1), None, None]),
        "at": pa.array([dt.datetime(2013, 2, 4, 1, tzinfo=dt.UTC)] * 4,
                       pa.timestamp("us", tz="Europe/Berlin")),
    })  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table, sink)
    landing = dropped(sink.getvalue(), "{batch}.parquet", format="parquet")
    rows = rows_of(landing)
    assert [r["n"] for r in rows] == [1, None, None, None]
    assert [r["x"] for r in rows] == [1.0, 2.0, 3.0, None]
    assert [r["day"] for r in rows] == [dt.date(2013, 2, 4), None, None, None]
    assert rows[0]["at"] == dt.datetime(2013, 2, 4, 1)
    assert [r["__unparsed"] for r in rows] == [None, ["n", "day"], None, None]
    assert rows[1]["__landed"]["n"] == "2.5"
    assert landing.manifest.nan_as_null == {"n": 1}
    assert landing.faults == ()


def test_a_type_of_another_family_is_read_by_its_text_and_remarked(dropped, rows_of):
    sink = io.BytesIO()
    names = ["id", "x", "ok", "day", "at"]
    columns = {name: pa.nulls(2, pa.string()) for name in names} | {"n": ["7", "seven"]}
    pq.write_table(pa.table(columns), sink)
    landing = dropped(sink.getvalue(), "{batch}.parquet", format="parquet")
    assert [r["n"] for r in rows_of(landing)] == [7, None]
    assert ("type_differs", "n") in {(f.code, f.column) for f in landing.faults}


def parquet_of(**columns: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_names_of_parquet_may_differ_by_case_or_be_the_readers_own(dropped, rows_of):
    data = parquet_of(ID=["A"], id=["b"], __row=[9])
    columns = [{"name": "id", "type": "string"}]
    landing = dropped(data, "{batch}.parquet", columns, format="parquet")
    assert [(r["__row"], r["id"]) for r in rows_of(landing)] == [(0, "b")]
    data = parquet_of(id=["b"], file_row_number=[7], v0=[8])
    columns += [{"name": n, "type": "integer"} for n in ("v0", "file_row_number")]
    row = rows_of(dropped(data, "{batch}.parquet", columns, format="parquet"))[0]
    assert (row["id"], row["v0"], row["file_row_number"]) == ("b", 8, 7)


def test_an_empty_column_of_parquet_has_no_type_to_differ(dropped, rows_of):
    columns = [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}]
    data = parquet_of(id=pa.nulls(2), n=[1, 2])
    landing = dropped(data, "{batch}.parquet", columns, format="parquet")
    assert landing.faults == ()
    assert [r["id"] for r in rows_of(landing)] == [None, None]


def test_moments_that_the_engine_would_cut_or_refuse_keep_their_text(dropped, rows_of):
    columns = [{"name": n, "type": "timestamp"} for n in ("ns", "ms")]
    data = parquet_of(
        ns=pa.array([1_704_067_200_000_000_001, 1_704_067_200_000_001_000],
                    pa.timestamp("ns", tz="Asia/Tokyo")),
        ms=pa.array([10**16, 0], pa.timestamp("ms")),
    )  # fmt: skip
    rows = rows_of(dropped(data, "{batch}.parquet", columns, format="parquet"))
    texts = {"ns": "2024-01-01 00:00:00.000000001Z", "ms": "10000000000000000 ms since 1970"}
    assert rows[0]["__landed"] == texts
    assert rows[1]["ns"] == dt.datetime(2024, 1, 1, 0, 0, 0, 1)
    assert rows[1]["ms"] == dt.datetime(1970, 1, 1)


def test_nanoseconds_are_compared_with_far_years_by_microseconds(dropped, rows_of):
    counts = [2083, 4_294_967_295_000_000_001, 86_400_000_000_000, -450_601_506_000_000_000]
    columns = [{"name": "day", "type": "date"}]
    data = parquet_of(day=pa.array(counts, pa.timestamp("ns")))
    rows = rows_of(dropped(data, "{batch}.parquet", columns, format="parquet"))
    assert [r["day"] for r in rows] == [None, None, dt.date(1970, 1, 2), None]


def test_the_same_input_lands_once(dropped):
    first = dropped(CSV)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in first.folder.rglob("*")}
    again = dropped(CSV)
    assert (first.reused, again.reused) == (False, True)
    assert {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in again.folder.rglob("*")} == before
    assert again.manifest == first.manifest
    assert [p.name for p in first.folder.parent.iterdir()] == [first.folder.name]


def test_another_contract_lands_the_same_input_anew(dropped):
    first = dropped(CSV)
    columns = [{"name": n, "type": "string"} for n in ("id", "n", "x", "ok", "day", "at")]
    again = dropped(CSV, columns=columns)
    assert again.folder == first.folder
    assert not again.reused
    assert pq.read_schema(again.rows_path).field("n").type == pa.string()
    assert again.manifest.unparsed_rows == 0


def test_lost_rows_are_made_again(dropped):
    first = dropped(CSV)
    before = first.rows_path.read_bytes()
    first.rows_path.write_bytes(b"PAR1")
    assert dropped(CSV).rows_path.read_bytes() == before


def test_bytes_are_the_same_over_threads(tmp_path, contract_of):
    inbox = tmp_path / "in"
    inbox.mkdir()
    lines = (f"p{i % 997},{i},{i / 7},true,2013-02-04,\n" for i in range(130_000))
    (inbox / f"{BATCH}.csv").write_text("id,n,x,ok,day,at\n" + "".join(lines))
    source = {"kind": "files", "location": f"{inbox}/{{batch}}.csv", "format": "csv"}
    seen = set()
    for threads in (1, 2, 8):
        with open_session(threads=threads) as session:
            landing = land(session, contract_of(source), BATCH, Lake(tmp_path / f"home{threads}"))
        seen.add((landing.rows, landing.manifest.rows.sha256,
                  (landing.folder / "manifest.json").read_bytes()))  # fmt: skip
    assert len(seen) == 1
    assert landing.rows == 130_000
    numbers = pq.read_table(landing.rows_path, columns=["__row", "n"])
    assert numbers["__row"].equals(numbers["n"])


def test_landing_is_restricted(dropped):
    landing = dropped(CSV)
    for path in [landing.folder, *landing.folder.parents]:
        if path.name == "home":
            break
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_nothing_stays_in_the_spill_folder(dropped, lake):
    dropped(gzip.compress(CSV), "{batch}.csv.gz")
    assert [path.name for path in (lake.home / "spill").iterdir()] == [".lock"]


def test_the_manifest_holds_no_value(dropped):
    text = (dropped(CSV).folder / "manifest.json").read_text()
    for value in ("a1", "A1", "c3", "maybe", "yesterday"):
        assert f'"{value}"' not in text
    assert json.loads(text)["rows"]["rows"] == 3


@pytest.mark.parametrize("key", ["../2013-02-04", "2013-2-4", "2013-02-30", "2012-01-01", ""])
def test_only_canonical_keys_of_the_calendar_land(key, session, lake, contract_of):
    source = {"kind": "files", "location": "inbox/{batch}.csv", "format": "csv"}
    with pytest.raises(InputError):
        land(session, contract_of(source), key, lake)
    assert not (lake.home / "landing").exists()


def test_a_delimiter_an_encoding_and_null_values(dropped, rows_of):
    text = "id;n;x;ok;day;at\nä\u0308ß;NA;;;;\n".encode("utf-16")
    landing = dropped(text, encoding="utf-16", delimiter=";", null_values=["", "NA"])
    row = rows_of(landing)[0]
    assert row["n"] is None
    assert row["__unparsed"] is None
    assert row["__landed"] == {"id": "ä\u0308ß"}


def test_a_byte_order_mark_is_no_part_of_the_first_name(dropped):
    assert dropped(b"\xef\xbb\xbf" + CSV).rows == 3


def test_quoted_line_breaks_and_quotes_stay(dropped, rows_of):
    landing = dropped(b'id,n,x,ok,day,at\n"a ""b""\nc",1,,,,\n')
    assert rows_of(landing)[0]["id"] == 'A "B"\nC'


def test_line_ends_may_be_mixed(dropped, rows_of):
    columns = [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}]
    data = b'id,n\r\n"a\r\nb",1\nc,2\r\r\nd,3\r\n'
    assert [(r["id"], r["n"]) for r in rows_of(dropped(data, columns=columns))] == [
        ("a\r\nb", 1), ("c", 2), ("d", 3)]  # fmt: skip


def test_numbers_have_the_decimal_sign_that_the_contract_says(dropped, rows_of):
    columns = [{"name": "id", "type": "string"}, {"name": "x", "type": "number"}]
    data = b"id;x\n1.5;1.234,50\n0,5;-0,75\nc;1.5\n"
    rows = rows_of(dropped(data, columns=columns, delimiter=";", decimal=",", thousands="."))
    assert [(r["id"], r["x"]) for r in rows] == [("1.5", 1234.5), ("0,5", -0.75), ("c", None)]
    assert rows[2]["__landed"] == {"x": "1.5"}


def test_values_of_json_are_as_they_are_written(dropped, rows_of):
    columns = [{"name": "id", "type": "string"}, {"name": "x", "type": "number"}]
    data = b'{"id": 1.10, "x": 12345678901234567890.12}\n{"id": {"a": [1.50]}, "x": NaN}\n'
    rows = rows_of(dropped(data, "{batch}.jsonl", columns, format="jsonl"))
    assert [r["id"] for r in rows] == ["1.10", '{"a": [1.50]}']
    assert [r["__landed"]["x"] for r in rows] == ["12345678901234567890.12", "NaN"]


def test_declared_formats_of_dates(dropped, rows_of):
    columns = [
        {"name": "id", "type": "string"},
        {"name": "day", "type": "date", "format": "%d/%m/%Y"},
        {"name": "at", "type": "timestamp", "format": "%d.%m.%Y %H:%M %z"},
    ]
    data = b"id,day,at\na,04/02/2013,04.02.2013 12:00 +0200\nb,2013-02-04,soon\n"
    rows = rows_of(dropped(data, columns=columns))
    assert (rows[0]["day"], rows[0]["at"]) == (dt.date(2013, 2, 4), dt.datetime(2013, 2, 4, 10))
    assert rows[1]["__unparsed"] == ["day", "at"]


def test_a_location_that_the_batch_does_not_reach(dropped, lake, contract_of, session):
    source = {"kind": "files", "location": "inbox/none-{batch}.csv", "format": "csv"}
    landing = land(session, contract_of(source), BATCH, lake)
    assert [f.code for f in landing.faults] == ["source_missing"]
    assert landing.folder is None
    assert landing.rows_path is None
    assert list((lake.home / "landing" / "people" / BATCH).iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, session, lake, contract_of):
    path = tmp_path / f"{BATCH}.csv"
    path.write_bytes(CSV)
    path.chmod(0)
    source = {"kind": "files", "location": str(tmp_path) + "/{batch}.csv", "format": "csv"}
    with pytest.raises(InputError, match="refuses"):
        land(session, contract_of(source), BATCH, lake)


def _landed(home: Path, contract) -> str:
    with open_session(threads=1) as session:
        return (land(session, contract, BATCH, Lake(home)).folder or home).name


def test_runs_at_the_same_moment_land_one_batch(tmp_path, contract_of):
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    (home / "inbox" / f"{BATCH}.csv").write_bytes(CSV)
    source = {"kind": "files", "location": "inbox/{batch}.csv", "format": "csv"}
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: _landed(home, contract_of(source)), range(6)))
    place = home / "landing" / "people" / BATCH
    assert found == {p.name for p in place.iterdir()} == {hashlib.sha256(CSV).hexdigest()}
    assert {p.name for p in (place / found.pop()).iterdir()} == {
        "manifest.json", "original", "rows.parquet"}  # fmt: skip


def test_a_run_killed_before_its_manifest_leaves_nothing_that_counts(dropped):
    first = dropped(CSV)
    (first.folder / "manifest.json").unlink()
    again = dropped(CSV)
    assert not again.reused
    assert again.manifest == first.manifest
    assert (again.folder / "manifest.json").is_file()
