"""The policy's steps, fitted on a released reference, over the rows that weren't set aside."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import ibis
from ibis import Table

from assay import engine
from assay.cleaning import (
    FittedState,
    fit,
    judge_cleaning,
    render_html,
    roles_of,
)
from assay.cleaning import clean as clean_rows
from assay.contract import Contract
from assay.engine import Session
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._tables import versions, worked
from assay.stages.run._work import (
    Finished,
    once,
    page_context,
    report_path,
    version_of,
    work_path,
    write_text,
)
from assay.stages.services import Services


class _Reference(NamedTuple):
    """A reference of the drift policy: its name, whether it is pinned, its versions by batch."""

    name: str
    pinned: bool
    versions: dict[str, str]


def clean(services: Services, ticket: Ticket) -> StageResult:
    """Clean the rows that were not quarantined, and say cell by cell what was changed."""
    return once(services, ticket, "clean", lambda: _cleaned(services, ticket))


def _cleaned(services: Services, ticket: Ticket) -> Finished:
    contract = services.project.contract(ticket.dataset)
    policy = services.policy(contract, "cleaning", CleaningPolicy)
    roles = roles_of(contract)
    with services.session() as session:
        observed = kept(worked(services, ticket, session, "observed.parquet"))
        reference = _reference(services, ticket, contract)
        state = (
            fit(session, observed, policy, roles, fitted_on="batch")
            if reference is None
            else fit(
                session,
                _rows(services, ticket, session, reference.versions),
                policy,
                roles,
                fitted_on="reference" if reference.pinned else "moving",
            )
        )
        cleaned = clean_rows(session, observed, policy, state, roles)
        _write(services, ticket, session, cleaned, policy)
    return _finished(services, ticket, policy, state, cleaned, reference)


def _write(
    services: Services, ticket: Ticket, session: Session, cleaned: Any, policy: CleaningPolicy
) -> None:
    """The cleaned rows, the dropped ones and the change log."""
    row, order = [engine.ROW], [engine.ROW, "step", "column"]
    path, version = partial(work_path, services, ticket), version_of(ticket)
    session.write_parquet(cleaned.table, path("cleaned.parquet"), row, presorted=True)
    session.write_parquet(cleaned.dropped, path("marks_clean_dropped.parquet"), row)
    log = cleaned.change_log
    nonce = services.registry.nonce(version, "changes")
    told = log.drop(*(n for n in ("before", "after") if n in log.columns))
    session.write_parquet(told, path("change_log.parquet"), order, nonce=nonce)
    if policy.change_log == "values":
        place = values_path(services, ticket.dataset, ticket.batch, version)
        session.write_parquet(log, place, order)


def _finished(
    services: Services,
    ticket: Ticket,
    policy: CleaningPolicy,
    state: FittedState,
    cleaned: Any,
    reference: _Reference | None,
) -> Finished:
    write_text(work_path(services, ticket, "state.json"), state.model_dump_json(indent=1))
    if cleaned.scaler_text is not None:
        write_text(work_path(services, ticket, "scaler.json"), cleaned.scaler_text)
    report = cleaned.report
    text = report.model_dump_json(indent=1)
    write_text(report_path(services, ticket, "cleaning.json"), text)
    named = (reference.name, reference.versions) if reference else ()
    verdict = judge_cleaning(report, policy, *named)
    page = render_html(verdict, report, page_context(ticket))
    shown = write_text(report_path(services, ticket, "cleaning.html"), page)
    result = StageResult.judged(
        "clean",
        verdict,
        rows={"dropped": report.rows_dropped, "changed": report.rows_changed},
        report=services.relative(shown),
    )
    if derived := state.derived:
        result = result.model_copy(update={"detail": {**result.detail, "derived": derived}})
    return Finished(result=result, verdict=verdict)


def kept(observed: Table) -> Any:
    """The rows of an observed table that weren't set aside."""
    return observed.filter(~observed["__quarantined"]).drop("__quarantined")


def values_path(services: Services, dataset: str, batch: str, version: str) -> Path:
    """Where the change log with values lies, in the restricted zone."""
    return services.lake.make("quarantine", dataset, batch, version, "changes.parquet")


def _reference(services: Services, ticket: Ticket, contract: Contract) -> _Reference | None:
    """What the steps are fitted on: a pinned reference if one has versions, else a moving one."""
    policy = services.policy(contract, "drift", DriftPolicy)
    found = [
        _Reference(name, reference.kind == "pinned", chosen)
        for name, reference in policy.references.items()
        if (chosen := ticket.pinned.references.get(name))
    ]
    return min(found, key=lambda reference: not reference.pinned, default=None)


def _rows(services: Services, ticket: Ticket, session: Session, chosen: dict[str, str]) -> Any:
    """The unmarked observed rows of a reference."""
    tables = [
        kept(versions(services, session, ticket.dataset, {batch: version}, "observed"))
        for batch, version in sorted(chosen.items())
    ]
    # Row numbers are a batch's own; each batch of several gets a range of its own.
    numbered = [t.mutate(**{engine.ROW: t[engine.ROW] + (i << 40)}) for i, t in enumerate(tables)]
    return ibis.union(*numbered) if numbered[1:] else tables[0]
