"""What is wrong with an input is said, and its bytes are kept."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from assay.errors import InputError
from assay.ingest import Landing, judge_landing
from assay.policy import GatePolicy
from assay.verdict import Outcome, Verdict

HEAD = b"id,n,x,ok,day,at\n"
SECRET = b"N1SECRET"
ROW = SECRET + b",1,1.5,true,2013-02-04,2013-02-04 10:00:00\n"
HOLD = GatePolicy(on_inconclusive="hold")


def noise(rows: int) -> bytes:
    """Rows that don't compress into one block."""
    return b"".join(b"%d-%d,%d,,,,\n" % (i, hash((i, 7)), i * 7919) for i in range(rows))


def packed(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


PARQUET = packed(pa.table({
    name: pa.array([str(i) for i in range(1000)]) for name in HEAD.decode().strip().split(",")
}))  # fmt: skip

FAULTS = {
    "no bytes": (b"", "csv", "", "empty_file"),
    "no bytes of Parquet": (b"", "parquet", "", "empty_file"),
    "gzip cut": (gzip.compress(HEAD + noise(5000))[:-20], "csv", ".gz", "truncated"),
    "gzip with no end mark": (gzip.compress(HEAD + ROW)[:-4], "csv", ".gz", "truncated"),
    "gzip spoilt": (gzip.compress(HEAD + ROW)[:-5] + b"xxxxx", "csv", ".gz", "undecodable"),
    "no gzip": (HEAD + ROW, "csv", ".gz", "undecodable"),
    "zstd cut": (zstandard.compress(HEAD + noise(5000))[:-20], "csv", ".zst", "truncated"),
    "no zstd": (HEAD + ROW, "csv", ".zst", "undecodable"),
    "Parquet cut": (PARQUET[:-100], "parquet", "", "truncated"),
    "no Parquet": (HEAD + ROW, "parquet", "", "undecodable"),
    "Parquet spoilt inside": (
        PARQUET[:60] + b"\xff" * 400 + PARQUET[460:], "parquet", "", "undecodable"),
    "latin-1": ("id,n,x,ok,day,at\nä,1,,,,\n".encode("latin-1"), "csv", "", "undecodable"),
    "UTF-16": ("id,n,x,ok,day,at\na,1,,,,\n".encode("utf-16-le"), "csv", "", "undecodable"),
    "cut inside a letter": (HEAD + "ä".encode()[:1], "csv", "", "undecodable"),
    "name twice": (b"id,n,n,ok,day,at\n1,2,3,4,5,6\n", "csv", "", "duplicate_columns"),
    "name missing": (b"id,n,x,ok,day\na,1,,,\n", "csv", "", "schema_mismatch"),
    "no header": (ROW + ROW, "csv", "", "schema_mismatch"),
    "torn last line": (HEAD + ROW + SECRET + b",1,1.5", "csv", "", "truncated"),
    "torn quote": (HEAD + ROW + b'"' + SECRET, "csv", "", "truncated"),
    "a line too long": (HEAD + ROW + SECRET + b",1,2,3,4,5,6,7\n" + ROW, "csv", "", "malformed"),
    "a line too short": (HEAD + SECRET + b",1\n" + ROW, "csv", "", "malformed"),
    "torn JSON": (b'{"id": "N1SECRET"}\n{"id": "N1SEC', "jsonl", "", "truncated"),
    "no JSON": (b'{"id": "N1SECRET"}\nN1SECRET\n{"id": "b"}\n', "jsonl", "", "malformed"),
    "JSON lists": (b'["N1SECRET"]\n', "jsonl", "", "malformed"),
    "JSON key twice": (b'{"id": "a", "id": "N1SECRET"}\n', "jsonl", "", "duplicate_columns"),
    "JSON without a required key": (b'{"n": 1}\n', "jsonl", "", "schema_mismatch"),
    "JSON with half a character": (
        b'{"id": "N1SECRET \\ud800"}\n{"id": "a"}\n', "jsonl", "", "undecodable"),
    "another delimiter": (HEAD.replace(b",", b";") + ROW, "csv", "", "schema_mismatch"),
    "durations": (
        packed(pa.table({
            n: pa.array([5], pa.duration("us")) for n in HEAD.decode().strip().split(",")
        })),
        "parquet", "", "schema_mismatch"),
    "nested Parquet": (
        packed(pa.table({n: [{"a": 1}] for n in HEAD.decode().strip().split(",")})),
        "parquet", "", "schema_mismatch"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_verdict_and_the_original_is_kept(name, dropped, capfd):
    data, fmt, ending, code = FAULTS[name]
    landing = dropped(data, f"{{batch}}.{fmt}{ending}", format=fmt)
    verdict = judge_landing(landing, HOLD)
    assert {r.code for r in verdict.reasons} == {code}
    assert verdict.outcome is Outcome.FAIL
    assert verdict.holds
    assert landing.rows_path is None
    assert not (landing.folder / "rows.parquet").exists()
    assert (landing.folder / "original" / f"2013-02-04.{fmt}{ending}").read_bytes() == data
    said = verdict.model_dump_json() + (landing.folder / "manifest.json").read_text()
    said += "".join(capfd.readouterr())
    assert SECRET.decode() not in said
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_faulty_input_is_found_again_with_its_faults(dropped):
    first, again = dropped(HEAD + b"torn"), dropped(HEAD + b"torn")
    assert again.reused
    assert again.faults == first.faults


def test_the_line_at_fault_is_named(dropped):
    landing = dropped(HEAD + ROW * 3 + b"a\n" + ROW)
    assert landing.faults[0].numbers == {"line": 5}


def test_more_columns_are_a_warning_without_their_names(dropped, rows_of):
    landing = dropped(b"id,n,x,ok,day,at,N1SECRET\na,1,,,,,N1SECRET\n")
    verdict = judge_landing(landing, HOLD)
    assert [(r.code, r.outcome, r.numbers) for r in verdict.reasons] == [
        ("extra_columns", Outcome.WARN, {"columns": 1})
    ]
    assert SECRET.decode() not in verdict.model_dump_json()
    assert SECRET.decode() not in str(rows_of(landing))


def test_reordered_columns_land_by_name(dropped, rows_of):
    assert rows_of(dropped(b"n,id,at,day,ok,x\n5,a,,,,\n"))[0]["n"] == 5


NAMES = HEAD.decode().strip().split(",")
NO_ROWS = packed(pa.table({name: pa.array([], pa.string()) for name in NAMES}))


@pytest.mark.parametrize(("fmt", "data"), [("csv", HEAD), ("jsonl", b""), ("parquet", NO_ROWS)])
def test_an_empty_batch_is_the_policys_to_judge(fmt, data, dropped):
    landing = dropped(data, f"{{batch}}.{fmt}", format=fmt)
    assert landing.rows == 0
    verdict = judge_landing(landing, HOLD)
    assert "empty_batch" in {r.code for r in verdict.reasons}
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.holds
    assert not judge_landing(landing, GatePolicy(on_inconclusive="release")).holds


def test_a_missing_input_is_a_verdict():
    from assay.ingest import Fault

    fault = Fault(code="source_missing", message="The source has no input for this batch.")
    landing = Landing(dataset="d", batch="b", folder=None, manifest=None, faults=(fault,))
    verdict = judge_landing(landing, HOLD)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.measurements == ()


def test_more_than_the_contract_allows_is_not_decompressed(dropped):
    data = gzip.compress(HEAD + b"a,1,,,,\n" * 100_000)
    landing = dropped(data, "{batch}.csv.gz", max_bytes=10_000)
    assert [f.code for f in landing.faults] == ["too_large"]


def test_more_than_the_contract_allows_is_not_fetched(dropped, lake):
    landing = dropped(HEAD + ROW * 1000, max_bytes=1000)
    assert [(f.code, f.numbers) for f in landing.faults] == [("too_large", {"max_bytes": 1000})]
    assert landing.folder is None
    assert list((lake.home / "landing" / "people" / "2013-02-04").iterdir()) == []


def test_an_encoding_that_does_not_exist(dropped):
    with pytest.raises(InputError, match="no such encoding"):
        dropped(HEAD, encoding="utf-99")


def test_every_reason_code_has_its_runbook():
    from pathlib import Path

    runbooks = Path(__file__).parents[3] / "include" / "docs" / "runbooks"
    codes = {code for *_, code in FAULTS.values()}
    for code in {*codes, "source_missing", "too_large", "extra_columns", "type_differs",
                 "empty_batch"}:  # fmt: skip
        assert (runbooks / f"{code}.md").is_file(), code


def test_measurements_of_a_sound_batch(dropped):
    verdict = judge_landing(dropped(HEAD + ROW + b"a,one,,,,\n"), HOLD)
    assert verdict.outcome is Outcome.PASS
    found = {(m.name, m.column): m.value for m in verdict.measurements}
    assert found["rows", None] == 2
    assert found["unparsed_rows", None] == 1
    assert found["unparsed", "n"] == 1
    assert json.loads(verdict.model_dump_json())["gate"] == "ingest"
