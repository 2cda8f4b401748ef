"""What should be published: versions, columns, and who reads what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assay.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = "__batch"
VERSION = "__version"
_LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class Column:
    """A column of a table, and its type in PostgreSQL."""

    name: str
    type: str


@dataclass(frozen=True)
class PublishedVersion:
    """A batch version, with its columns.

    Parameters
    ----------
    open : callable
        Gives the file of its released rows; called only for a version that isn't loaded yet.
    """

    version: str
    batch: str
    digest: str
    columns: tuple[Column, ...]
    open: Callable[[], Path] = field(compare=False)


@dataclass(frozen=True)
class Reader:
    """A role of the database, and the query of what it may read.

    Parameters
    ----------
    role : str
        Name of the role in the database.
    query : str or None
        A query over ``latest`` of the schema; None for all of it.
    """

    role: str
    query: str | None


@dataclass(frozen=True)
class Wanted:
    """What should be published of a data set.

    Parameters
    ----------
    snapshot : int
        The snapshot that ``latest`` shows.
    snapshots : mapping of int to tuple of str
        Each snapshot that is readable → ids of its versions; the pointer's among them.
    versions : mapping of str to PublishedVersion
        Every version of these snapshots, by id.
    readers : tuple of Reader
    """

    dataset: str
    snapshot: int
    snapshots: Mapping[int, tuple[str, ...]]
    versions: Mapping[str, PublishedVersion]
    readers: tuple[Reader, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all versions, those of the newest batch first.

        Raises
        ------
        InputError
            If a column has types in two versions that no type holds.
        """
        newest = sorted(self.versions.values(), key=lambda one: one.batch, reverse=True)
        return merged_columns(one.columns for one in newest)

    def read_by(self, readers: Iterable[Reader]) -> Wanted:
        """The same for other readers."""
        return replace(self, readers=tuple(readers))


def merged_columns(tables: Iterable[Iterable[Column]]) -> tuple[Column, ...]:
    """The columns of several tables, each with a type that holds all its values.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> merged_columns([[Column("n", "bigint")], [Column("n", "double precision")]])
    (Column(name='n', type='double precision'),)
    """
    found: dict[str, str] = {}
    for table in tables:
        for column in table:
            before = found.get(column.name, column.type)
            found[column.name] = _holding(column.name, before, column.type)
    return tuple(Column(name, kind) for name, kind in found.items())


def _holding(name: str, one: str, other: str) -> str:
    """The type that holds the values of two types."""
    if one == other:
        return one
    numbers = {_family(one), _family(other)}
    if numbers <= {"bigint", "double precision", "numeric"}:
        return "double precision" if "double precision" in numbers else "numeric"
    raise InputError(
        "a column has two types in the versions of a snapshot", where=name, got=f"{one}, {other}",
        expected="one type", do="Release the older batches again by the contract of now.",
    )  # fmt: skip


def _family(kind: str) -> str:
    return kind.partition("(")[0]


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of released rows with their types in PostgreSQL.

    Raises
    ------
    InputError
        If a column has a type that a table can't have.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns_of(pa.schema([("n", pa.int64()), ("paid", pa.decimal128(9, 2))]))
    (Column(name='n', type='bigint'), Column(name='paid', type='numeric(9,2)'))
    """
    return tuple(Column(fitting(one.name), _type_of(one.name, one.type)) for one in schema)


def fitting(name: str) -> str:
    """A name as it is, if PostgreSQL takes it whole: it cuts longer ones without a word.

    Raises
    ------
    InputError
        If it has more than 63 bytes.
    """
    if (size := len(name.encode())) > _LONGEST_NAME:
        raise InputError("the name is too long for PostgreSQL", got=name,
                         expected=f"at most {_LONGEST_NAME} bytes, not {size}")  # fmt: skip
    return name


def _type_of(name: str, kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp without time zone"
    if kind == pa.uint64():
        return "numeric(20,0)"
    known = (
        (pa.types.is_boolean, "boolean"), (pa.types.is_integer, "bigint"),
        (pa.types.is_floating, "double precision"), (pa.types.is_date, "date"),
        (pa.types.is_time, "time without time zone"), (pa.types.is_string, "text"),
        (pa.types.is_large_string, "text"),
    )  # fmt: skip
    for is_kind, found in known:
        if is_kind(kind):
            return found
    raise InputError("a table of PostgreSQL can't have the column's type", where=name,
                     got=str(kind), expected="numbers, texts, truth values, dates or moments",
                     do="Derive a plain column from it in the cleaning policy.")  # fmt: skip
