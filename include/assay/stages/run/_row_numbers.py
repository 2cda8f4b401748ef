"""The row numbers of a version, and how its rows are found again among the landed ones.

The order of the landed rows is that of the source, often that of a clear key: by it, pseudonyms are
read by their rank. So the objects of a version carry numbers of their own (``__id``), in an order
that only the registry key gives. Which landed row each number stands for is an object of the
version too, ``rows``, sealed with a key that is derived from the registry key.
"""

from __future__ import annotations

import uuid
from typing import Final

from ibis import Table

from assay.engine import ID, ROW, Session
from assay.keys import seal_file, unseal_file
from assay.lake import publish
from assay.stages.run._run import Run
from assay.stages.services import Services

OBJECT: Final = "rows"


def write_row_numbers(run: Run, session: Session) -> Table:
    """Number the observed rows for the run's version; return ``__id`` and ``__row`` of each."""
    workspace, registry = run.workspace, run.services.registry
    observed = workspace.observed.read(session)
    numbers = session.shuffled(observed.select(ROW), registry.row_order(run.version))
    workspace.row_numbers.write(session, numbers, [ID])
    path = workspace.sealed_row_numbers.new()
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    key, nonce = registry.sealing_key(run.version, OBJECT), registry.nonce(run.version, OBJECT)
    try:
        seal_file(workspace.row_numbers.path, aside, key, _about(*workspace.key), nonce)
        publish(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return workspace.row_numbers.read(session)


def read_row_numbers(
    services: Services, session: Session, dataset: str, batch: str, version: str
) -> Table | None:
    """Read ``__id`` and ``__row`` of each observed row of a version, in a file of the session.

    Returns
    -------
    ibis.Table or None
        None for a version that was made before versions had row numbers of their own.
    """
    found = services.registry.find(dataset, batch, version)
    if found is not None and OBJECT not in found.objects:
        return None
    sealed = services.registry.fetch(dataset, batch, version, OBJECT)
    clear = session.aside() / "rows.parquet"
    key = services.registry.sealing_key(version, OBJECT)
    unseal_file(sealed, clear, key, _about(dataset, batch, version))
    return session.read_parquet(clear)


def by_version(table: Table, numbers: Table) -> Table:
    """Put the version's row numbers in place of the landing ones."""
    return _renumbered(table, numbers, ROW, ID)


def by_landing(table: Table, numbers: Table) -> Table:
    """Put the landing row numbers in place of the version's."""
    return _renumbered(table, numbers, ID, ROW)


def as_rows(table: Table) -> Table:
    """Name the version's row numbers as rooms do, ``__row``; other tables stay as they are."""
    return table.rename({ROW: ID}) if ID in table.columns else table


def _renumbered(table: Table, numbers: Table, old: str, new: str) -> Table:
    pairs = numbers.select(__old=numbers[old], **{new: numbers[new]})
    joined = table.inner_join(pairs, table[old] == pairs["__old"])
    return joined.select(new, *(name for name in table.columns if name != old))


def _about(*key: str) -> str:
    """What the sealed file is bound to, so that it opens as the object of its own version only."""
    return "/".join((OBJECT, *key))
