"""Contract and suite against the rows: what landed, and what cleaning made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from ibis import Table

from assay import engine
from assay.cleaning import FittedState, scale
from assay.contract import Contract
from assay.engine import Session
from assay.policy.quality import QualityPolicy
from assay.quality import (
    Validation,
    contract_suite,
    judge_validation,
    load_suite,
    render_html,
    write_marks,
    write_quarantine,
)
from assay.quality import validate as judge_table
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._tables import landed, versions, worked
from assay.stages.run._work import (
    Finished,
    once,
    page_context,
    quarantine_path,
    report_path,
    version_of,
    work_path,
    write_json,
    write_text,
)
from assay.stages.services import Services

Which = Literal["raw", "clean"]


def validate(services: Services, ticket: Ticket, which: Which) -> StageResult:
    """Judge the landed rows (``raw``) or the cleaned ones (``clean``), and split the failing off.

    Failing rows go to the quarantine zone as they landed, with all their reasons; the others go on.
    """
    return once(services, ticket, f"validate_{which}", lambda: _validated(services, ticket, which))


def _validated(services: Services, ticket: Ticket, which: Which) -> Finished:
    contract = services.project.contract(ticket.dataset)
    policy = services.policy(contract, "quality", QualityPolicy)
    stage = f"validate_{which}"
    with services.session() as session:
        rows = landed(services, ticket, session)
        table = rows if which == "raw" else worked(services, ticket, session, "cleaned.parquet")
        suite = load_suite(services.project.suite(ticket.dataset, which), policy.parameters)
        references = _references(services, ticket, session, referred(contract, suite))
        whole = composed(contract, suite, references, which, ticket.batch)
        found = judge_table(
            session, table, whole, redact=contract.classified, gx_max_rows=policy.gx.max_rows
        )
        verdict = judge_validation(found, policy, gate=stage)
        files = _write(services, ticket, session, found, rows, which)
        if which == "clean":
            _write_candidate(services, ticket, session, contract, table, found)
            _write_scaled(services, ticket, session)
    write_json(report_path(services, ticket, f"{stage}.json"), found.document())
    page = render_html(verdict, found, page_context(ticket))
    report = write_text(report_path(services, ticket, f"{stage}.html"), page)
    counts = {"quarantined": found.quarantined, "dropped": found.dropped, "left": found.rows_left}
    result = StageResult.judged(
        stage, verdict, rows=counts, files=files, report=services.relative(report)
    )
    return Finished(result=result, verdict=verdict)


def referred(contract: Contract, suite: Any) -> set[str]:
    """Data sets into whose released rows contract and suite look."""
    named = {c.references.dataset for c in contract.columns if c.references}
    return named | set(suite.other_datasets if suite else ())


def composed(
    contract: Contract, suite: Any, references: Mapping[str, Any], which: Which, batch: str | None
) -> Any:
    """All that a stage judges: the contract's promises, then the suite's expectations."""
    promised = contract_suite(contract, references, stage=which, batch=batch)
    return promised + suite.with_released(references) if suite else promised


def _references(
    services: Services, ticket: Ticket, session: Session, wanted: Collection[str]
) -> dict[str, Any]:
    return {
        dataset: versions(services, session, dataset, batches, "data")
        for dataset, batches in ticket.pinned.tables.items()
        if dataset in wanted
    }


def _write(
    services: Services,
    ticket: Ticket,
    session: Session,
    found: Validation,
    rows: Table,
    which: Which,
) -> dict[str, str]:
    marks = work_path(services, ticket, f"marks_{which}.parquet")
    files = {"marks": services.relative(write_marks(session, found, marks).path)}
    if found.quarantined:
        path = quarantine_path(services, ticket, f"{which}.parquet")
        write_quarantine(session, found, rows, path, batch=ticket.batch, time=ticket.started)
        files["quarantine"] = services.relative(path)
    return files


def _write_candidate(
    services: Services,
    ticket: Ticket,
    session: Session,
    contract: Contract,
    table: Table,
    found: Validation,
) -> None:
    left = table.anti_join(found.marks, engine.ROW)
    order = [name for name in contract.primary_key if name in table.columns]
    session.write_parquet(
        left,
        work_path(services, ticket, "candidate.parquet"),
        [*order, engine.ROW],
        nonce=services.registry.nonce(version_of(ticket), "data"),
    )


def _write_scaled(services: Services, ticket: Ticket, session: Session) -> None:
    """The candidate's scaled columns, where the cleaning policy asks for a file of them."""
    state = FittedState.from_json(
        work_path(services, ticket, "state.json").read_text(encoding="utf-8")
    )
    scaler = state.scaler("derived")
    if scaler is None:
        return
    scaled = scale(worked(services, ticket, session, "candidate.parquet"), scaler)
    session.write_parquet(
        scaled.select(engine.ROW, *scaler["columns"]),
        work_path(services, ticket, "scaled.parquet"),
        [engine.ROW],
        nonce=services.registry.nonce(version_of(ticket), "scaled"),
    )
