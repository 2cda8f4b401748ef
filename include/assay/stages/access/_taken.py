"""Released rows that are taken out: one file, or a folder of partitions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import AccessError
from assay.stages.access._door import open_door
from assay.stages.access._reader import Reader

if TYPE_CHECKING:
    from assay.records.versions import Snapshot
    from assay.stages.services import Services


@dataclass(frozen=True)
class Exported:
    """A written file: the snapshot, its batches, the number of rows, and the columns."""

    snapshot: int
    batches: tuple[str, ...]
    rows: int
    columns: tuple[str, ...]


def export_as(
    services: Services, reader: Reader, dataset: str, number: int | None, to: Path, *,
    partial: bool = False, bookkeeping: bool = False,
) -> Exported:  # fmt: skip
    """Write the rows of one snapshot that a reader sees to one file.

    Parameters
    ----------
    to : Path
        A ``.parquet`` or ``.csv`` file; an earlier one is replaced, at once or not at all.
    partial : bool
        Whether a snapshot of which batches were removed since may come without them.
    bookkeeping : bool
        Whether ``__id`` and the flags of cleaning come along, where the reader sees them.
    """
    from assay.versioning import PartitionRows

    snapshot, versions = services.registry.partitions(dataset, number, partial=partial)
    door = open_door(services, dataset, versions, snapshot.number, reader)
    known = dataset in services.project.datasets()
    data = services.project.contract(dataset).column_names if known else ()
    rows, columns = PartitionRows(door.read(), data).write(to, bookkeeping=bookkeeping)
    return Exported(snapshot.number, tuple(versions), rows, columns)


def checkout_as(
    services: Services, reader: Reader, dataset: str, number: int | None, to: Path, *,
    partial: bool = False,
) -> Snapshot:  # fmt: skip
    """Bring all partitions of one snapshot into a folder, for a reader who sees all of them.

    Raises
    ------
    AccessError
        If the reader doesn't see all rows and columns as they are stored.
    """
    snapshot, versions = services.registry.partitions(dataset, number, partial=partial)
    door = open_door(services, dataset, versions, snapshot.number, reader)
    if not door.whole():
        raise AccessError(
            "the partitions hold more than the role sees", where=dataset, got=reader.role,
            do=f"`assay read {dataset} --out FILE` gives what it sees.",
        )  # fmt: skip
    door.read()
    return services.registry.checkout(dataset, snapshot.number, to, partial=partial)
