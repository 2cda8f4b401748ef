"""Tables of a run: what landed, what other versions hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis

from assay import engine
from assay.errors import InputError
from assay.stages._office import Office
from assay.stages._ticket import Ticket
from assay.stages._work import work_path


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
