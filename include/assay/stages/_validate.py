"""Contract and suite against the rows: what landed, and what cleaning made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from assay import engine
from assay.cleaning import FittedState, scale
from assay.contract import Contract
from assay.policy.quality import QualityPolicy
from assay.quality import (
    Validation,
    contract_suite,
    judge_validation,
    load_suite,
    write_marks,
    write_quarantine,
)
from assay.quality import validate as judge_table
from assay.quality.page import render_validation_html
from assay.stages._office import Office
from assay.stages._tables import landed, versions, worked
from assay.stages._ticket import StageResult, Ticket
from assay.stages._work import (
    OVERVIEW,
    Finished,
    once,
    quarantine_path,
    report_path,
    version_of,
    work_path,
    write_json,
    write_text,
)

Which = Literal["raw", "clean"]


def validate(office: Office, ticket: Ticket, which: Which) -> StageResult:
    """Judge the landed rows (``raw``) or the cleaned ones (``clean``), and split the failing off.

    Failing rows go to the quarantine zone as they landed, with all their reasons; the others go on.
    """
    return once(office, ticket, f"validate_{which}", lambda: _validated(office, ticket, which))


def _validated(office: Office, ticket: Ticket, which: Which) -> Finished:
    contract = office.project.contract(ticket.dataset)
    policy = office.policy(contract, "quality", QualityPolicy)
    stage = f"validate_{which}"
    with office.session() as con:
        rows = landed(office, ticket, con)
        table = rows if which == "raw" else worked(office, ticket, con, "cleaned.parquet")
        suite = load_suite(office.project.suite(ticket.dataset, which), policy.parameters)
        references = _references(office, ticket, con, referred(contract, suite))
        whole = composed(contract, suite, references, which, ticket.batch)
        found = judge_table(
            con, table, whole, redact=contract.classified, gx_max_rows=policy.gx.max_rows
        )
        verdict = judge_validation(found, policy, gate=stage)
        files = _write(office, ticket, con, found, rows, which)
        if which == "clean":
            _write_candidate(office, ticket, con, contract, table, found)
            _write_scaled(office, ticket, con)
    write_json(report_path(office, ticket, f"{stage}.json"), found.document())
    title = f"Validation of {ticket.dataset} {ticket.batch}, {which}"
    page = render_validation_html(verdict, found, title, back=OVERVIEW)
    report = write_text(report_path(office, ticket, f"{stage}.html"), page)
    counts = {"quarantined": found.quarantined, "dropped": found.dropped, "left": found.rows_left}
    result = StageResult.judged(
        stage, verdict, rows=counts, files=files, report=office.relative(report)
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
    office: Office, ticket: Ticket, con: Any, wanted: Collection[str]
) -> dict[str, Any]:
    return {
        dataset: versions(office, con, dataset, batches, "data")
        for dataset, batches in ticket.pinned.tables.items()
        if dataset in wanted
    }


def _write(
    office: Office, ticket: Ticket, con: Any, found: Validation, rows: Any, which: Which
) -> dict[str, str]:
    marks = work_path(office, ticket, f"marks_{which}.parquet")
    files = {"marks": office.relative(write_marks(con, found, marks).path)}
    if found.quarantined:
        path = quarantine_path(office, ticket, f"{which}.parquet")
        write_quarantine(con, found, rows, path, batch=ticket.batch, time=ticket.started)
        files["quarantine"] = office.relative(path)
    return files


def _write_candidate(
    office: Office, ticket: Ticket, con: Any, contract: Contract, table: Any, found: Validation
) -> None:
    left = table.anti_join(found.marks, engine.ROW)
    order = [name for name in contract.primary_key if name in table.columns]
    engine.write_parquet(
        con,
        left,
        work_path(office, ticket, "candidate.parquet"),
        [*order, engine.ROW],
        nonce=office.registry.nonce(version_of(ticket), "data"),
    )


def _write_scaled(office: Office, ticket: Ticket, con: Any) -> None:
    """The candidate's scaled columns, where the cleaning policy asks for a file of them."""
    state = FittedState.from_json(
        work_path(office, ticket, "state.json").read_text(encoding="utf-8")
    )
    scaler = state.scaler("derived")
    if scaler is None:
        return
    scaled = scale(worked(office, ticket, con, "candidate.parquet"), scaler)
    engine.write_parquet(
        con,
        scaled.select(engine.ROW, *scaler["columns"]),
        work_path(office, ticket, "scaled.parquet"),
        [engine.ROW],
        nonce=office.registry.nonce(version_of(ticket), "scaled"),
    )
