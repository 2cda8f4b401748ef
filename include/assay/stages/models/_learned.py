"""Which rows a version has learned from: on them it can't be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.stages.models._objects import load_file, load_record
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import TrainingTable


def fresh_rows(services: Services, version: RegisteredVersion, rows: TrainingTable) -> Any:
    """Mask (n,) of the rows that a version hasn't learned from.

    Its own training rows are read again only if it has read a batch of these. Own code counts as
    having learned from all that it has read.

    Raises
    ------
    VersionExpired
        If that is so, and a version of its data was removed.
    """
    import numpy as np

    from assay.training import split_rows

    record = load_record(services, version)
    if not set(record.data[0].versions) & set(rows.batches):
        return np.ones(rows.rows, dtype=bool)
    if record.own_code:
        return ~np.isin(rows.batch, list(record.data[0].versions))
    file = load_file(services, version)
    table = table_of(services, record.data, file)
    learned = table.only(split_rows(table, file).train)
    known = set(zip(learned.batch.tolist(), learned.id.tolist(), strict=True))
    pairs = zip(rows.batch.tolist(), rows.id.tolist(), strict=True)
    return np.array([pair not in known for pair in pairs], dtype=bool)
