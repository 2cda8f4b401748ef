"""Tables of a run: what landed, what other versions hold, and what drift counts of these."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import ibis

from assay import engine
from assay.drift import Released
from assay.errors import InputError
from assay.stages._office import Office
from assay.stages._ticket import Ticket
from assay.stages._work import work_path

SKETCHES: Final = ("cache", "sketches")
"""Where drift keeps what it counts of versions, below it ``<data set>/<batch>/<version>/``: a
version's files there have its rights, and end with it."""


def landed(office: Office, ticket: Ticket, con: Any) -> Any:
    """The landed rows of the run."""
    if ticket.input_sha is None:
        raise InputError("the run's input hasn't landed", where=f"{ticket.dataset} {ticket.batch}")
    path = office.lake.path(
        "landing", ticket.dataset, ticket.batch, ticket.input_sha, "rows.parquet"
    )
    return engine.read_parquet(con, path)


def worked(office: Office, ticket: Ticket, con: Any, name: str) -> Any:
    """A table of the run's working folder."""
    return engine.read_parquet(con, work_path(office, ticket, name))


def versions(office: Office, con: Any, dataset: str, batches: Mapping[str, str], name: str) -> Any:
    """One object of several versions of a data set, as one table.

    Row numbers are those of each batch, so that they are no key of the whole.
    """
    paths = [office.registry.fetch(dataset, b, v, name) for b, v in sorted(batches.items())]
    return (
        ibis.union(*(engine.read_parquet(con, p) for p in paths))
        if paths[1:]
        else (engine.read_parquet(con, paths[0]))
    )


def released(
    office: Office, con: Any, dataset: str, batches: Mapping[str, str], name: str
) -> Released:
    """The same as a reference: what drift counts of each version is kept beside it."""
    return Released(
        tuple(
            (
                engine.read_parquet(con, office.registry.fetch(dataset, batch, version, name)),
                office.lake.path(*SKETCHES, dataset, batch, version, name),
            )
            for batch, version in sorted(batches.items())
        )
    )


def forget_sketches(office: Office) -> None:
    """Remove what was counted of versions that the registry doesn't hold any more."""
    root = office.lake.path(*SKETCHES)
    for dataset in _folders(root):
        live = {(v.batch, v.version) for v in office.registry.versions(dataset.name)}
        for batch in _folders(dataset):
            for version in _folders(batch):
                if (batch.name, version.name) not in live:
                    shutil.rmtree(version, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
