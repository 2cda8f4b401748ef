"""Many versions at once: their details written, and read again, in a few statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from assay.catalog._registry_schema import Version
from assay.catalog._schema import Edge, MeasurementRow, VerdictRow
from assay.catalog._store import upsert_all
from assay.catalog._verdicts import measurement_rows, verdict_row
from assay.catalog._versions import as_record
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
    known = {
        tuple(row)
        for row in session.execute(
            select(VerdictRow.dataset, VerdictRow.batch, VerdictRow.key, VerdictRow.gate).where(
                VerdictRow.key.in_({v.version for v, _ in found})
            )
        )
    }
    fresh = [
        verdict_row(v.dataset, v.batch, v.version, verdict, at)
        for v, verdicts in found
        for verdict, at in verdicts
        if (v.dataset, v.batch, v.version, verdict.gate) not in known
    ]
    if not fresh:
        return
    columns = (VerdictRow.id, VerdictRow.dataset, VerdictRow.batch, VerdictRow.key, VerdictRow.gate)
    made = session.execute(insert(VerdictRow).returning(*columns), fresh).tuples().all()
    ids = {names: row_id for row_id, *rest in made if (names := tuple(rest))}
    measured = [
        row
        for one in fresh
        for row in measurement_rows(
            ids[one["dataset"], one["batch"], one["key"], one["gate"]], one["body"]["measurements"]
        )
    ]
    if measured:
        session.execute(insert(MeasurementRow), measured)


def versions_of(session: Session, ids: Collection[str]) -> dict[Key, BatchVersion]:
    """The versions of these ids that are indexed and not removed."""
    wanted = select(Version).where(
        Version.version.in_(ids), Version.removed.is_(False), Version.objects.is_not(None)
    )
    records = (as_record(row) for row in session.scalars(wanted))
    return {(v.dataset, v.batch, v.version): v for v in records}


def verdicts_of(session: Session, keys: Collection[Key]) -> dict[Key, list[Verdict]]:
    """The verdicts on versions, oldest first."""
    wanted = (
        select(VerdictRow)
        .where(VerdictRow.key.in_({version for *_, version in keys}))
        .order_by(VerdictRow.at, VerdictRow.id)
    )
    found = defaultdict[Key, list[Verdict]](list)
    for row in session.scalars(wanted):
        verdict = Verdict.model_validate_json(json.dumps(row.body))
        found[row.dataset, row.batch, row.key].append(verdict)
    return found


def inputs_of(session: Session, keys: Collection[Key]) -> dict[Key, str]:
    """The hash of the input of each version."""
    wanted = select(Edge).where(
        Edge.version.in_({version for *_, version in keys}), Edge.kind == "input"
    )
    return {(e.dataset, e.batch, e.version): e.ref for e in session.scalars(wanted)}


def _names(version: BatchVersion) -> dict[str, Any]:
    return {"dataset": version.dataset, "batch": version.batch, "version": version.version}
