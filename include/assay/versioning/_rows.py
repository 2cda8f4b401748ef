"""The rows of several partitions as one table, read block by block."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

BATCH: Final = "__batch"
"""The partition of a row; the engine's word, which isn't imported only to look at a list."""
_OURS: Final = re.compile(r"__.*|.+__(imputed|outlier)", re.DOTALL)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BLOCK: Final = 65_536


def is_bookkeeping(column: str) -> bool:
    """Whether a column says what was done to a row, and isn't of the data.

    Examples
    --------
    >>> [is_bookkeeping(c) for c in ("__id", "age__imputed", "age")]
    [True, True, False]
    """
    return _OURS.fullmatch(column) is not None


@dataclass(frozen=True)
class PartitionRows:
    """Partitions whose columns may differ, as one table: what a partition lacks is null.

    Parameters
    ----------
    files : mapping of str to Path
        Partition key to its Parquet file.
    data : collection of str
        Columns that are of the data, whatever their names.
    """

    files: Mapping[str, Path]
    data: Collection[str] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        """All columns; first ``__batch``, the partition of a row: a date where keys are days."""
        import pyarrow as pa

        schemas = (footer.schema.to_arrow_schema() for footer in self._footers.values())
        found = [*dict.fromkeys(schema.remove_metadata() for schema in schemas)]
        days = all(_DAY.fullmatch(batch) for batch in self.files)
        batch = pa.field(BATCH, pa.date32() if days else pa.string())
        whole = pa.unify_schemas(found, promote_options="permissive") if found else pa.schema([])
        return pa.schema([batch, *(column for column in whole if column.name != BATCH)])

    def columns(self, *, bookkeeping: bool = False) -> list[str]:
        """Names of the columns of the data, with those that say what was done to a row or not."""
        return [
            name for name in self.schema.names
            if name != BATCH and (bookkeeping or name in self.data or not is_bookkeeping(name))
        ]  # fmt: skip

    def schema_of(self, columns: Sequence[str]) -> pa.Schema:
        """The schema of some columns, in their order.

        Raises
        ------
        InputError
            If there is no such column.
        """
        import pyarrow as pa

        for name in columns:
            if name not in self.schema.names:
                do = did_you_mean(name, self.schema.names) or None
                raise InputError("no such column", got=name, do=do)
        return pa.schema([self.schema.field(name) for name in columns])

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows as a stream of record batches, one partition after the other."""
        schema = self.schema_of(columns)
        for batch in self.files:
            with self._opened(batch) as file:
                for block in file.iter_batches(_BLOCK, columns=_there(file, columns)):
                    yield _of_schema(block, schema, batch)

    def table(self, columns: Sequence[str]) -> pa.Table:
        """The rows as one table; as many partitions are read at a time as Arrow has threads."""
        import pyarrow as pa

        schema = self.schema_of(columns)

        def read(batch: str) -> pa.Table:
            with self._opened(batch) as file:
                found = file.read(_there(file, columns), use_threads=False)
            blocks = [_of_schema(block, schema, batch) for block in found.to_batches()]
            return pa.Table.from_batches(blocks, schema=schema)

        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            parts = list(pool.map(read, self.files))
        return pa.concat_tables(parts) if parts else schema.empty_table()

    @property
    def count(self) -> int:
        """Rows in all, by the files' footers."""
        return sum(footer.num_rows for footer in self._footers.values())

    def take(self, columns: Sequence[str], places: Any) -> pa.Table:
        """Some rows, read block by block.

        Parameters
        ----------
        places : array (k,) of int
            Their places among all rows, one partition after the other, rising.
        """
        import pyarrow as pa

        found, first = list[pa.RecordBatch](), 0
        for block in self.blocks(columns):
            begin, end = places.searchsorted([first, first + len(block)])
            if end > begin:
                found.append(block.take(pa.array(places[begin:end] - first)))
            first += len(block)
        return pa.Table.from_batches(found, schema=self.schema_of(columns))

    def write(self, to: Path, *, bookkeeping: bool = False) -> tuple[int, tuple[str, ...]]:
        """Write the rows to one Parquet or CSV file; their number, and the columns."""
        from assay.versioning._export import export_rows

        return export_rows(self, to, bookkeeping=bookkeeping)

    @cached_property
    def _footers(self) -> dict[str, Any]:
        import pyarrow.parquet as pq

        return {batch: pq.read_metadata(path) for batch, path in self.files.items()}

    def _opened(self, batch: str) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.files[batch], metadata=self._footers[batch])


def _there(file: Any, columns: Sequence[str]) -> list[str]:
    """The columns that a partition has, of some."""
    has = set(file.schema_arrow.names)
    return [name for name in columns if name in has]


def _of_schema(block: pa.RecordBatch, schema: pa.Schema, batch: str) -> pa.RecordBatch:
    """A block of a partition with all columns, in the types of the whole."""
    import pyarrow as pa

    arrays = block.columns
    if not block.schema.equals(schema):
        arrays = [_array(block, column, batch) for column in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(block: pa.RecordBatch, column: Any, batch: str) -> pa.Array:
    import pyarrow as pa

    if column.name == BATCH:
        key = date.fromisoformat(batch) if pa.types.is_date(column.type) else batch
        return pa.repeat(pa.scalar(key, column.type), block.num_rows)
    if column.name not in block.schema.names:
        return pa.nulls(block.num_rows, column.type)
    return block.column(column.name).cast(column.type)
