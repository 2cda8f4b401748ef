"""An immutable candidate in the registry."""

from __future__ import annotations

from assay.stages._ingest import derivation
from assay.stages._office import Office
from assay.stages._rebuild import lineage_edges
from assay.stages._ticket import StageResult, Ticket
from assay.stages._work import Finished, once, report_path, work_path


def commit(office: Office, ticket: Ticket, done: dict[str, StageResult]) -> StageResult:
    """Commit candidate, observed table, fitted state and reports as one batch version.

    A version that the registry has is found, and nothing is written.
    """
    return once(office, ticket, "commit", lambda: _committed(office, ticket, done))


def _committed(office: Office, ticket: Ticket, done: dict[str, StageResult]) -> Finished:
    contract = office.project.contract(ticket.dataset)
    objects = {
        "data": work_path(office, ticket, "candidate.parquet"),
        "observed": work_path(office, ticket, "observed.parquet"),
        "state": work_path(office, ticket, "state.json"),
        "changes": work_path(office, ticket, "change_log.parquet"),
        "cleaning": report_path(office, ticket, "cleaning.json"),
        "scaled": work_path(office, ticket, "scaled.parquet"),
        "scaler": work_path(office, ticket, "scaler.json"),
    }
    counts = row_counts(done)
    derived = derivation(office, contract, ticket, ticket.input_sha or "")
    version = office.registry.commit(
        ticket.dataset,
        ticket.batch,
        derived,
        {name: path for name, path in objects.items() if path.is_file()},
        at=ticket.started,
        counts=counts,
    )
    office.catalog.record_version(
        ticket.dataset,
        ticket.batch,
        version.version,
        at=version.at,
        lineage=lineage_edges(ticket.dataset, derived),
        run_id=ticket.run_id,
        meta={
            "counts": counts,
            "objects": sorted(version.objects),
            "derived": done["clean"].detail.get("derived", {}) if "clean" in done else {},
        },
    )
    result = StageResult(
        stage="commit",
        rows=counts,
        detail={"version": version.version, "messages": [f"Version {version.version}."]},
    )
    return Finished(result=result)


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
