"""Tables of a run: what landed, what other versions hold, and what drift counts of these."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import ibis

from assay.drift import Released
from assay.engine import Session
from assay.errors import InputError
from assay.stages.run._spec import Ticket
from assay.stages.run._work import work_path
from assay.stages.services import Services

SKETCHES: Final = ("cache", "sketches")
"""Where drift keeps what it counts of versions, below it ``<data set>/<batch>/<version>/``: a
version's files there have its rights, and end with it."""


def landed(services: Services, ticket: Ticket, session: Session) -> Any:
    """The landed rows of the run."""
    if ticket.input_sha is None:
        raise InputError("the run's input hasn't landed", where=f"{ticket.dataset} {ticket.batch}")
    path = services.lake.make(
        "landing", ticket.dataset, ticket.batch, ticket.input_sha, "rows.parquet"
    )
    return session.read_parquet(path)


def worked(services: Services, ticket: Ticket, session: Session, name: str) -> Any:
    """A table of the run's working folder."""
    return session.read_parquet(work_path(services, ticket, name))


def versions(
    services: Services, session: Session, dataset: str, batches: Mapping[str, str], name: str
) -> Any:
    """One object of several versions of a data set, as one table.

    Row numbers are those of each batch, so that they are no key of the whole.
    """
    paths = [services.registry.fetch(dataset, b, v, name) for b, v in sorted(batches.items())]
    return (
        ibis.union(*(session.read_parquet(p) for p in paths))
        if paths[1:]
        else (session.read_parquet(paths[0]))
    )


def released(
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
    """Remove what was counted of versions that the registry doesn't hold any more."""
    root = services.lake.path(*SKETCHES)
    for dataset in _folders(root):
        live = {(v.batch, v.version) for v in services.registry.versions(dataset.name)}
        for batch in _folders(dataset):
            for version in _folders(batch):
                if (batch.name, version.name) not in live:
                    shutil.rmtree(version, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
