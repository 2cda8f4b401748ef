"""What lands is what was sent, or its text: each physical source against each declared type."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from assay.ingest import land
from assay.ingest.readers._text_sql import literal

from .readings import EXACT, TYPES, UNPARSED, of_text, of_typed, same

BATCH = "2013-02-04"
FEW, MANY = 12, 1200
FIXED = settings(
    max_examples=FEW,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
COLUMNS = [{"name": kind, "type": kind} for kind in TYPES]

DIGITS = st.text("0123456789", min_size=1, max_size=40)
SIGNS = st.sampled_from(["", "-", "+"])
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
FIELD = st.integers(0, 70).map("{:02d}".format)
YEARS = st.sampled_from(["0000", "0001", "1582", "1969", "2024", "9999"])
DAYS = st.dates().map(str) | st.builds("{}-{}-{}".format, YEARS, FIELD, FIELD)
CLOCKS = st.times().map(str) | st.builds("{}:{}".format, FIELD, FIELD)
OFFSETS = st.sampled_from(["", "", "Z", "+01", "-0530", "+05:45", "-04:56:02", "+99", " UTC", "z"])
TEXTS = st.one_of(
    st.builds("{}{}".format, SIGNS, DIGITS),
    st.builds("{}{}.{}".format, SIGNS, DIGITS, DIGITS),
    st.builds("{}{}e{}".format, SIGNS, DIGITS, st.integers(-400, 400)),
    DOUBLES.map(repr),
    DOUBLES.map("{:.17g}".format),
    st.builds(lambda x, n: f"{x:.{n}e}", DOUBLES, st.integers(0, 30)),
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(
        ["true", "False", "YES", "n", "on", "OFF", "1.0", "2", "nan", "inf", "-0", "."]
    ),
    st.sampled_from(["007", "+491511234567", "0x1F", "1_000", "1,5", "١", "infinity", "today"]),
    DAYS,
    st.builds("{}{}{}{}".format, DAYS, st.sampled_from("T "), CLOCKS, OFFSETS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
)
PADDED = st.builds("{}{}{}".format, st.sampled_from(["", "", " ", "\t"]), TEXTS,
                   st.sampled_from(["", "", " ", "\u00a0"]))  # fmt: skip


def held(row: dict[str, Any], kind: str) -> Any:
    """What a landed row has in a column."""
    return UNPARSED if kind in (row["__unparsed"] or ()) else row[kind]


def assert_texts(rows: list[dict[str, Any]], texts: list[str | None]) -> None:
    """Each row holds its text's value in every type, or the text itself."""
    assert len(rows) == len(texts)
    for row, text in zip(rows, texts, strict=True):
        for kind in TYPES:
            wanted = None if text is None else of_text(kind, text)
            assert same(held(row, kind), wanted), (kind, text, row[kind])
            if wanted == UNPARSED:
                assert row["__landed"][kind] == text


EXAMPLES = pytest.mark.parametrize(
    "examples", [FEW, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])]
)
ROWS = st.lists(PADDED, min_size=1, max_size=20)


@EXAMPLES
def test_texts_of_csv(examples, dropped, rows_of):
    @settings(FIXED, max_examples=examples)
    @given(
        ROWS,
        st.sampled_from(",;\t|"),
        st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=3),
        st.booleans(),
    )
    def holds(texts, delimiter, ends, marked):
        lines = []
        for cells in (TYPES, *([text] * len(TYPES) for text in texts)):
            out = io.StringIO()
            csv.writer(out, delimiter=delimiter, lineterminator="", quoting=csv.QUOTE_ALL).writerow(
                cells
            )
            lines.append(out.getvalue() + ends[len(lines) % len(ends)])
        data = ("\ufeff" * marked + "".join(lines)).encode()
        landing = dropped(data, columns=COLUMNS, delimiter=delimiter)
        assert_texts(rows_of(landing), [text or None for text in texts])

    holds()


def spelled(number: str, decimal: str, thousands: str) -> str:
    """A plain number in another notation."""
    sign = "-" if number.startswith("-") else ""
    whole, _, rest = number.removeprefix("-").partition(".")
    groups = f"{int(whole):,}".replace(",", thousands)
    return f"{sign}{groups}{decimal}{rest}" if rest else f"{sign}{groups}"


