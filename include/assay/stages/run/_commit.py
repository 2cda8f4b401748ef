"""An immutable candidate in the registry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from assay.stages.run._ingest import ARRIVAL, derivation
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._work import Finished, once, version_of
from assay.stages.services import Services
from assay.stages.upkeep._rebuild import lineage_edges
from assay.verdict import Verdict


def commit(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> StageResult:
    """Commit candidate, observed table, fitted state and reports as one batch version.

    A version that the registry has is found, and nothing is written.
    """
    return once(services, ticket, "commit", lambda: _committed(services, ticket, done))


def _committed(services: Services, ticket: Ticket, done: dict[str, StageResult]) -> Finished:
    contract = services.project.contract(ticket.dataset)
    objects = version_files(services, ticket.dataset, ticket.batch, version_of(ticket))
    counts = row_counts(done)
    derived = derivation(services, contract, ticket, ticket.input_sha or "")
    version = services.registry.commit(
        ticket.dataset,
        ticket.batch,
        derived,
        {name: path for name, path in objects.items() if path.is_file()},
        at=ticket.started,
        counts=counts,
        verdicts=verdicts(services, ticket),
    )
    services.catalog.versions.record(
        version,
        lineage=lineage_edges(ticket.dataset, derived),
        derived=done["clean"].detail.get("derived", {}) if "clean" in done else {},
        run_id=ticket.run_id,
    )
    result = StageResult(
        stage="commit",
        rows=counts,
        detail={"version": version.version, "messages": [f"Version {version.version}."]},
    )
    return Finished(result=result)


def version_files(services: Services, dataset: str, batch: str, version: str) -> dict[str, Path]:
    """Where this machine keeps what becomes a version's objects, as long as retention lets it."""
    work = services.lake.path("work", dataset, batch, version)
    return {
        "data": work / "candidate.parquet",
        "observed": work / "observed.parquet",
        "state": work / "state.json",
        "changes": work / "change_log.parquet",
        "cleaning": services.lake.path("reports", dataset, batch, version, "cleaning.json"),
        "scaled": work / "scaled.parquet",
        "scaler": work / "scaler.json",
    }


def verdicts(services: Services, ticket: Ticket) -> dict[str, tuple[datetime, dict[str, Any]]]:
    """What the gates have said of the run's version, as the registry keeps it beside it.

    When its input came isn't said of a version: the same rows give the same bytes on any day.
    """
    found = services.catalog.verdicts.find(ticket.dataset, ticket.batch, version_of(ticket))
    return {r.verdict.gate: (r.at, timeless(r.verdict).model_dump(mode="json")) for r in found}


def timeless(verdict: Verdict) -> Verdict:
    """A verdict without the one number that says when its input came."""
    left = tuple(m for m in verdict.measurements if m.name != ARRIVAL)
    return verdict.model_copy(update={"measurements": left})


def row_counts(done: dict[str, StageResult]) -> dict[str, int]:
    """Where the rows of a batch are after the stages that have run.

    Returns
    -------
    dict
        ``rows_in`` = ``quarantined`` + ``dropped`` + ``suppressed`` + ``held``; what isn't set
        aside is held until its batch is released.
    """
    rows_in = done["ingest"].rows["in"] if "ingest" in done else 0
    quarantined = sum(r.rows.get("quarantined", 0) for r in done.values() if r.stage != "commit")
    dropped = sum(r.rows.get("dropped", 0) for r in done.values() if r.stage != "commit")
    return {
        "rows_in": rows_in,
        "quarantined": quarantined,
        "dropped": dropped,
        "suppressed": 0,
        "held": rows_in - quarantined - dropped,
    }
