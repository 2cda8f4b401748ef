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
from assay.stages.services import Services

SKETCHES: Final = ("cache", "sketches")
"""Where drift keeps what it counts of versions, below it ``<data set>/<batch>/<version>/``: a
version's files there have its rights, and end with it."""
OBJECTS: Final[Mapping[str, str]] = {"observed": "observed", "candidate": "data"}
"""A table that drift judges, by its artefact → its object in a version."""


def versions_table(
    services: Services, session: Session, dataset: str, batches: Mapping[str, str], name: str
) -> Table:
    """One object of several versions of a data set, as one table.

    Row numbers are those of each batch, so that they are no key of the whole.
    """
    paths = [services.registry.fetch(dataset, b, v, name) for b, v in sorted(batches.items())]
    tables = [session.read_parquet(path) for path in paths]
    return ibis.union(*tables) if tables[1:] else tables[0]


def reference(
    services: Services, session: Session, dataset: str, batches: Mapping[str, str], name: str
) -> Released:
    """The same as a reference: what drift counts of each version is kept beside it."""
    return Released(
        tuple(
            (
                session.read_parquet(services.registry.fetch(dataset, batch, version, name)),
                services.lake.make(*SKETCHES, dataset, batch, version, name),
            )
            for batch, version in sorted(batches.items())
        )
    )


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