@EXAMPLES
def test_numbers_with_a_decimal_comma(examples, dropped, rows_of):
    @settings(FIXED, max_examples=examples)
    @given(
        st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=2), min_size=1),
        st.sampled_from([".", " ", "'", "\u202f", ""]),
    )
    def holds(numbers, thousands):
        texts = [format(n, "f") for n in numbers]
        lines = [f'"{spelled(t, ",", thousands)}";"{t}"' for t in texts]
        data = "\n".join(["comma;point", *lines]).encode()
        columns = [{"name": n, "type": "number"} for n in ("comma", "point")]
        more = {"thousands": thousands} if thousands else {}
        rows = rows_of(dropped(data, columns=columns, delimiter=";", decimal=",", **more))
        for row, text in zip(rows, texts, strict=True):
            assert same(held(row, "comma"), of_text("number", text))
            # A point is the sign of thousands here, or none at all.
            assert held(row, "point") == UNPARSED

    holds()


RAW = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    DOUBLES.map(repr),
    st.sampled_from(["true", "false", "null", "{}", '{"x": 1.10}', "[1.50, null]", "-0"]),
    PADDED.map(lambda text: json.dumps(text, ensure_ascii=False)),
    PADDED.map(json.dumps),
)


def text_of(raw: str) -> str | None:
    """The text of a JSON value: a string's own, anything else as it is written."""
    if raw == "null":
        return None
    return json.loads(raw) if raw.startswith('"') else raw


@EXAMPLES
def test_values_of_json_lines(examples, dropped, rows_of):
    @settings(FIXED, max_examples=examples)
    @given(st.lists(RAW, min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]))
    def holds(values, end):
        lines = (
            "{" + ", ".join(f"{json.dumps(kind)}: {raw}" for kind in TYPES) + "}" for raw in values
        )
        landing = dropped(end.join(lines).encode(), "{batch}.jsonl", COLUMNS, format="jsonl")
        assert_texts(rows_of(landing), [text_of(raw) for raw in values])

    holds()


WIDTHS = {f"{sign}int{bits}": (sign, bits) for sign in ("", "u") for bits in (8, 16, 32, 64)}


def integers(name: str) -> st.SearchStrategy[pa.Array]:
    sign, bits = WIDTHS[name]
    least, most = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    near = [v for v in (0, 1, 2**53, 2**53 + 1, 2**63 - 1) if v <= most]
    values = st.integers(least, most) | st.sampled_from([least, most, *near])
    return listed(values, getattr(pa, name)())


def listed(values: st.SearchStrategy[Any], kind: pa.DataType) -> st.SearchStrategy[pa.Array]:
    some = st.lists(st.none() | values, min_size=1, max_size=8)
    return some.map(lambda found: pa.array(found, kind))


@st.composite
def decimals(draw: Any) -> pa.Array:
    digits = draw(st.integers(1, 76))
    scale = draw(st.integers(0, digits))
    kind = (pa.decimal128 if digits <= 38 else pa.decimal256)(digits, scale)
    few = st.integers(-(10 ** min(digits, 6)) + 1, 10 ** min(digits, 6) - 1)
    whole = st.integers(-(10**digits) + 1, 10**digits - 1) | few
    made = whole.map(lambda n: Decimal(n).scaleb(-scale, EXACT))
    return draw(listed(made, kind))


UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@st.composite
def moments(draw: Any) -> pa.Array:
    unit = draw(st.sampled_from(list(UNITS)))
    zone = draw(st.sampled_from([None, "UTC", "Europe/Berlin", "+05:30"]))
    near = st.integers(-(10**10), 10**10).map(lambda s: s * UNITS[unit])
    edges = st.sampled_from([-62135596800, 253402300799, 253402300800, 0, 1]).map(
        lambda s: s * UNITS[unit]
    )
    # Parquet has no seconds: they are written as milliseconds.
    most = 2**63 // 1000 - 1 if unit == "s" else 2**63 - 1
    counts = near | edges | st.integers(-most, most) | near.map(lambda n: n + 1)
    counts = counts.filter(lambda n: abs(n) <= most)
    return draw(listed(counts, pa.int64())).cast(pa.timestamp(unit, tz=zone))


