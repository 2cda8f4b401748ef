"""The observed table: every row that parsed, and no clear value."""

from __future__ import annotations

import datetime as dt
import logging

import ibis
import pyarrow as pa
import pytest

from assay.engine import open_session
from assay.errors import PolicyError
from assay.keys import PseudonymKey
from assay.privacy import protect, pseudonym

KEY = PseudonymKey(1, bytes(range(32)))
SCHEMA = {
    "__row": "int64", "tail": "string", "owner": "int64", "phone": "string", "age": "int64",
    "born": "date", "zip": "string", "illness": "string", "note": "string", "x": "float64",
    "__unparsed": "array<string>", "__landed": "map<string, string>",
}  # fmt: skip
DAY = dt.date(1980, 5, 17)
ROWS = [
    (0, "N1", 7, "555", 17, DAY, "12345", "flu", "hi", 1.5, None, {"tail": " n1"}),
    (1, "N2", 8, "556", 18, DAY, "123", "cough", "hi", 2.5, None, None),
    (2, "N1", 7, "557", 64, DAY, "12", "gout", "hi", 3.5, None, None),
    (3, None, None, None, None, None, None, None, None, None, None, None),
    (4, "N4", 9, "558", 65, DAY, "99999", "flu", "hi", 4.5, None, None),
    (5, "N5", 9, "559", None, DAY, "99999", "flu", "hi", 5.5, ["age"], {"age": "old"}),
]
MARKS = [(2, "quarantined", ["x"]), (4, "dropped", ["exact_duplicate"]),
         (5, "quarantined", ["unparsed:age"])]  # fmt: skip


def arrow(rows, schema):
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
    types = ibis.schema(schema).to_pyarrow()
    return ibis.memtable(pa.table(dict(zip(schema, columns, strict=True)), schema=types))


def table(rows):
    return arrow(rows, SCHEMA)


def marks(rows=MARKS):
    schema = {"__row": "int64", "disposition": "string", "reasons": "array<string>"}
    return arrow(rows, schema)


@pytest.fixture
def protected(session, contract_of, policy_of):
    def run(rows=ROWS, marked=None, **changed):
        marked = marks() if marked is None else marked
        observed = protect(session, table(rows), marked, contract_of(), policy_of(**changed), KEY)
        return sorted(session.rows(observed), key=lambda row: row["__row"])

    return run


def test_every_row_that_parsed_is_observed(protected):
    rows = protected()
    assert [(r["__row"], r["__quarantined"]) for r in rows] == [
        (0, False), (1, False), (2, True), (3, False)]  # fmt: skip
    assert list(rows[0]) == ["__row", "__quarantined", "tail", "owner", "phone", "age", "born",
                             "zip", "illness", "x"]  # fmt: skip


def test_each_treatment(protected):
    rows = protected()
    assert rows[0] == {
        "__row": 0, "__quarantined": False,
        "tail": pseudonym("N1", "aircraft", KEY), "owner": pseudonym("7", "people", KEY),
        "phone": "***", "age": "<18", "born": dt.date(1980, 5, 1), "zip": "123",
        "illness": "cold", "x": 1.5,
    }  # fmt: skip
    assert [r["age"] for r in rows] == ["<18", "[18, 65)", "[18, 65)", None]
    assert [r["illness"] for r in rows] == ["cold", "cold", "other", None]
    assert rows[2]["tail"] == rows[0]["tail"]
    assert rows[1]["tail"] != rows[0]["tail"]


def test_null_stays_null(protected):
    assert set(protected()[3].values()) == {3, False, None}


@pytest.mark.parametrize(
    ("to", "wanted"),
    [({"kind": "date", "unit": "week"}, dt.date(1980, 5, 12)),
     ({"kind": "date", "unit": "quarter"}, dt.date(1980, 4, 1)),
     ({"kind": "date", "unit": "year"}, dt.date(1980, 1, 1))],
)  # fmt: skip
def test_dates_become_their_period(protected, to, wanted):
    assert protected(born={"treatment": "generalise", "to": to})[0]["born"] == wanted


def test_a_short_value_is_masked_wholly(protected):
    how = {"treatment": "mask", "text": "#", "keep_last": 2, "rationale": "for the help desk"}
    rows = protected(zip=how)
    assert [r["zip"] for r in rows] == ["#45", "#23", "#", None]


def test_a_column_may_be_kept_for_a_reason(protected):
    rows = protected(note={"treatment": "keep", "rationale": "free of people by construction"})
    assert rows[0]["note"] == "hi"


def test_an_unparsed_row_without_a_mark_would_vanish(protected):
    with pytest.raises(Exception, match="not marked") as raised:
        protected(marked=marks([]))
    assert "old" not in str(raised.value)


