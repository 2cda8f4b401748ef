"""The policy's steps, fitted on a released reference, over the rows that weren't set aside."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import ibis

from assay import engine
from assay.cleaning import (
    FittedState,
    fit,
    judge_cleaning,
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


class _Reference(NamedTuple):
    """A reference of the drift policy: its name, whether it is pinned, its versions by batch."""

    name: str
    pinned: bool
    versions: dict[str, str]


def clean(office: Office, ticket: Ticket) -> StageResult:
    """Clean the rows that were not quarantined, and say cell by cell what was changed."""
    return once(office, ticket, "clean", lambda: _cleaned(office, ticket))


def _cleaned(office: Office, ticket: Ticket) -> Finished:
    contract = office.project.contract(ticket.dataset)
    policy = office.policy(contract, "cleaning", CleaningPolicy)
    roles = roles_of(contract)
    with office.session() as con:
        observed = kept(worked(office, ticket, con, "observed.parquet"))
        reference = _reference(office, ticket, contract)
        state = (
            fit(con, observed, policy, roles, fitted_on="batch")
            if reference is None
            else fit(
                con,
                _rows(office, ticket, con, reference.versions),
                policy,
                roles,
                fitted_on="reference" if reference.pinned else "moving",
            )
        )
        cleaned = clean_rows(con, observed, policy, state, roles)
        _write(office, ticket, con, cleaned, policy)
    return _finished(office, ticket, policy, state, cleaned, reference)


def _write(office: Office, ticket: Ticket, con: Any, cleaned: Any, policy: CleaningPolicy) -> None:
    """The cleaned rows, the dropped ones and the change log."""
    row, order = [engine.ROW], [engine.ROW, "step", "column"]
    path, version = partial(work_path, office, ticket), version_of(ticket)
    engine.write_parquet(con, cleaned.table, path("cleaned.parquet"), row, presorted=True)
    engine.write_parquet(con, cleaned.dropped, path("marks_clean_dropped.parquet"), row)
    log = cleaned.change_log
    nonce = office.registry.nonce(version, "changes")
    told = log.drop(*(n for n in ("before", "after") if n in log.columns))
    engine.write_parquet(con, told, path("change_log.parquet"), order, nonce=nonce)
    if policy.change_log == "values":
        place = values_path(office, ticket.dataset, ticket.batch, version)
        engine.write_parquet(con, log, place, order)


def _finished(
    office: Office,
    ticket: Ticket,
    policy: CleaningPolicy,
    state: FittedState,
    cleaned: Any,
    reference: _Reference | None,
) -> Finished:
    write_text(work_path(office, ticket, "state.json"), state.model_dump_json(indent=1))
    if cleaned.scaler_text is not None:
        write_text(work_path(office, ticket, "scaler.json"), cleaned.scaler_text)
    report = cleaned.report
    text = report.model_dump_json(indent=1)
    write_text(report_path(office, ticket, "cleaning.json"), text)
    named = (reference.name, reference.versions) if reference else ()
    verdict = judge_cleaning(report, policy, *named)
    title = f"Cleaning of {ticket.dataset} {ticket.batch}"
    page = render_cleaning_html(verdict, report, title, back=OVERVIEW)
    shown = write_text(report_path(office, ticket, "cleaning.html"), page)
    result = StageResult.judged(
        "clean",
        verdict,
        rows={"dropped": report.rows_dropped, "changed": report.rows_changed},
        report=office.relative(shown),
    )
    if derived := state.derived:
        result = result.model_copy(update={"detail": {**result.detail, "derived": derived}})
    return Finished(result=result, verdict=verdict)


def kept(observed: Any) -> Any:
    """The rows of an observed table that weren't set aside."""
    return observed.filter(~observed["__quarantined"]).drop("__quarantined")


def values_path(office: Office, dataset: str, batch: str, version: str) -> Path:
    """Where the change log with values lies, in the restricted zone."""
    return office.lake.path("quarantine", dataset, batch, version, "changes.parquet")


def _reference(office: Office, ticket: Ticket, contract: Contract) -> _Reference | None:
    """What the steps are fitted on: a pinned reference if one has versions, else a moving one."""
    policy = office.policy(contract, "drift", DriftPolicy)
    found = [
        _Reference(name, reference.kind == "pinned", chosen)
        for name, reference in policy.references.items()
        if (chosen := ticket.pinned.references.get(name))
    ]
    return min(found, key=lambda reference: not reference.pinned, default=None)


def _rows(office: Office, ticket: Ticket, con: Any, chosen: dict[str, str]) -> Any:
    """The unmarked observed rows of a reference."""
    tables = [
        kept(versions(office, con, ticket.dataset, {batch: version}, "observed"))
        for batch, version in sorted(chosen.items())
    ]
    # Row numbers are a batch's own; each batch of several gets a range of its own.
    numbered = [t.mutate(**{engine.ROW: t[engine.ROW] + (i << 40)}) for i, t in enumerate(tables)]
    return ibis.union(*numbered) if numbered[1:] else tables[0]
