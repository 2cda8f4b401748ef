"""The policy's steps, fitted on the pinned reference, over the rows that weren't set aside."""

from __future__ import annotations

from typing import Any

from assay import engine
from assay.cleaning import (
    CleaningReport,
    FittedState,
    fit,
    judge_cleaning,
    render_scaler,
    roles_of,
)
from assay.cleaning import clean as clean_rows
from assay.cleaning.page import render_cleaning_html
from assay.contract import Contract
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.stages._office import Office
from assay.stages._tables import versions, worked
from assay.stages._ticket import StageResult, Ticket
from assay.stages._work import (
    OVERVIEW,
    Finished,
    once,
    report_path,
    version_of,
    work_path,
    write_text,
)


def clean(office: Office, ticket: Ticket) -> StageResult:
    """Clean the rows that were not quarantined, and say cell by cell what was changed."""
    return once(office, ticket, "clean", lambda: _cleaned(office, ticket))


def _cleaned(office: Office, ticket: Ticket) -> Finished:
    contract = office.project.contract(ticket.dataset)
    policy = office.policy(contract, "cleaning", CleaningPolicy)
    roles = roles_of(contract)
    with office.session() as con:
        observed = _kept(worked(office, ticket, con, "observed.parquet"))
        reference = _reference(office, ticket, con, contract)
        state = (
            fit(con, observed, policy, roles, fitted_on="batch")
            if reference is None
            else fit(con, reference, policy, roles)
        )
        cleaned = clean_rows(con, observed, policy, state, roles)
        for name, table in {
            "cleaned": cleaned.table,
            "marks_clean_dropped": cleaned.dropped,
            "change_log": cleaned.change_log,
        }.items():
            path = work_path(office, ticket, f"{name}.parquet")
            engine.write_parquet(con, table, path, _order(table))
        if cleaned.scaled is not None:
            engine.write_parquet(
                con,
                cleaned.scaled,
                work_path(office, ticket, "scaled.parquet"),
                [engine.ROW],
                nonce=office.registry.nonce(version_of(ticket), "scaled"),
            )
    return _finished(office, ticket, policy, state, cleaned.report)


def _finished(
    office: Office,
    ticket: Ticket,
    policy: CleaningPolicy,
    state: FittedState,
    report: CleaningReport,
) -> Finished:
    write_text(work_path(office, ticket, "state.json"), state.model_dump_json(indent=1))
    if scaler := render_scaler(policy, state):
        write_text(work_path(office, ticket, "scaler.json"), scaler)
    text = report.model_dump_json(indent=1)
    write_text(report_path(office, ticket, "cleaning.json"), text)
    verdict = judge_cleaning(report, policy)
    title = f"Cleaning of {ticket.dataset} {ticket.batch}"
    page = render_cleaning_html(verdict, report, title, back=OVERVIEW)
    shown = write_text(report_path(office, ticket, "cleaning.html"), page)
    result = StageResult.judged(
        "clean",
        verdict,
        rows={"dropped": report.rows_dropped, "changed": report.rows_changed},
        report=office.relative(shown),
    )
    return Finished(result=result, verdict=verdict)


def _kept(observed: Any) -> Any:
    return observed.filter(~observed["__quarantined"]).drop("__quarantined")


def _order(table: Any) -> list[str]:
    return [n for n in (engine.ROW, "step", "column", "rule") if n in table.columns]


def _reference(office: Office, ticket: Ticket, con: Any, contract: Contract) -> Any | None:
    """The unmarked observed rows of the pinned reference; None where there is none."""
    policy = office.policy(contract, "drift", DriftPolicy)
    pinned = [n for n, r in policy.references.items() if r.kind == "pinned"]
    name = next((n for n in (*pinned, *policy.references) if ticket.pinned.references.get(n)), None)
    if name is None:
        return None
    batches = ticket.pinned.references[name]
    rows = _kept(versions(office, con, ticket.dataset, batches, "observed"))
    # Row numbers are a batch's own; over several batches they are numbered anew.
    return rows.mutate(**{engine.ROW: _numbered(rows)})


def _numbered(rows: Any) -> Any:
    import ibis

    order = [rows[engine.ROW], *(rows[n] for n in engine.data_columns(rows))]
    return ibis.row_number().over(order_by=order)