def test_no_marks_and_no_rows(session, contract_of, policy_of):
    observed = protect(session, table(ROWS[:5]), None, contract_of(), policy_of(), KEY)
    assert session.value(observed.count()) == 5
    empty = protect(session, table([]), None, contract_of(), policy_of(), KEY)
    assert session.rows(empty) == []
    assert "tail" in empty.columns


def test_a_mark_that_stands_twice_makes_no_second_row(protected):
    rows = protected(marked=marks([*MARKS, MARKS[0]]))
    assert [r["__row"] for r in rows] == [0, 1, 2, 3]


def test_a_policy_that_leaves_an_identifier_is_refused(protected):
    with pytest.raises(PolicyError) as raised:
        protected(tail={"treatment": "keep", "rationale": "I like it"}, phone=None, age=None)
    assert len(raised.value.problems) == 3


def test_references_match_pseudonym_to_pseudonym(session, contract_of, policy_of):
    """Flights' tail numbers meet planes' in one domain and key version, and nowhere else."""
    contract, policy = contract_of(), policy_of()
    planes = protect(session, table(ROWS[:2]), None, contract, policy, KEY)
    flights = protect(session, table([ROWS[0], ROWS[2]]), None, contract, policy, KEY)
    newer = protect(session, table(ROWS[:2]), None, contract, policy, PseudonymKey(2, KEY.master))
    assert session.value(flights.semi_join(planes, "tail").count()) == 2
    assert session.value(flights.semi_join(newer, "tail").count()) == 0


def test_bytes_are_the_same_over_threads(tmp_path, contract_of, policy_of):
    sql = (
        "SELECT i AS __row, 'N' || (i % 5003) AS tail, i % 71 AS owner, 'p' || i AS phone, "
        "i % 90 AS age, DATE '1980-01-01' + CAST(i % 9000 AS INT) AS born, "
        "lpad(CAST(i AS VARCHAR), 6, '0') AS zip, 'flu' AS illness, 'n' AS note, i / 7 AS x, "
        "CAST(NULL AS VARCHAR[]) AS __unparsed, CAST(NULL AS MAP(VARCHAR, VARCHAR)) AS __landed "
        "FROM range(130000) AS t(i)"
    )
    seen = set()
    for threads in (1, 2, 8):
        with open_session(threads=threads) as session:
            marked = session.sql("SELECT i AS __row, 'quarantined' AS disposition "
                             "FROM range(0, 130000, 7) AS t(i)")  # fmt: skip
            rows = protect(session, session.sql(sql), marked, contract_of(), policy_of(), KEY)
            written = session.write_parquet(
                rows, tmp_path / f"{threads}.parquet", ["tail", "__row"]
            )
        seen.add((written.rows, written.sha256))
    assert len(seen) == 1
    assert written.rows == 130_000


MARKERS = {"tail": "ZQMARKERTAIL", "owner": 987654321, "phone": "ZQMARKERPHONE",
           "note": "ZQMARKERNOTE", "zip": "ZQ1MARKERZIP", "illness": "ZQMARKERILLNESS"}  # fmt: skip


def test_no_planted_value_is_in_what_comes_out(
    session, tmp_path, contract_of, policy_of, caplog, capfd
):
    """Marked values go in; neither the files, nor logs, nor errors have them afterwards."""
    caplog.set_level(logging.DEBUG)
    row = dict(zip(SCHEMA, ROWS[0], strict=True)) | MARKERS
    row["__landed"] = {"tail": "zqmarkertail "}
    landed = table([tuple(row.values()), *ROWS[1:5]])
    needles = [str(value).encode() for value in MARKERS.values()] + [b"zqmarkertail"]
    landed = session.set_aside(landed)
    marked = session.set_aside(marks(MARKS[:2]))
    clear = session.write_parquet(landed, tmp_path / "clear.parquet", ["__row"]).path
    assert all(_found(clear, needle) for needle in needles), "the search would find them"
    observed = protect(session, landed, marked, contract_of(), policy_of(), KEY)
    out = session.write_parquet(observed, tmp_path / "out.parquet", ["__row"]).path
    assert not [needle for needle in needles if _found(out, needle)]
    said = []
    for bad in ({"tail": None}, {"age": {"treatment": "keep", "rationale": ""}}):
        with pytest.raises(Exception, match=r"tail|age") as raised:
            protect(session, landed, None, contract_of(), policy_of(**bad), KEY)
        said.append(str(raised.value))
    said += [caplog.text, *capfd.readouterr()]
    assert not [needle for needle in needles if needle.decode() in "".join(said)]


def _found(path, needle: bytes) -> bool:
    import pyarrow.parquet as pq

    text = repr(pq.read_table(path).to_pylist()).encode() + repr(pq.read_metadata(path)).encode()
    return needle in text or needle in path.read_bytes()
