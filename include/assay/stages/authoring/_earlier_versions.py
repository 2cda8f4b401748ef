"""Earlier versions of a data set, by which a proposed suite is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ibis import Table

from assay.contract import Contract
from assay.engine import Session
from assay.errors import InputError, did_you_mean
from assay.records.runs import BatchRecord
from assay.stages.run._row_numbers import as_rows
from assay.stages.run._validate import Which
from assay.stages.run.workspace import BatchWorkspace
from assay.stages.services import Services


@dataclass(frozen=True)
class Earlier:
    """An earlier batch: its state, and the name and the rows of the table that is judged."""

    batch: str
    state: str
    table: str
    rows: Table


def earlier_versions(
    session: Session,
    services: Services,
    contract: Contract,
    which: Which,
    against: Sequence[str],
    before: str | None,
) -> list[Earlier]:
    """Earlier batches, oldest first, each by the nearest of its tables that is still there.

    Raises
    ------
    InputError
        If a batch for the backtest was never run.
    """
    records = {r.batch: r for r in services.catalog.batches.latest(contract.dataset)}
    for batch in against:
        if batch not in records:
            raise InputError(
                "no such batch for the backtest", where=contract.dataset, got=batch,
                expected="one of: " + (", ".join(sorted(records)) or "none has been run yet"),
                do=did_you_mean(batch, records) or None,
            )  # fmt: skip
    found = []
    earlier = [b for b in records if before is None or b < before]
    for batch in sorted(against or earlier):
        one = _table(services, contract, records[batch], which)
        if one is not None:
            name, path = one
            state = records[batch].state.value
            found.append(Earlier(batch, state, name, as_rows(session.read_parquet(path))))
    return found


def _table(
    services: Services, contract: Contract, record: BatchRecord, which: Which
) -> tuple[str, Path] | None:
    dataset = contract.dataset
    if which == "raw" and record.input_sha:
        key = (dataset, record.batch)
        landed = BatchWorkspace(services.lake, key, input_sha=record.input_sha).landed
        if landed.exists():
            return "landed", landed.path
    if record.version is None:
        return None
    version = services.registry.find(dataset, record.batch, record.version)
    names = ("observed", "data") if which == "raw" else ("data",)
    for name in names:
        if version is not None and name in version.objects:
            path = services.registry.fetch(dataset, record.batch, record.version, name)
            return ("released" if name == "data" else name), path
    return None
