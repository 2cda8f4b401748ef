"""What models made of columns: the joins, the encoders, the label and the filter of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assay.errors import RegistryError
from assay.lineage import ColumnStep, Graph
from assay.policy.model import ModelFile
from assay.records.models import TrainingRecord
from assay.records.uses import Use
from assay.stages.models._training import parse_model
from assay.stages.services import Services

_MOST: Final = 20
"""Model versions whose records are read for one graph: the newest."""


@dataclass(frozen=True)
class JoinedColumn:
    """How a model came by a column of another data set, and the own columns that name its row."""

    what: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class ModelColumns:
    """What a version of a model made of columns.

    Parameters
    ----------
    encoded : dict
        Feature → its encoders, and how many columns the estimator got of it.
    joined : dict
        Data set → column → how it was joined.
    made : list of ColumnStep
        The label and the filter, each with the columns that it is made of.
    """

    name: str
    dataset: str
    encoded: dict[str, str]
    joined: dict[str, dict[str, JoinedColumn]] = field(default_factory=dict)
    made: list[ColumnStep] = field(default_factory=list)

    def seen_of(self, dataset: str) -> dict[str, str]:
        """Column of a data set → what the version made of it: its own, or of one that it joined."""
        if dataset == self.dataset:
            return self.encoded
        names = {name: f"{dataset}.{name}" for name in self.joined.get(dataset, ())}
        return {name: self.encoded[full] for name, full in names.items() if full in self.encoded}


def model_columns(services: Services, graph: Graph) -> list[ModelColumns]:
    """What the versions of models in a graph made of columns, the newest versions of it.

    A version whose record can't be read is left out, and the graph says so.
    """
    names = [n.name for n in graph.nodes if n.kind == "model_version"]
    uses = services.catalog.lineage.uses([("model_version", name) for name in names])
    kept = sorted((u for u in uses if "record" in u.objects), key=lambda u: (u.at, u.id))[-_MOST:]
    found = []
    for use in kept:
        try:
            found.append(_of_version(services, use))
        except RegistryError as error:
            graph.missing.append(f"The columns of {use.id} can't be read: {error}")
    return found


def _of_version(services: Services, use: Use) -> ModelColumns:
    record = _record(services, use)
    if "model_file" not in use.objects:
        encoded = dict.fromkeys(record.features, "a feature of own code")
        return ModelColumns(use.id, record.data[0].dataset, encoded)
    text = services.registry.open(use.objects["model_file"]).read_text(encoding="utf-8")
    file = parse_model(use.subject, text)
    return ModelColumns(
        use.id, file.data.dataset, dict(_encoded(file, record)), _joins(file),
        list(_made(use.id, file)),
    )  # fmt: skip


def _record(services: Services, use: Use) -> TrainingRecord:
    said = json.loads(services.registry.open(use.objects["record"]).read_bytes())
    return TrainingRecord.model_validate(
        {name: value for name, value in said.items() if name in TrainingRecord.model_fields}
    )


def _encoded(file: ModelFile, record: TrainingRecord) -> Iterator[tuple[str, str]]:
    for name in file.features:
        steps = [step.step for step in file.preprocessing if name in step.columns]
        width = record.encoded.get(name)
        of_it = "" if width is None else f", {width} column{'' if width == 1 else 's'}"
        yield name, f"feature, {' then '.join(steps) or 'as it is'}{of_it}"


def _joins(file: ModelFile) -> dict[str, dict[str, JoinedColumn]]:
    return {
        dataset: {
            column: JoinedColumn(
                f"{dataset}, {' and '.join(f'{key} = {own}' for own, key in join.by.items())}",
                tuple(join.by),
            )
            for column in join.columns
        }
        for dataset, join in file.data.joins.items()
    }


def _made(name: str, file: ModelFile) -> Iterator[ColumnStep]:
    """The label and the filter; those of a version are named after it."""
    from assay.expression import columns_of

    label = file.label
    what = label.expression or str(label.column)
    yield ColumnStep(f"{name}'s label", name, what, columns_of(what) if label.expression else ())
    if file.data.where:
        where = file.data.where
        yield ColumnStep(f"{name}'s rows", name, where, tuple(columns_of(where)))
