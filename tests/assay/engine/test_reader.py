"""What a person names on the command line becomes a table, with nothing guessed away."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assay import engine
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
        ("a.csv", b"a\n\xff\xfe\n"),
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
