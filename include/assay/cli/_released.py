"""Released rows for their readers: the partitions as they are stored, or all in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli._console import open_services, progress, show
from assay.cli._options import AsJson, Dataset, Purpose, Role

Snapshot = Annotated[
    int | None, typer.Option(help="Number of the snapshot; the released one by default.")
]
Partial = Annotated[
    bool, typer.Option("--partial", help="Without batches that were removed since, if any.")
]


def checkout(
    dataset: Dataset,
    to: Annotated[Path, typer.Option("--to", help="Folder for <batch>.parquet files.")],
    snapshot: Snapshot = None,
    partial: Partial = False,
    role: Role = None,
    purpose: Purpose = None,
    as_json: AsJson = False,
) -> int:
    """Bring all partitions of one snapshot into a folder, as they are stored.

    Of a data set with an access policy only for a role that sees all of it: `assay read` gives what
    any role sees. One file with the batch of each row, for analysis or training: `assay versions
    export`.
    """
    from assay.stages.access import checkout_as, person

    services = open_services(dataset)
    reader = person(role, purpose)
    with progress("fetching"):
        found = checkout_as(services, reader, dataset, snapshot, to, partial=partial)
    text = f"snapshot {found.number} of {dataset}: {len(found.batches)} batches in {to}"
    return show(found, as_json, text)


def export(
    dataset: Dataset,
    to: Annotated[Path, typer.Option("--to", help="Parquet or CSV file to write.")],
    snapshot: Snapshot = None,
    partial: Partial = False,
    bookkeeping: Annotated[
        bool,
        typer.Option(
            "--bookkeeping",
            help="With the columns that say what was done to a row: `__id`, `<column>__imputed`, "
            "`<column>__outlier`.",
        ),
    ] = False,
    role: Role = None,
    purpose: Purpose = None,
    as_json: AsJson = False,
) -> int:
    """Write all rows of one snapshot to one file, for analysis or training.

    Each row has its batch in `__batch`, a date where batches are days. Of a data set with an access
    policy the file has the rows and columns that the role sees. `checkout` brings the
    partitions as they are stored.

    Example: assay versions export flights --to flights.parquet
    """
    from assay.stages.access import export_as, person

    services = open_services(dataset)
    reader = person(role, purpose)
    with progress("writing"):
        found = export_as(
            services, reader, dataset, snapshot, to, partial=partial, bookkeeping=bookkeeping
        )
    text = (
        f"{to}: {found.rows:,} rows of {len(found.batches)} batches, snapshot {found.snapshot} of "
        f"{dataset}"
    )
    return show(found, as_json, text)
