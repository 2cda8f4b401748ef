"""Parquet that the engine would cut, or can't read: its columns written again, those as exact text.

The engine reads decimals beyond 38 digits as doubles, cuts moments with a zone and INT96 to the
microsecond, and can't read milliseconds beyond its own range, some codecs and encodings, or a
column named as its own row number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.engine import EngineError, Session
from assay.ingest._model import UnusableError
from assay.ingest.readers._text_sql import literal
from assay.reasons import ReasonCode

_ENGINES_OWN: Final = "file_row_number"
_MOST_MILLISECONDS: Final = (1 << 63) // 1000
_FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})
_CODECS: Final = frozenset({"UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW"})
"""Those that the engine reads."""
_CELLS: Final = 2_000_000
_BYTES: Final = 64_000_000
"""Values, and bytes of the file, that are held at a time."""


def inexact_columns(path: Path, schema: pa.Schema, names: Iterable[str]) -> set[str]:
    """The columns that the engine would read otherwise than they are, which need a text."""
    old = _int96(path)
    return {
        name for name in names if name in old or _is_inexact(path, name, schema.field(name).type)
    }


def is_unreadable(session: Session, path: Path, schema: pa.Schema) -> bool:
    """Whether the engine can't read the file although it may be sound."""
    if any(name.lower() == _ENGINES_OWN for name in schema.names):
        return True
    chunks = _chunks(session, path)
    return chunks is None or any(
        codec not in _CODECS or ("BYTE_STREAM_SPLIT" in encodings and kind not in _FLOATS)
        for codec, encodings, kind in chunks
    )


def write_again(
    session: Session, path: Path, target: Path, names: Sequence[str], exact: set[str]
) -> None:
    """Write columns of a Parquet file to another, as ``c0``, ``c1`` …, some of them as text.

    Raises
    ------
    UnusableError
        If the file can't be read to its end.
    """
    try:
        batches = _batches(path, names, exact)
        first = next(batches, None)
        schema = _schema(path, names, exact) if first is None else first.schema
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            for batch in chain([first] if first is not None else [], batches):
                writer.write_batch(batch)
    except (pa.ArrowException, OSError, ValueError):
        message = "The Parquet file can't be read: it is damaged, or has an unusual codec."
        codecs = (
            ", ".join(sorted({chunk[0] for chunk in _chunks(session, path) or ()})) or "unknown"
        )
        raise UnusableError.of(ReasonCode.UNDECODABLE, f"{message} Its codecs: {codecs}.") from None


def _chunks(session: Session, path: Path) -> list[tuple[str, str, str]] | None:
    """Codec, encodings and physical type of the column chunks; None where the engine can't tell.

    PyArrow ends the process over some broken footers when it is asked for a chunk.
    """
    found = f"parquet_metadata({literal(str(path))})"
    try:
        chunks = session.query(f"SELECT DISTINCT compression, encodings, type FROM {found}")  # noqa: S608
    except EngineError:
        return None
    return [tuple(str(word) for word in chunk) for chunk in chunks]  # type: ignore[misc]


def _int96(path: Path) -> set[str]:
    schema = pq.read_metadata(path).schema
    columns = map(schema.column, range(len(schema)))
    return {column.name for column in columns if column.physical_type == "INT96"}


def _is_inexact(path: Path, name: str, kind: pa.DataType) -> bool:
    if not pa.types.is_timestamp(kind):
        return bool(pa.types.is_decimal256(kind))
    if kind.unit == "ns" and kind.tz is not None:
        return _any(path, name, lambda n: n % 1000 != 0)
    if kind.unit == "ms":
        return _any(path, name, lambda n: (n <= -_MOST_MILLISECONDS) | (n >= _MOST_MILLISECONDS))
    return False


def _any(path: Path, name: str, which: Callable[[Any], Any]) -> bool:
    """Whether there is such a count of units among a column's moments."""
    try:
        for batch in pq.ParquetFile(path).iter_batches(_CELLS, columns=[name]):
            counts = pc.fill_null(batch.column(0).cast(pa.int64()), 0).to_numpy()
            if which(counts).any():
                return True
    except (pa.ArrowException, OSError, ValueError):
        return False  # The engine reads it next, and says what is wrong with it.
    return False


def _schema(path: Path, names: Sequence[str], exact: set[str]) -> pa.Schema:
    fields = pq.read_schema(path)
    kinds = [pa.string() if name in exact else fields.field(name).type for name in names]
    return pa.schema([(f"c{i}", kind) for i, kind in enumerate(kinds)])


def _batches(path: Path, names: Sequence[str], exact: set[str]) -> Iterator[pa.RecordBatch]:
    """The file's rows; where there is INT96, it is read by three units."""
    fields = pq.read_schema(path)
    # A repeated text is held once: a small file may decode to any size.
    texts = [name for name in names if pa.types.is_string(fields.field(name).type)]
    read = [
        pq.ParquetFile(
            path,
            coerce_int96_timestamp_unit=unit,
            page_checksum_verification=True,
            read_dictionary=texts,
        ).iter_batches(_rows_at_a_time(path, len(names)), columns=list(names))
        for unit in (("s", "us", "ns") if _int96(path) else ("ns",))
    ]
    for batches in zip(*read, strict=True):
        columns = ([batch.column(name) for batch in batches] for name in names)
        arrays = [
            _text(*column) if name in exact else column[0]
            for name, column in zip(names, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, [f"c{i}" for i in range(len(names))])


def _rows_at_a_time(path: Path, columns: int) -> int:
    footer = pq.read_metadata(path)
    size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    return int(max(1, min(_CELLS // columns, _BYTES * footer.num_rows // max(1, size))))


def _text(*units: pa.Array) -> pa.Array:
    """The exact text of a column's values."""
    values = units[-1]
    if pa.types.is_decimal(values.type):
        texts = [None if v is None else format(v, "f") for v in values.to_pylist()]
        return pa.array(texts, pa.string())
    if units[0].type != values.type:
        return _text_of_int96(*units)
    zoned = pa.timestamp(values.type.unit, tz="UTC" if values.type.tz else None)
    return _numbered(values.cast(zoned).cast(pa.string()), values)


def _text_of_int96(*arrays: pa.Array) -> pa.Array:
    """The text of INT96 to the nanosecond; beyond the years of the finer units, its seconds.

    Nanoseconds overflow beyond 1677 to 2262, and with them their difference from microseconds,
    which so is exact.
    """
    counts = [pc.fill_null(array.cast(pa.int64()), 0).to_numpy() for array in arrays]
    rest = (counts[2] - counts[1] * np.int64(1000)).astype(np.uint64)
    digits = pa.array([f"{n:03d}" for n in rest.tolist()], pa.string())
    text = pc.binary_join_element_wise(arrays[1].cast(pa.string()), digits, "")
    overflown = counts[1] // 1_000_000 != counts[0]
    far = pc.replace_substring_regex(text, "^.*$", "<value out of range")
    return _numbered(pc.if_else(pa.array(overflown), far, text), arrays[0])


def _numbered(text: pa.Array, values: pa.Array) -> pa.Array:
    """The text, where it says that a moment is too far, as the moment's count of units."""
    count = pc.binary_join_element_wise(
        values.cast(pa.int64()).cast(pa.string()), f"{values.type.unit} since 1970", " "
    )
    return pc.if_else(pc.starts_with(text, "<value"), count, text)
