"""Ingest: the batch lands, and from then on the run's version is known."""

from __future__ import annotations

from typing import Final

from assay.engine import round12
from assay.ingest import judge_landing, land, nothing_arrived
from assay.lake import clear_aside
from assay.policy.quality import QualityPolicy
from assay.records.runs import BatchState
from assay.stages.run._derivation import derivation
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run
from assay.verdict import Measurement

ARRIVAL: Final = "arrival_latency"


def ingest(run: Run) -> Finished:
    """Land the batch, judge whether it is complete, and name the version that it will give.

    Raises
    ------
    RegistryError
        If this host has another key than the others; nothing is written then.
    """
    services, contract = run.services, run.contract
    if contract.identifiers:
        name = f"pseudonym v{services.key.version}"
        services.registry.agree(name, services.key.fingerprint, at=services.clock())
    credentials = services.credentials(contract.source.connection)
    with run.session() as session:
        clear_aside(services.lake.path("landing", run.dataset, run.batch), folders=True)
        landing = land(
            session, contract, run.batch, services.lake, services.seal, credentials=credentials
        )
    if (why := contract.why_no_delivery_is_fine(run.batch)) and nothing_arrived(landing):
        return _not_expected(why)
    verdict = judge_landing(landing, run.policy(QualityPolicy))
    sha = landing.input_sha256 if landing.rows_path is not None else None
    rows = landing.manifest.rows if landing.manifest else None
    version = (
        services.registry.version_id(run.dataset, run.batch, derivation(run, sha)) if sha else None
    )
    arrival = _arrival_latency(run, sha)
    return Finished(
        result=StageResult.judged(
            "ingest", verdict, rows={"in": landing.rows or 0}, hours_after_batch=arrival.value
        ),
        verdict=verdict.model_copy(update={"measurements": (*verdict.measurements, arrival)}),
        input_sha=sha,
        version=version,
        wrote={"landed": rows.sha256} if rows else {},
    )


def _not_expected(why: str) -> Finished:
    """The end of a batch for which nothing arrives and nothing was to arrive: no gate judges it."""
    said = f"Nothing arrived, and no delivery is expected: {why}."
    state = BatchState.NOT_EXPECTED.value
    result = StageResult(
        stage="ingest", outcome=None, state=state, messages=(said,), rows={"in": 0}
    )
    return Finished(result=result)


def _arrival_latency(run: Run, input_sha: str | None) -> Measurement:
    """Hours from the end of a batch to the first run that found this input of it.

    Read it beside the batches before: an upstream that gets late shows in it. Only the catalog
    has it and no gate judges it, since it depends on the clock and not on the data: a backfill
    lands years late.
    """
    _, end = run.contract.partition.bounds(run.batch)
    runs = run.services.catalog.batches.history(run.dataset, run.batch)
    same = [r.started for r in runs if input_sha and r.input_sha == input_sha]
    hours = (min([run.spec.started, *same]) - end).total_seconds() / 3600
    return Measurement(name=ARRIVAL, value=round12(hours), unit="hours")
