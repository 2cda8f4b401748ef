"""Which rows a version has learned from, and which it was tested on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.stages.models._objects import load_file, load_record, object_bytes
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import TrainingTable
    from assay.training._split import Split

_SIDES: Final = "sides"


def split_of(
    services: Services, version: RegisteredVersion, table: TrainingTable, file: ModelFile
) -> Split:
    """The rows of a version's own table that it has learned from, and those that it was tested on.

    A model file splits its rows by its rule; own code has named them.

    Parameters
    ----------
    table : TrainingTable
        Built from the very data that the version learned from.

    Raises
    ------
    InputError
        If own code has fitted the version and its rows aren't on record, as those of versions that
        were registered before rows were kept.
    """
    from assay.training import split_rows
    from assay.training._split import Split

    if _SIDES in version.objects:
        sides = json.loads(object_bytes(services, version, _SIDES))
        return Split(_mask(table, sides["train"]), _mask(table, sides["test"]))
    if load_record(services, version).own_code:
        raise InputError(
            "the rows that own code was trained and tested on aren't on record", got=version.name,
            do="Train it again, with the rows named.",
        )  # fmt: skip
    return split_rows(table, file)


def sides_text(table: TrainingTable, sides: Split) -> str:
    """Batch → numbers of the rows on each side, as JSON; :func:`split_of` reads it."""
    return json.dumps({"train": _numbers(table, sides.train), "test": _numbers(table, sides.test)})


def _numbers(table: TrainingTable, rows: Any) -> dict[str, list[int]]:
    import pandas as pd

    found = pd.Series(table.id[rows]).groupby(table.batch[rows])
    empty = {batch: list[int]() for batch in table.batches}
    return empty | {str(batch): ids.tolist() for batch, ids in found}


def _mask(table: TrainingTable, numbers: dict[str, list[int]]) -> Any:
    import pandas as pd

    batches = [batch for batch, ids in numbers.items() for _ in ids]
    named = pd.MultiIndex.from_arrays([batches, [one for ids in numbers.values() for one in ids]])
    return pd.MultiIndex.from_arrays([table.batch, table.id]).isin(named)


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
