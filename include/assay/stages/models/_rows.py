"""The training table between the stages of a run: one Arrow file, and the table again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import TrainingTable

_WHOLE: Final = b"assay"
_BETWEEN: Final = "/"


def write_rows(table: TrainingTable, path: Path) -> None:
    """Write a training table; the same table gives the same bytes."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for part in dataclasses.fields(table):
        value = getattr(table, part.name)
        if isinstance(value, pa.Table):
            columns |= {f"{part.name}{_BETWEEN}{c}": value.column(c) for c in value.column_names}
            rest[part.name] = {"columns": value.column_names}
        elif hasattr(value, "dtype"):
            columns[part.name] = pa.array(value.tolist() if value.dtype.kind == "U" else value)
        else:
            rest[part.name] = {"value": value}
    whole = pa.table(columns).replace_schema_metadata({_WHOLE: json.dumps(rest, sort_keys=True)})
    write_arrow(whole, path)


def read_rows(path: Path) -> TrainingTable:
    """A training table from its file."""
    from assay.training import TrainingTable

    whole = read_arrow(path)
    rest = json.loads(whole.schema.metadata[_WHOLE])
    given: dict[str, Any] = {}
    for name, said in rest.items():
        if "columns" in said:
            picked = whole.select([f"{name}{_BETWEEN}{c}" for c in said["columns"]])
            given[name] = picked.rename_columns(said["columns"])
        else:
            value = said["value"]
            given[name] = tuple(value) if isinstance(value, list) else value
    for name in whole.column_names:
        if _BETWEEN not in name:
            column = whole.column(name)
            text = str(column.type).endswith("string")
            given[name] = _texts(column) if text else column.to_numpy()
    return TrainingTable(**given)


def _texts(column: Any) -> Any:
    """A column of texts as an array (n,) of str, each text once in Python."""
    import numpy as np

    found = column.combine_chunks().dictionary_encode()
    return np.asarray(found.dictionary.to_pylist(), dtype=str)[found.indices.to_numpy()]


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write an Arrow file of one block a column, so that equal tables have equal bytes."""
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def read_arrow(path: Path) -> pa.Table:
    """Read an Arrow file."""
    import pyarrow as pa

    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_file(file).read_all()