HALVES = st.floats(width=16).map(np.float16)
ARRAYS = st.one_of(
    *(integers(name) for name in WIDTHS),
    decimals(),
    moments(),
    moments(),
    listed(HALVES, pa.float16()),
    listed(st.floats(width=32), pa.float32()),
    listed(st.floats() | st.integers(-(2**60), 2**60).map(float), pa.float64()),
    listed(st.booleans(), pa.bool_()),
    listed(st.integers(-(2**31), 2**31 - 1), pa.int32()).map(lambda a: a.cast(pa.date32())),
    listed(PADDED, pa.string()),
    listed(PADDED, pa.large_string()),
    listed(PADDED, pa.string()).map(lambda a: a.dictionary_encode()),
    listed(st.times(), pa.time64("us")),
    st.integers(1, 4).map(pa.nulls),
)


def values_of(array: pa.Array) -> list[Any]:
    """The exact values of a column: moments as counts of their unit, NaN as missing."""
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        unit, width = (kind.unit, pa.int64()) if pa.types.is_timestamp(kind) else ("D", pa.int32())
        return [
            None if n is None else np.datetime64(n, unit) for n in array.cast(width).to_pylist()
        ]
    found = [float(v) if isinstance(v, np.floating) else v for v in array.to_pylist()]
    return [None if isinstance(v, float) and math.isnan(v) else v for v in found]


def says(text: str, value: Any, kind: pa.DataType) -> bool:
    """Whether a text says a value of a type that isn't a text's."""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, int | Decimal):
        return Decimal(text) == value
    if isinstance(value, float):
        return float(kind.to_pandas_dtype()(text)) == value
    wanted = of_typed("timestamp", value) if isinstance(value, np.datetime64) else UNPARSED
    return wanted == UNPARSED or of_text("timestamp", text) == wanted


def assert_typed(row: dict[str, Any], value: Any, kind: pa.DataType) -> None:
    """Every declared type holds a typed value, or what its text says."""
    text = row["string"]
    assert (text is None) == (value is None)
    if isinstance(value, str):
        assert_texts([row], [value])
        return
    assert value is None or says(text, value, kind), (kind, value, text)
    for declared in TYPES[1:]:
        wanted = None if value is None else of_typed(declared, value)
        if declared == "date" and pa.types.is_timestamp(kind) and kind.tz:
            wanted = None if value is None else UNPARSED  # The day depends on the zone.
        if wanted is None and value is not None:
            wanted = of_text(declared, text)
        assert same(held(row, declared), wanted), (kind, value, declared, row[declared])
        if wanted == UNPARSED:
            assert row["__landed"][declared] == text


@EXAMPLES
def test_types_of_parquet(examples, dropped, rows_of):
    @settings(FIXED, max_examples=5 * examples)
    @given(
        ARRAYS,
        st.sampled_from(["none", "snappy", "gzip", "brotli", "lz4", "zstd"]),
        st.booleans(),
        st.booleans(),
    )
    def holds(array, codec, statistics, old):
        sink = io.BytesIO()
        table = pa.table(dict.fromkeys(TYPES, array))
        int96 = old and array.type == pa.timestamp("ns")
        pq.write_table(
            table, sink, compression=codec, write_statistics=statistics,
            use_deprecated_int96_timestamps=int96,
        )  # fmt: skip
        landing = dropped(sink.getvalue(), "{batch}.parquet", COLUMNS, format="parquet")
        rows = rows_of(landing)
        assert len(rows) == len(array)
        for row, value in zip(rows, values_of(array), strict=True):
            assert_typed(row, value, array.type)

    holds()


SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
LITERALS = {
    "smallint": st.integers(-(2**15), 2**15 - 1).map(str),
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.sampled_from(["NaN", "Infinity"]),
    "real": st.floats(width=32).map(str),
    "double precision": st.floats().map(str),
    "boolean": st.sampled_from(["true", "f", "on", "no"]),
    "text": PADDED,
    "char(12)": st.text("abc 01", max_size=12),
    "uuid": st.uuids().map(str),
    "json": st.sampled_from(['{"x": 1.10}', "1.50", '"a"', "null"]),
    "jsonb": st.sampled_from(['{"x": 1.10}', "1.50", "12345678901234567890.12"]),
    "bytea": st.binary(max_size=4).map(lambda b: "\\x" + b.hex()),
    "integer[]": st.sampled_from(["{}", "{1,NULL}"]),
    "money": st.sampled_from(["$1,000.00", "-$0.50"]),
    "interval": st.sampled_from(["1 day 02:00:00", "-3 months"]),
    "time": st.times().map(str),
    "date": st.dates().map(str) | st.sampled_from(["infinity", "0044-03-15 BC", "10000-01-01"]),
    "timestamp": st.datetimes().map(str) | st.sampled_from(["-infinity", "12345-01-01 00:00"]),
    "timestamptz": st.builds("{}{}".format, st.datetimes(), st.sampled_from(["Z", "-04:56:02"])),
}  # fmt: skip
CELLS = st.sampled_from(list(LITERALS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(LITERALS[kind], min_size=1, max_size=6))
)


