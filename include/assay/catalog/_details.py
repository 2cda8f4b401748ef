"""Many versions at once: their details written, and read again, in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, insert, select, update
from sqlalchemy.orm import Session

from assay.catalog._registry_schema import Version
from assay.catalog._schema import Edge, MeasurementRow, Run, VerdictRow
from assay.catalog._store import upsert_all
from assay.catalog._verdicts import measurement_rows, verdict_row
from assay.catalog._versions import RECORD, as_record
from assay.records.versions import BatchVersion, VersionDetails
from assay.verdict import Verdict

Key = tuple[str, str, str]
"""Data set, batch and version."""


def add_details(session: Session, found: Collection[tuple[BatchVersion, VersionDetails]]) -> None:
    """Record lineage and derived columns of versions that are indexed."""
    edges = [{**_names(v), **asdict(edge)} for v, known in found for edge in known.lineage]
    upsert_all(session, Edge, edges, update=())
    table = Version.__table__.c
    change = (
        update(Version)
        .where(table.dataset == bindparam("d"), table.batch == bindparam("b"))
        .where(table.version == bindparam("v"))
        .values(detailed=True, meta=bindparam("m"))
    )
    rows = [
        {
            "d": v.dataset,
            "b": v.batch,
            "v": v.version,
            "m": {"counts": dict(v.counts), "derived": dict(known.derived)},
        }
        for v, known in found
    ]
    if rows:
        session.connection().execute(change, rows)
        session.expire_all()


def add_verdicts(
    session: Session, found: Sequence[tuple[BatchVersion, Sequence[tuple[Verdict, datetime]]]]
) -> None:
    """Record verdicts of versions, but none of a gate that has one."""
    gates = select(VerdictRow.dataset, VerdictRow.batch, VerdictRow.key, VerdictRow.gate)
    of_these = of_batches(VerdictRow, [v.key for v, _ in found])
    known = {tuple(row) for row in session.execute(gates.where(of_these))}
    fresh = [
        verdict_row(v.dataset, v.batch, v.version, verdict, at)
        for v, verdicts in found
        for verdict, at in verdicts
        if (v.dataset, v.batch, v.version, verdict.gate) not in known
    ]
    if not fresh:
        return
    columns = (VerdictRow.id, VerdictRow.dataset, VerdictRow.batch, VerdictRow.key, VerdictRow.gate)
    connection = session.connection()  # the ORM takes as long again for each row
    made = connection.execute(insert(VerdictRow).returning(*columns), fresh).all()
    ids = {names: row_id for row_id, *rest in made if (names := tuple(rest))}
    measured = [
        row
        for one in fresh
        for row in measurement_rows(
            ids[one["dataset"], one["batch"], one["key"], one["gate"]], one["body"]["measurements"]
        )
    ]
    if measured:
        connection.execute(insert(MeasurementRow), measured)


def of_batches(
    model: type[Version | VerdictRow | Edge | Run], keys: Collection[tuple[str, ...]]
) -> ColumnElement[bool]:
    """The condition that a row is of one of these batches, or of another set's same day.

    It begins as the tables' indices do: by the version alone each page would read a whole table.
    """
    datasets, batches = {key[0] for key in keys}, {key[1] for key in keys}
    return and_(model.dataset.in_(datasets), model.batch.in_(batches))


def versions_of(session: Session, keys: Collection[Key]) -> dict[Key, BatchVersion]:
    """Those of these versions that are indexed and not removed."""
    known = and_(Version.removed.is_(False), Version.objects.is_not(None))
    rows = session.execute(select(*RECORD).where(of_batches(Version, keys), known))
    return {key: as_record(row) for row in rows if (key := tuple(row[:3])) in keys}


def verdicts_of(session: Session, keys: Collection[Key]) -> dict[Key, list[Verdict]]:
    """The verdicts on versions, oldest first."""
    columns = (VerdictRow.dataset, VerdictRow.batch, VerdictRow.key, cast(VerdictRow.body, Text))
    wanted = select(*columns).where(of_batches(VerdictRow, keys))
    found = defaultdict[Key, list[Verdict]](list)
    for d, b, v, body in session.execute(wanted.order_by(VerdictRow.at, VerdictRow.id)):
        found[d, b, v].append(Verdict.model_validate_json(body))
    return found


def inputs_of(session: Session, keys: Collection[Key]) -> dict[Key, str]:
    """The hash of the input of each version."""
    columns = (Edge.dataset, Edge.batch, Edge.version, Edge.ref)
    wanted = select(*columns).where(of_batches(Edge, keys), Edge.kind == "input")
    return {(d, b, v): ref for d, b, v, ref in session.execute(wanted)}


def _names(version: BatchVersion) -> dict[str, Any]:
    return {"dataset": version.dataset, "batch": version.batch, "version": version.version}
