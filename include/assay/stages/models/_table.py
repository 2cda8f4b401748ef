"""The training table of some ingredients, built from the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assay.policy.model import ModelFile
from assay.records.models import DataUsed
from assay.stages.models._data import read_blocks, read_versions, read_whole
from assay.stages.services import Services

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import TrainingTable


def table_of(services: Services, data: Sequence[DataUsed], file: ModelFile) -> TrainingTable:
    """Build the table that a model file learns from, from the very versions that are named.

    Parameters
    ----------
    data : sequence of DataUsed
        The model's data set, then what it joins.

    Raises
    ------
    VersionExpired
        If one of the versions was removed.
    InputError
        If the registry has other bytes, or the model file needs what the rows don't have.
    """
    blocks = read_blocks(services, data[0], needed_columns(file))
    return table_of_blocks(services, data, file, blocks)


def table_of_blocks(
    services: Services, data: Sequence[DataUsed], file: ModelFile, blocks: Mapping[str, pa.Table]
) -> TrainingTable:
    """Build the table from rows of the model's data set that are read already; see `table_of`.

    Parameters
    ----------
    blocks : mapping of str to pyarrow.Table
        Batch → its rows, with ``__id``.
    """
    from assay.training import build_table

    own, joined = data[0], data[1:]
    return build_table(
        blocks,
        {u.dataset: read_whole(services, u, joined_columns(file, u.dataset)) for u in joined},
        file,
        scaler=_scaler(services, own, file),
    )


def needed_columns(file: ModelFile) -> list[str]:
    """The columns of the data set itself that a model file needs."""
    from assay.expression import columns_of

    texts = [text for text in (file.data.where, file.label.expression) if text]
    named = [*file.features, *file.watched, *(c for text in texts for c in columns_of(text))]
    named += [file.label.column] if file.label.column else []
    named += [own for join in file.data.joins.values() for own in join.by]
    joined = tuple(f"{name}." for name in file.data.joins)
    own = [name for name in named if not (joined and name.startswith(joined))]
    return list(dict.fromkeys(own))


def joined_columns(file: ModelFile, dataset: str) -> list[str]:
    """The columns of a joined data set that a model file needs."""
    join = file.data.joins[dataset]
    return list(dict.fromkeys([*join.by.values(), *join.columns]))


def _scaler(services: Services, own: DataUsed, file: ModelFile) -> dict[str, Any] | None:
    """The released scaler of the newest batch, where a step of preprocessing names it."""
    if not any(step.step == "released_scaler" for step in file.preprocessing):
        return None
    versions = read_versions(services, own)
    for batch in sorted(versions, reverse=True):
        if "scaler" in versions[batch].objects:
            found = services.registry.open(versions[batch].objects["scaler"])
            content: dict[str, Any] = json.loads(found.read_bytes())
            return content
    return None
