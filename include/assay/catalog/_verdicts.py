"""Verdicts of the gates, and their measurements for trends."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from assay.catalog._schema import MeasurementRow, VerdictRow
from assay.catalog._store import Store, insert_new, record_of
from assay.records.runs import BatchRecord
from assay.records.verdicts import TrendPoint, VerdictRecord
from assay.verdict import Outcome, Verdict
from assay.wording import sentence


@dataclass(frozen=True)
class Verdicts:
    """Verdicts of the gates, and their measurements."""

    store: Store

    def record(
        self,
        dataset: str,
        batch: str,
        key: str,
        verdict: Verdict,
        *,
        at: datetime,
        run_id: str | None = None,
    ) -> None:
        """Record a gate's verdict; it replaces the gate's earlier one.

        Parameters
        ----------
        key : str
            The version it judged, or the work key where there is no version yet.
        verdict : Verdict
            Kept whole; its measurements also flat.
        """
        row = verdict_row(dataset, batch, key, verdict, at, run_id)
        keys = {name: row.pop(name) for name in ("dataset", "batch", "key", "gate")}
        with self.store.session(writes=True) as session:
            insert_new(session, VerdictRow, {**keys, **row}, keys=tuple(keys), update=row)
            row_id = session.scalars(select(VerdictRow.id).filter_by(**keys)).one()
            _replace_measurements(session, row_id, row["body"]["measurements"])

    def find(
        self, dataset: str, batch: str, key: str | None = None, *, run_id: str | None = None
    ) -> list[VerdictRecord]:
        """The verdicts on a batch, oldest first; only those of one key or run if given."""
        wanted = select(VerdictRow).where(VerdictRow.dataset == dataset, VerdictRow.batch == batch)
        if key is not None:
            wanted = wanted.where(VerdictRow.key == key)
        if run_id is not None:
            wanted = wanted.where(VerdictRow.run_id == run_id)
        rows = self.store.all(wanted.order_by(VerdictRow.at, VerdictRow.id))
        given = [Verdict.model_validate_json(json.dumps(row.body)) for row in rows]
        return [record_of(VerdictRecord, r, verdict=v) for r, v in zip(rows, given, strict=True)]

    def trend(
        self,
        dataset: str,
        name: str,
        *,
        gate: str | None = None,
        column: str | None = None,
        group: str | None = None,
    ) -> list[TrendPoint]:
        """One measurement over the batches of a data set, ordered by batch and time.

        Only of a gate, column or group if given.
        """
        wanted = (
            select(MeasurementRow, VerdictRow)
            .join(VerdictRow, VerdictRow.id == MeasurementRow.verdict_id)
            .where(VerdictRow.dataset == dataset, MeasurementRow.name == name)
            .order_by(VerdictRow.batch, VerdictRow.at, VerdictRow.id, MeasurementRow.position)
        )
        given = (
            (VerdictRow.gate, gate),
            (MeasurementRow.column_name, column),
            (MeasurementRow.group_name, group),
        )
        for attribute, value in given:
            if value is not None:
                wanted = wanted.where(attribute == value)
        with self.store.session(writes=False) as session:
            return [_point(m, v) for m, v in session.execute(wanted).tuples()]


def reasons_of(session: Session, batches: Sequence[BatchRecord]) -> dict[str, list[str]]:
    """The sentences of the verdicts on some batches of a data set, the worst first, by batch.

    Of the latest attempt that the record is of, and of nothing that passed.
    """
    attempts = {b.batch: b for b in batches if b.verdict not in {None, Outcome.PASS}}
    if not attempts:
        return {}
    rows = session.execute(
        select(VerdictRow.batch, VerdictRow.run_id, VerdictRow.key, VerdictRow.body["reasons"])
        .where(VerdictRow.dataset == batches[0].dataset, VerdictRow.batch.in_(attempts))
        .where(VerdictRow.outcome != Outcome.PASS.value)
        .order_by(VerdictRow.at, VerdictRow.id)
    )
    found = defaultdict[str, list[Mapping[str, Any]]](list)
    for batch, run_id, key, reasons in rows.tuples():
        if run_id == attempts[batch].run_id or key == attempts[batch].version:
            found[batch] += [r for r in reasons if r["outcome"] != Outcome.PASS.value]
    return {
        batch: list(dict.fromkeys(map(sentence, sorted(reasons, key=_severity))))
        for batch, reasons in found.items()
    }


def _severity(reason: Mapping[str, Any]) -> int:
    return -Outcome(reason["outcome"]).severity


def verdict_row(
    dataset: str, batch: str, key: str, verdict: Verdict, at: datetime, run_id: str | None = None
) -> dict[str, Any]:
    """A verdict's row."""
    # By way of JSON: it turns NaN and infinities into null, which every database takes.
    return {
        "dataset": dataset,
        "batch": batch,
        "key": key,
        "gate": verdict.gate,
        "run_id": run_id,
        "outcome": verdict.outcome.value,
        "holds": verdict.holds,
        "body": json.loads(verdict.model_dump_json()),
        "at": at,
    }


def measurement_rows(
    row_id: int, measurements: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of a verdict's measurements."""
    return [
        {
            "verdict_id": row_id,
            "position": position,
            "column_name": m["column"],
            "group_name": m["group"],
            **{name: m[name] for name in ("name", "value", "unit", "n")},
        }
        for position, m in enumerate(measurements)
    ]


def _replace_measurements(
    session: Session, row_id: int, measurements: Iterable[Mapping[str, Any]]
) -> None:
    session.execute(delete(MeasurementRow).where(MeasurementRow.verdict_id == row_id))
    if rows := measurement_rows(row_id, measurements):
        session.execute(insert(MeasurementRow), rows)


def _point(measured: MeasurementRow, verdict: VerdictRow) -> TrendPoint:
    about = {name: getattr(verdict, name) for name in ("batch", "key", "gate", "at")}
    parts = {"column": measured.column_name, "group": measured.group_name}
    return record_of(TrendPoint, measured, **about, **parts)
