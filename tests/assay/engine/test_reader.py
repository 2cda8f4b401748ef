"""What a person names on the command line becomes a table, with nothing guessed away."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay import engine
from assay.engine.files import open_batches, read_form
from assay.engine.text_form import TextForm
from assay.errors import InputError

CSV = "id,price,when,flag,code\n1,1.5,2020-01-01,true,007\n2,,2020-01-02,false,x\n"


def test_csv_takes_the_narrowest_type_that_parses_every_value(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    with engine.open_session() as session:
        table = session.open_data(path)
        kinds = {n: str(t) for n, t in table.schema().items()}
        assert kinds == {
            "__row": "int64", "id": "int64", "price": "float64", "when": "date",
            "flag": "boolean", "code": "string",
        }  # fmt: skip
        assert table.__row.to_pyarrow().to_pylist() == [0, 1]
        assert engine.data_columns(table) == ["id", "price", "when", "flag", "code"]


def test_gzip_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    with engine.open_session() as session:
        assert session.open_data(path).count().to_pyarrow().as_py() == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"x"),
        ("a.csv", b""),
        ("a.csv", b"a,a\n1,2\n"),
        ("a.csv", b"a,b\n1\n"),
        ("a.parquet", b"PAR1 not really"),
        ("missing.csv", None),
    ],
)
def test_what_cannot_be_read_is_an_input_error(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError), engine.open_session() as session:
        session.open_data(path).count().to_pyarrow()


@pytest.mark.parametrize(
    ("content", "form", "types"),
    [
        (b"a,b\n1,x\n2,y\n", (",", "utf-8", "."), ("int64", "string")),
        (b"kunde;betrag\n1;1.234,50\n2;0,75\n", (";", "utf-8", ","), ("int64", "float64")),
        (b"a;b;c\nK1;7;2024-01-01\nK2;14;2024-01-02\n", (";", "utf-8", "."),
         ("string", "int64", "date")),
        (b"a\tb\n1\t2,5\n3\t4,5\n", ("\t", "utf-8", ","), ("int64", "float64")),
        (b"a|b\n1|2\n3|4\n", ("|", "utf-8", "."), ("int64", "int64")),
        ("name;preis\nMüller;3,5\nJosé;4\n".encode("cp1252"), (";", "cp1252", ","),
         ("string", "float64")),
        ("\ufeffa,b\nŁódź,1\n".encode(), (",", "utf-8", "."), ("string", "int64")),
        ("a,b\nŁódź,1\n".encode("utf-16"), (",", "utf-16", "."), ("string", "int64")),
        (b'id,text\n1,"a;b;c"\n2,"d;e;f"\n', (",", "utf-8", "."), ("int64", "string")),
        (b"a;b\n1;1,000\n2;2,000\n", (";", "utf-8", "."), ("int64", "string")),
        (b"phone,big,mixed,part\n+4915,94001000000000000000001,12345678901234567,1.5\n"
         b"+4916,94001000000000000000002,1.5,2\n", (",", "utf-8", "."),
         ("string", "string", "string", "float64")),
    ],
)  # fmt: skip
def test_the_form_of_a_text_file_is_found(
    tmp_path: Path, content: bytes, form: tuple[str, ...], types: tuple[str, ...]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with engine.open_session(threads=1) as session:
        found = read_form(session, path)
        assert (found.delimiter, found.encoding, found.decimal) == form
        table = session.open_data(path)
        assert tuple(str(t) for n, t in table.schema().items() if n != "__row") == types
        given = TextForm(*form)
        assert session.rows(session.open_data(path, given)) == session.rows(table)


def test_what_a_person_states_of_a_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b;c\nä,1;2\n".encode("latin-1"))
    with engine.open_session(threads=1) as session:
        table = session.open_data(path, TextForm(";", "latin-1"))
        assert engine.data_columns(table) == ["a,b", "c"]
        assert session.rows(table) == [{"__row": 0, "a,b": "ä,1", "c": 2}]
    for wrong in ({"delimiter": '"'}, {"decimal": "x"}, {"encoding": "utf-99"}):
        with pytest.raises(InputError):
            TextForm(**wrong)


def test_files_of_one_data_set_have_the_types_of_all_their_values(tmp_path: Path) -> None:
    texts = ["id,a,b\n1,2,x\n2,3,y\n", "id,b,a\n1,z,2.5\n", "id,a\n9,\n"]
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    with engine.open_session(threads=2) as session:
        table = open_batches(session, paths)
        assert session.rows(table.order_by("__row")) == [
            {"__row": 0, "__batch": 0, "id": 1, "a": 2.0, "b": "x"},
            {"__row": 1, "__batch": 0, "id": 2, "a": 3.0, "b": "y"},
            {"__row": 2, "__batch": 1, "id": 1, "a": 2.5, "b": "z"},
            {"__row": 3, "__batch": 2, "id": 9, "a": None, "b": None},
        ]
        (tmp_path / "p.parquet").write_bytes(b"")
        with pytest.raises(InputError, match="two formats"):
            open_batches(session, [*paths, tmp_path / "p.parquet"])


def test_a_wide_file_has_the_types_of_a_narrow_one(tmp_path: Path) -> None:
    header = CSV.splitlines()[0]
    times = 60
    wide = [",".join(f"{n}{i}" for i in range(times) for n in header.split(","))]
    wide += [",".join([line] * times) for line in CSV.splitlines()[1:]]
    (tmp_path / "wide.csv").write_text("\n".join(wide) + "\n")
    (tmp_path / "narrow.csv").write_text(CSV)
    with engine.open_session(threads=1) as session:
        narrow, many = (session.open_data(tmp_path / f"{n}.csv") for n in ("narrow", "wide"))
        kinds = [str(many[f"{n}{i}"].type()) for i in range(times) for n in header.split(",")]
        assert kinds == [str(narrow[n].type()) for n in header.split(",")] * times
        assert session.rows(many)[0]["price7"] == 1.5


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_names_that_differ_by_case_are_refused(tmp_path, form):
    path = tmp_path / f"names.{form}"
    if form == "csv":
        path.write_text("ID,id\na,b\n")
    else:
        pq.write_table(pa.table({"ID": ["a"], "id": ["b"]}), path)
    with (
        engine.open_session(threads=1) as session,
        pytest.raises(InputError, match="but for its case"),
    ):
        session.open_data(path)


def test_lines_may_end_in_several_ways(tmp_path):
    path = tmp_path / "ends.csv"
    path.write_bytes(b'id,n\r\n"a\r\nb",1\nc,2\r\r\nd,3\r')
    with engine.open_session(threads=1) as session:
        rows = session.rows(session.open_data(path))
    assert [(row["id"], row["n"]) for row in rows] == [("a\r\nb", 1), ("c", 2), ("d", 3)]


@pytest.mark.parametrize("statistics", [True, False])
def test_nan_of_parquet_is_null_with_statistics_or_without(tmp_path, statistics):
    path = tmp_path / "nan.parquet"
    table = pa.table({"x": [float("nan"), 1.5, None]})
    pq.write_table(table, path, write_statistics=statistics)
    with engine.open_session(threads=1) as session:
        assert session.value(session.open_data(path)["x"].count()) == 1


def test_a_moment_beyond_pythons_years_is_its_text(tmp_path):
    path = tmp_path / "far.parquet"
    pq.write_table(pa.table({"at": pa.array([0, 253_402_300_800_000], pa.timestamp("ms"))}), path)
    with engine.open_session(threads=1) as session:
        rows = session.rows(session.open_data(path))
    assert [str(row["at"]) for row in rows] == [
        "1970-01-01 00:00:00",
        "10000-01-01 00:00:00.000000",
    ]
