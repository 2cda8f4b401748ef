"""Tables of released versions, and what drift has counted of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import ibis
from ibis import Table

from assay.drift import Released
from assay.engine import Session
from assay.stages.run._row_numbers import as_rows
from assay.stages.run._run import Run
from assay.stages.services import Services

SKETCHES: Final = ("cache", "sketches")
"""Where drift keeps what it counts of versions, below it ``<data set>/<batch>/<version>/``: a
version's files there have its rights, and end with it."""
OBJECTS: Final[Mapping[str, str]] = {"observed": "observed", "candidate": "data"}
"""A table that drift judges → the object of a version that it is."""


def versions_table(
    services: Services, session: Session, dataset: str, batches: Mapping[str, str], name: str
) -> Table:
    """One object of several versions of a data set, as one table.

    Row numbers are those of each batch, so that they are no key of the whole.
    """
    tables = [
        _version_table(services, session, dataset, batch, version, name)
        for batch, version in sorted(batches.items())
    ]
    return ibis.union(*tables) if tables[1:] else tables[0]


def reference(
    services: Services, session: Session, dataset: str, batches: Mapping[str, str], name: str
) -> Released:
    """The same as a reference: what drift counts of each version is kept beside it."""
    return Released(
        tuple(
            (
                _version_table(services, session, dataset, batch, version, name),
                services.lake.make(*SKETCHES, dataset, batch, version, name),
            )
            for batch, version in sorted(batches.items())
        ),
        key=services.counts_key,
    )


def judged_table(run: Run, session: Session, table: str) -> Table:
    """A table of the run that drift judges, as the version has it."""
    stored = {"observed": "committed_observed"}.get(table, table)
    return as_rows(run.workspace.table(stored).read(session))


def _version_table(
    services: Services, session: Session, dataset: str, batch: str, version: str, name: str
) -> Table:
    path = services.registry.fetch(dataset, batch, version, name)
    return as_rows(session.read_parquet(path))


def forget_sketches(services: Services) -> None:
    """Remove what was counted of versions that the registry no longer holds."""
    root = services.lake.path(*SKETCHES)
    for dataset in _folders(root):
        live = {(v.batch, v.version) for v in services.registry.versions(dataset.name)}
        for batch in _folders(dataset):
            for version in _folders(batch):
                if (batch.name, version.name) not in live:
                    shutil.rmtree(version, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