@EXAMPLES
def test_types_of_postgres(examples, session, lake, contract_of, rows_of):
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=5,
                                 options="-c TimeZone=UTC")  # fmt: skip
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")

    @settings(FIXED, max_examples=2 * examples)
    @given(CELLS)
    def holds(cells):
        kind, texts = cells
        rows = " UNION ALL ".join(
            f"SELECT {i} AS place, CAST({literal(text)} AS {kind}) AS v"
            for i, text in enumerate(texts)
        )
        own = server.execute(f"SELECT CAST(v AS text) FROM ({rows}) AS r ORDER BY place").fetchall()
        columns = [{"name": "place", "type": "integer"}, *COLUMNS]
        values = ", ".join(f'v AS "{kind}"' for kind in TYPES)
        source = {"kind": "sql", "connection": "x",
                  "query": f"SELECT place, {values} FROM ({rows}) AS r"}  # fmt: skip
        contract = contract_of(source, columns, primary_key=("place",))
        landing = land(session, contract, BATCH, lake, credentials={"url": SERVER})
        assert_texts(rows_of(landing), [text for (text,) in own])

    with server:
        holds()


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    PADDED,
    st.binary(max_size=4),
)
KINDS = st.sampled_from(["", "INTEGER", "REAL", "NUMERIC", "TEXT", "BLOB", "BOOLEAN", "DATETIME"])


@EXAMPLES
def test_values_of_sqlite(examples, tmp_path, session, lake, contract_of, rows_of):
    path = tmp_path / "source.sqlite"
    columns = [{"name": "place", "type": "integer"}, *COLUMNS]
    every = ", ".join(f'v AS "{kind}"' for kind in TYPES)
    source = {"kind": "sql", "connection": "x", "query": f"SELECT place, {every} FROM source"}
    contract = contract_of(source, columns, primary_key=("place",))

    @settings(FIXED, max_examples=2 * examples)
    @given(KINDS, st.lists(VALUES, min_size=1, max_size=12))
    def holds(kind, values):
        with closing(sqlite3.connect(path)) as own, own:
            own.execute("DROP TABLE IF EXISTS source")
            own.execute(f"CREATE TABLE source (place INTEGER, v {kind})")
            own.executemany("INSERT INTO source VALUES (?, ?)", enumerate(values))
            read = [value for (value,) in own.execute("SELECT v FROM source ORDER BY place")]
        landing = land(session, contract, BATCH, lake, credentials={"url": f"sqlite://{path}"})
        rows = sorted(rows_of(landing), key=lambda row: row["place"])
        assert_texts(rows, [text_of_python(value) for value in read])

    holds()


def text_of_python(value: Any) -> str | None:
    """The text that gives a value of Python back."""
    if value is None or isinstance(value, str):
        return value
    return "\\x" + value.hex() if isinstance(value, bytes) else repr(value)


@EXAMPLES
def test_values_of_rest(examples, session, lake, contract_of, rows_of, site):
    source = {"kind": "rest", "location": f"{site.url}/rows", "records": "found.rows"}
    contract = contract_of(source, COLUMNS, primary_key=())

    @settings(FIXED, max_examples=examples)
    @given(st.lists(RAW, min_size=1, max_size=12), st.sampled_from([None, 1, "\t"]))
    def holds(values, indent):
        rows = [dict.fromkeys(TYPES, f"\0{i}") for i in range(len(values))]
        body = json.dumps({"found": {"rows": rows}}, indent=indent)
        for i, raw in enumerate(values):
            body = body.replace(json.dumps(f"\0{i}"), raw)
        site.says("/rows", (200, {}, body.encode()))
        landing = land(session, contract, BATCH, lake)
        assert_texts(rows_of(landing), [text_of(raw) for raw in values])

    holds()
