"""Read: the released rows that a model learns from, joined and labelled."""

from __future__ import annotations

from assay.stages.models._rows import write_rows
from assay.stages.models._table import table_of
from assay.stages.models._training import Training
from assay.stages.run._result import Finished, StageResult


def read(run: Training) -> Finished:
    """Build the training table from the pinned versions, and keep it for the stages after."""
    data = run.spec.ingredients.data
    table = table_of(run.services, data, run.file)
    with run.workspace.rows.writing() as aside:
        write_rows(table, aside)
    rows = {"read": table.rows, "unlabelled": table.unlabelled}
    message = f"{table.rows:,} rows of {len(data[0].versions)} batches, snapshot {data[0].name}"
    return Finished(result=StageResult(stage="read", outcome=None, messages=(message,), rows=rows))
