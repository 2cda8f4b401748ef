"""The rows behind a shift, in each column that drifted."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.records.models import DataUsed
from assay.stages.models._data import ID
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services

_GATE = "drift"


def drifted_rows(services: Services, described: DataUsed) -> Iterator[tuple[str, frozenset[int]]]:
    """``drifted: column`` → the rows whose values are behind the shift, by the drift verdict.

    Raises
    ------
    InputError
        If the verdict names rows and their numbers aren't kept any more.
    """
    import pyarrow.parquet as pq

    from assay.drift.attribution import causes_of

    (pair,) = described.versions.items()
    verdicts = services.catalog.verdicts.find(described.dataset, *pair)
    causes = [c for v in verdicts if v.verdict.gate == _GATE for c in causes_of(v.verdict)]
    for file in sorted({cause.file for cause in causes if cause.file}):
        path = BatchWorkspace(services.lake, (described.dataset, *pair)).drift_rows.path
        path = path.with_name(file)
        if not path.is_file():
            raise InputError("the numbers of the drifted rows aren't kept any more", got=file)
        table = pq.read_table(path, columns=["column", ID])
        for column in sorted(set(table["column"].to_pylist())):
            rows = table.filter(_equal(table["column"], column))
            yield f"drifted: {column}", frozenset(rows[ID].to_pylist())


def _equal(column: object, value: str) -> object:
    import pyarrow.compute as pc

    return pc.equal(column, value)
