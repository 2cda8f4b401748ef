"""The queries of views, in PostgreSQL's SQL."""

from __future__ import annotations

from assay.engine import quoted
from assay.publishing._wanted import BATCH, VERSION, Wanted, fitting

LATEST = "latest"


def partition(version: str) -> str:
    """Name of the table of one version."""
    return f"v_{version}"


def snapshot_view(number: int) -> str:
    """Name of the view of an earlier snapshot."""
    return f"snapshot_{number}"


def reader_view(role: str) -> str:
    """Name of the view of a role that may not see everything."""
    return fitting(f"latest_for_{role}")


def view_queries(wanted: Wanted) -> dict[str, str]:
    """View → its query, those first that others read from."""
    schema = quoted(fitting(wanted.dataset))
    pointer = f"(SELECT snapshot FROM {schema}.pointer)"  # noqa: S608 - a quoted name
    found = {LATEST: _of_snapshot(wanted, pointer)}
    for number in sorted(wanted.snapshots):
        if number != wanted.snapshot:
            found[snapshot_view(number)] = _of_snapshot(wanted, str(number))
    limited = [reader for reader in wanted.readers if reader.query is not None]
    return found | {reader_view(reader.role): str(reader.query) for reader in limited}


def _of_snapshot(wanted: Wanted, number: str) -> str:
    schema = quoted(wanted.dataset)
    columns = ", ".join(quoted(name) for name in [*(c.name for c in wanted.columns), BATCH])
    versions = f"SELECT version FROM {schema}.snapshots WHERE snapshot = {number}"  # noqa: S608
    return f"SELECT {columns} FROM {schema}.rows WHERE {VERSION} IN ({versions})"  # noqa: S608


def wanted_grants(wanted: Wanted) -> frozenset[tuple[str, str, str]]:
    """The rights that readers should have: (object, role, right); '' is the schema."""
    found: set[tuple[str, str, str]] = set()
    for reader in wanted.readers:
        found.add(("", reader.role, "USAGE"))
        if reader.query is not None:
            found.add((reader_view(reader.role), reader.role, "SELECT"))
            continue
        earlier = [snapshot_view(n) for n in wanted.snapshots if n != wanted.snapshot]
        found |= {(view, reader.role, "SELECT") for view in [LATEST, *earlier]}
    return frozenset(found)
