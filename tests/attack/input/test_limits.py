"""Small inputs that grow: bombs, wide headers, deep nesting."""

from __future__ import annotations

import gzip
import io
import json
import resource
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
import zstandard

from assay.contract import load_contract
from assay.document import load_document
from assay.errors import ContractError, InputError, PolicyError, SuiteError
from assay.expression import columns_of
from assay.ingest import Landing
from assay.quality import load_suite

Land = Callable[..., Landing]
LIMIT = 1_000_000


def _codes(landing: Landing) -> list[str]:
    return [fault.code for fault in landing.faults]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_bomb_is_cut_off(dropped: Land, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(b"id,n\n" + b"1,1\n" * 100_000_000)
    assert len(bomb) < LIMIT
    kind = "gzip" if compress is gzip.compress else "zstd"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _codes(dropped(bomb, compression=kind, max_bytes=LIMIT)) == ["too_large"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_the_limit_holds_for_what_is_decoded(dropped: Land) -> None:
    text = "id,n\n" + "é,1\n" * 250_000
    assert len(text.encode("latin-1")) < 1_100_000 < len(text.encode())
    landing = dropped(text.encode("latin-1"), encoding="latin-1", max_bytes=1_100_000)
    assert _codes(landing) == ["too_large"]


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=1 << 20)
    return sink.getvalue()


@pytest.mark.parametrize(
    "table",
    [
        {"id": pa.array(["a"] * 2_000_000), "n": pa.array([1] * 2_000_000)},  # rows
        {"id": pa.array(["a" * 100_000] * 1000), "n": pa.array([1] * 1000)},  # texts
        {"id": pa.array(["a"] * 200_000), "n": pa.nulls(200_000, pa.int64())},  # fixed widths
    ],
)
def test_what_parquet_declares_and_unpacks_is_limited(
    dropped: Land, table: dict[str, pa.Array]
) -> None:
    data = _parquet(pa.table(table))
    assert len(data) < LIMIT
    landing = dropped(data, "people.parquet", format="parquet", max_bytes=LIMIT)
    assert _codes(landing) == ["too_large"]


def test_a_header_of_many_names_is_read_at_once(dropped: Land) -> None:
    """40 000 took 142 s: each name was looked for among all, and parsed again in Python."""
    names = ["id", "n", *(f"x{i}" for i in range(16_000))]
    text = ",".join(names) + "\n" + "1," * (len(names) - 1) + "1\n"
    assert dropped(text.encode()).rows == 1
    names += [f"y{i}" for i in range(400)]
    wide = dropped((",".join(names) + "\n").encode(), "wider.csv")
    assert _codes(wide) == ["too_large"]
    assert wide.faults[0].numbers == {"columns": 16_402, "most_columns": 16_384}
    assert _codes(dropped(b"," * 50_000_000, "commas.csv")) == ["malformed"]


@pytest.mark.parametrize("encoding", ["zlib", "base64", "rot13", "undefined", "a\0b", "../x", ""])
def test_an_encoding_is_one_of_text(dropped: Land, encoding: str) -> None:
    with pytest.raises(InputError, match="no such encoding"):
        dropped(b"id,n\na,1\n", encoding=encoding)


FORMATS = ["%Y%Y", "%", "%Y-%m-%d %", "%Q", "%%%", "%-Q", "", "plain", "%Y\0", "%d" * 3000]


@pytest.mark.parametrize("form", FORMATS)
def test_an_odd_format_is_a_fault_of_the_contract(tmp_path: Path, form: str) -> None:
    source = Path(__file__).parents[3] / "include" / "contracts" / "flights.odcs.yaml"
    contract = yaml.safe_load(source.read_text())
    column = contract["schema"][0]["properties"][0]
    column["customProperties"] = [{"property": "parseFormat", "value": form}]
    path = tmp_path / "flights.odcs.yaml"
    path.write_text(yaml.safe_dump(contract))
    with pytest.raises(ContractError, match="format"):
        load_contract(path)


DEEP = 200_000
YAML = {
    "lists": "a: " + "[" * DEEP,
    "mappings": "a: " + "{a: " * DEEP,
    "lines": "- " * DEEP,
    "keys": "? " * DEEP,
    "aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000)),
    "itself": "a: &a [*a]",
    "indents": "".join("  " * i + "a:\n" for i in range(2000)),
}


@pytest.mark.parametrize("name", YAML)
def test_deep_yaml_is_an_error_and_no_crash(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text(YAML[name])
    for load, error in ((load_document, InputError), (load_contract, ContractError)):
        with pytest.raises(error):
            load(path)


CONDITIONS = {
    "brackets": "(" * DEEP + "a == 1" + ")" * DEEP,
    "not": "not " * 20_000 + "a == 1",
    "tilde": "~" * 90_000 + "a",
    "minus": "-" * 90_000 + "1 == a",
    "dots": "a" + ".b" * 40_000,
    "calls": "a" + "()" * 40_000,
    "sums": "1+" * 40_000 + "1 == a",
    "lambdas": "lambda:" * 10_000 + "1",
    "digits": "a == " + "9" * 50_000,
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_deep_condition_is_an_error_and_no_crash(tmp_path: Path, name: str) -> None:
    kwargs = {"column": "a", "row_condition": CONDITIONS[name]}
    one = {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs}
    path = tmp_path / "raw.json"
    path.write_text(json.dumps({"name": "raw", "expectations": [one]}))
    with pytest.raises(SuiteError, match="row_condition can't be read"):
        load_suite(path)


@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "[" * 500 + "]" * 500])
def test_a_deep_suite_is_an_error_and_no_crash(tmp_path: Path, text: str) -> None:
    path = tmp_path / "raw.json"
    path.write_text(text)
    with pytest.raises(SuiteError):
        load_suite(path)


def test_a_key_that_occurs_twice_in_a_suite_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "raw.json"
    path.write_text('{"name": "raw", "expectations": [{"type": "a", "type": "b"}]}')
    with pytest.raises(SuiteError, match="occurs twice"):
        load_suite(path)


@pytest.mark.parametrize("kwargs", [{"$PARAMETER": "x"}, [], "a", 1])
def test_arguments_that_are_no_object_are_an_error(tmp_path: Path, kwargs: object) -> None:
    path = tmp_path / "raw.json"
    one = {"type": "expect_column_to_exist", "kwargs": kwargs}
    path.write_text(json.dumps({"expectations": [one]}))
    with pytest.raises(SuiteError, match="kwargs"):
        load_suite(path, {"x": None})


@pytest.mark.parametrize("text", ["a in ((" * 280, "(" * 1900, "not " * 400 + "a", "f(" * 600])
def test_a_deep_expression_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(PolicyError):
        columns_of(text)


@pytest.mark.parametrize(
    "line", ['{"id": ' + "[" * DEEP, '{"id": ' + "[" * DEEP + "]" * DEEP + ', "n": 1}', "[" * DEEP]
)
def test_deep_json_lines_are_no_crash(dropped: Land, line: str) -> None:
    landing = dropped(line.encode() + b"\n", "people.jsonl", format="jsonl")
    assert landing.rows == 1 or set(_codes(landing)) <= {"malformed", "truncated"}
