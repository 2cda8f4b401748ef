"""Data sets and facets of OpenLineage, made of the data of a task; the client's only door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import attrs
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    schema_dataset,
)
from openlineage.client.serde import Serde

from assay.lineage.openlineage._task_data import ColumnWay, TaskData, TaskDataset

PRODUCER: Final = "urn:assay"
"""Who says so, in every event and facet that Assay makes."""


@attrs.define
class AssayVersionFacet(DatasetFacet):
    """What else names a version: its batch, its snapshot, its state, its rows."""

    batch: str | None = attrs.field(default=None)
    snapshot: int | None = attrs.field(default=None)
    state: str | None = attrs.field(default=None)
    rows: int | None = attrs.field(default=None)


@attrs.define
class AssayVerdictFacet(RunFacet):
    """What a gate said: its outcome, whether it holds the batch, its reason codes, its counts."""

    stage: str = attrs.field(default="")
    outcome: str | None = attrs.field(default=None)
    holds: bool = attrs.field(default=False)
    reasons: list[str] = attrs.field(factory=list)
    rows: dict[str, int] = attrs.field(factory=dict)


@dataclass(frozen=True)
class Parts:
    """The parts of an event that say which data were read and written."""

    inputs: list[InputDataset]
    outputs: list[OutputDataset]
    run_facets: dict[str, Any]


def as_parts(task_data: TaskData, namespace: str) -> Parts:
    """Make the parts of an event of what a task read and wrote."""
    verdict = AssayVerdictFacet(**task_data.judged, producer=PRODUCER) if task_data.judged else None
    return Parts(
        [_input(data, namespace) for data in task_data.inputs],
        [
            OutputDataset(namespace=namespace, name=data.name, facets=_facets(data, namespace))
            for data in task_data.outputs
        ],
        {"assay_verdict": verdict} if verdict else {},
    )


def run_events(
    job: str, run_id: str, started: datetime, ended: datetime, parts: Parts, namespace: str,
    *, failed: bool = False,
) -> tuple[RunEvent, RunEvent]:  # fmt: skip
    """Make the first and the last event of a run that no scheduler started.

    Parameters
    ----------
    run_id : str
        A UUID.
    failed : bool
        Whether the run decided against its data: a held model, say.
    """
    about: dict[str, Any] = {"job": Job(namespace=namespace, name=job), "producer": PRODUCER}
    end = RunState.FAIL if failed else RunState.COMPLETE
    return (
        RunEvent(
            eventType=RunState.START, eventTime=started.isoformat(), run=Run(runId=run_id), **about
        ),
        RunEvent(
            eventType=end, eventTime=ended.isoformat(),
            run=Run(runId=run_id, facets=parts.run_facets),
            inputs=parts.inputs, outputs=parts.outputs, **about,
        ),
    )  # fmt: skip


def _input(data: TaskDataset, namespace: str) -> InputDataset:
    found = [
        data_quality_assertions_dataset.Assertion(
            assertion=one.expectation, success=one.success, column=one.column
        )
        for one in data.assertions
    ]
    quality = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        assertions=found, producer=PRODUCER
    )
    return InputDataset(
        namespace=namespace, name=data.name, facets=_facets(data, namespace),
        inputFacets={"dataQualityAssertions": quality} if found else {},
    )  # fmt: skip


def _facets(data: TaskDataset, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if data.version:
        found["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=data.version, producer=PRODUCER
        )
    if data.facts:
        facts: Mapping[str, Any] = data.facts
        found["assay_version"] = AssayVersionFacet(**facts, producer=PRODUCER)
    if data.columns:
        fields = [
            schema_dataset.SchemaDatasetFacetFields(name=name, type=kind)
            for name, kind in data.columns.items()
        ]
        found["schema"] = schema_dataset.SchemaDatasetFacet(fields=fields, producer=PRODUCER)
    if data.ways:
        found["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                name: column_lineage_dataset.Fields(
                    inputFields=[_origin(way, namespace) for way in ways]
                )
                for name, ways in data.ways.items()
            },
            producer=PRODUCER,
        )
    return found


def _origin(way: ColumnWay, namespace: str) -> column_lineage_dataset.InputField:
    step = column_lineage_dataset.Transformation(
        type="DIRECT", subtype="TRANSFORMATION" if way.changed else "IDENTITY",
        description=way.how or None, masking=way.masked,
    )  # fmt: skip
    return column_lineage_dataset.InputField(
        namespace=namespace, name=way.dataset, field=way.column, transformations=[step]
    )


def to_dict(event: RunEvent) -> dict[str, Any]:
    """An event as OpenLineage has it in JSON."""
    return Serde.to_dict(event)
