"""Released rows for a person, in a role: what the access policy lets that role see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from assay.cli._console import errors, open_services, print_json, progress, results, table_of
from assay.cli._options import AsJson, Dataset, Purpose, Role

if TYPE_CHECKING:
    from assay.snapshots import OpenSnapshot


def read(
    dataset: Dataset,
    version: Annotated[
        str | None,
        typer.Option(
            help="A version id, a batch, the beginning of batches, or @N for snapshot N; what "
            "readers get now by default."
        ),
    ] = None,
    role: Role = None,
    purpose: Purpose = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Parquet or CSV file for all rows.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Without --out: show so many rows.")] = 20,
    as_json: AsJson = False,
) -> int:
    """Read released rows in a role: those rows and columns that it sees, masked as it sees them.

    What each role sees stands in include/policies/<dataset>/access.yaml, and every read is put on
    record. A data set without that file shows all rows to everybody who can read the home.

    Example: assay read flights --as scientist --purpose research -o flights.parquet
    """
    from assay.snapshots import open_snapshot
    from assay.stages.access import person
    from assay.versioning import PartitionRows

    services = open_services(dataset, reading=True)
    what = f"{dataset}@{version.removeprefix('@')}" if version else dataset
    with progress("reading"):
        found = open_snapshot(services, what, reader=person(role, purpose))
        if found.door.policy is None and role is not None:
            errors.print(f"{dataset} has no access policy: the role changes nothing.",
                         style="yellow")  # fmt: skip
        if out is None:
            return _shown(found, rows, as_json)
        written, columns = PartitionRows(found.paths(), found.data).write(out)
    said = {"out": str(out), "rows": written, "columns": columns, "snapshot": found.number}
    if as_json:
        return print_json(said)
    results.print(Text(f"{out}: {written:,} rows of {len(found.batches)} batches, snapshot "
                       f"{found.number} of {dataset}; {len(columns)} columns"))  # fmt: skip
    return 0


def _shown(found: OpenSnapshot, most: int, as_json: bool) -> int:
    """The first rows."""
    first = list[dict[str, Any]]()
    for block in found.blocks():
        first += block.slice(0, most - len(first)).to_pylist()
        if len(first) >= most:
            break
    columns = found.schema.names
    if as_json:
        return print_json({"dataset": found.dataset, "snapshot": found.number,
                           "columns": columns, "rows": first})  # fmt: skip
    table = table_of(columns, title=f"{found.dataset}, snapshot {found.number}")
    for row in first:
        table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in columns))
    results.print(table)
    return 0
