"""Commit: the candidate, and an immutable batch version of it in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ibis import Table

from assay.cleaning import FittedState, scale
from assay.engine import ID, ROW, Session
from assay.stages.run._derivation import derivation
from assay.stages.run._ingest import ARRIVAL
from assay.stages.run._lineage import lineage_edges
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._row_numbers import by_version, write_row_numbers
from assay.stages.run._run import Run
from assay.verdict import Verdict


def commit(run: Run) -> Finished:
    """Commit candidate, observed table, fitted state and reports as one batch version.

    A version that the registry has is found, and nothing is written to it.
    """
    with run.session() as session:
        numbers = write_row_numbers(run, session)
        _write_candidate(run, session, numbers)
        _write_scaled(run, session)
        _write_before(run, session, numbers)
    counts, derived = row_counts(run.done), derivation(run)
    version = run.services.registry.commit(
        run.dataset,
        run.batch,
        derived,
        {name: path for name, path in run.workspace.stored().items() if path.is_file()},
        at=run.spec.started,
        counts=counts,
        verdicts=verdicts(run),
    )
    run.services.catalog.versions.record(
        version,
        lineage=lineage_edges(run.dataset, derived),
        derived=run.done["clean"].derived if "clean" in run.done else {},
        run_id=run.spec.run_id,
    )
    run.services.catalog.objects.learn({version.key: version.hashes})
    message = f"Version {version.version}."
    return Finished(result=StageResult(stage="commit", rows=counts, messages=(message,)))


def _write_candidate(run: Run, session: Session, numbers: Table) -> None:
    """The cleaned rows that validation left, in the version's order."""
    cleaned, workspace = run.workspace.cleaned.read(session), run.workspace
    left = cleaned.anti_join(workspace.marks_clean.read(session), ROW)
    workspace.candidate.write(session, by_version(left, numbers), [ID])


def _write_scaled(run: Run, session: Session) -> None:
    """The candidate's scaled columns, where the cleaning policy asks for a file of them."""
    scaler = FittedState.from_json(run.workspace.state.read()).scaler("derived")
    if scaler is not None:
        scaled = scale(run.workspace.candidate.read(session), scaler)
        columns = scaled.select(ID, *scaler["columns"])
        run.workspace.scaled.write(session, columns, [ID], presorted=True)


def _write_before(run: Run, session: Session, numbers: Table) -> None:
    """The rows before cleaning and the changes to them, in the version's order."""
    workspace = run.workspace
    observed, changes = workspace.observed.read(session), workspace.change_log.read(session)
    workspace.committed_observed.write(session, by_version(observed, numbers), [ID])
    order = [ID, "step", "column"]
    workspace.committed_changes.write(session, by_version(changes, numbers), order)


def verdicts(run: Run) -> dict[str, tuple[datetime, dict[str, Any]]]:
    """The verdicts on the run's version, as the registry keeps them beside it.

    They leave out when its input arrived: the same rows give the same bytes on any day.
    """
    found = run.services.catalog.verdicts.find(run.dataset, run.batch, run.version)
    recorded, now = {r.verdict.gate: r.at for r in found}, run.services.clock()
    given = [f.verdict for f in run.results.values() if f.verdict is not None]
    return {
        v.gate: (recorded.get(v.gate, now), json.loads(timeless(v).model_dump_json()))
        for v in given
    }


def timeless(verdict: Verdict) -> Verdict:
    """A verdict without the one number that says when its input arrived."""
    left = tuple(m for m in verdict.measurements if m.name != ARRIVAL)
    return verdict.model_copy(update={"measurements": left})


def row_counts(done: Mapping[str, StageResult]) -> dict[str, int]:
    """Where the rows of a batch are after the stages that have run.

    Returns
    -------
    dict
        ``rows_in`` = ``quarantined`` + ``dropped`` + ``suppressed`` + ``held``; what isn't set
        aside is held until its batch is released.
    """
    stages = [result for result in done.values() if result.stage != "commit"]
    rows_in = done["ingest"].rows["in"] if "ingest" in done else 0
    quarantined = sum(result.rows.get("quarantined", 0) for result in stages)
    dropped = sum(result.rows.get("dropped", 0) for result in stages)
    return {
        "rows_in": rows_in,
        "quarantined": quarantined,
        "dropped": dropped,
        "suppressed": 0,
        "held": rows_in - quarantined - dropped,
    }
