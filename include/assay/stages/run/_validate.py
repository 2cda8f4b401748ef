"""Validation: contract and suite against the rows, as they landed and as cleaning left them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal

from ibis import Table

from assay.contract import Contract
from assay.engine import Session
from assay.policy.quality import QualityPolicy
from assay.quality import (
    Validation,
    contract_suite,
    judge_validation,
    render_html,
    validate,
    write_marks,
    write_quarantine,
)
from assay.stages.run._references import versions_table
from assay.stages.run._result import Finished, StageResult
from assay.stages.run._run import Run

Which = Literal["raw", "clean"]


def validate_raw(run: Run) -> Finished:
    """Judge the landed rows, and quarantine the failing ones as they landed, with all reasons."""
    return _validate(run, "raw")


def validate_clean(run: Run) -> Finished:
    """Judge the cleaned rows, and quarantine the failing ones as they landed, with all reasons."""
    return _validate(run, "clean")


def _validate(run: Run, which: Which) -> Finished:
    contract, workspace, policy = run.contract, run.workspace, run.policy(QualityPolicy)
    stage = f"validate_{which}"
    with run.session() as session:
        table = (workspace.landed if which == "raw" else workspace.cleaned).read(session)
        suite = run.suite(which)
        references = _references(run, session, referred_datasets(contract, suite))
        whole = whole_suite(contract, suite, references, which, run.batch)
        found = validate(
            session,
            table,
            whole,
            redact=contract.classified,
            gx_max_rows=policy.gx.max_rows,
            seed=run.services.registry.nonce(run.version, stage),
        )
        verdict = judge_validation(found, policy, gate=stage)
        _write(run, session, found, which)
    _write_results(run, found, which)
    page = render_html(verdict, found, run.page_context)
    rows = {"quarantined": found.quarantined, "dropped": found.dropped, "left": found.rows_left}
    report = workspace.report(stage).write(page)
    return Finished(
        result=StageResult.judged(stage, verdict, rows=rows, report=report), verdict=verdict
    )


def referred_datasets(contract: Contract, suite: Any) -> set[str]:
    """Data sets whose released rows contract and suite refer to."""
    named = {reference.dataset for reference in contract.references}
    return named | set(suite.other_datasets if suite else ())


def whole_suite(
    contract: Contract, suite: Any, references: Mapping[str, Any], which: Which, batch: str | None
) -> Any:
    """All that a stage judges: the contract's promises, then the suite's expectations."""
    promised = contract_suite(contract, references, stage=which, batch=batch)
    return promised + suite.with_released(references) if suite else promised


def _references(run: Run, session: Session, wanted: Collection[str]) -> dict[str, Table]:
    return {
        dataset: versions_table(run.services, session, dataset, batches, "data")
        for dataset, batches in run.spec.pinned.tables.items()
        if dataset in wanted
    }


def _write_results(run: Run, found: Validation, which: Which) -> None:
    """The result for readers, and with the numbers of failing rows in the quarantine zone."""
    workspace = run.workspace
    shown, restricted = (
        (workspace.validation_raw, workspace.failing_raw)
        if which == "raw"
        else (workspace.validation_clean, workspace.failing_clean)
    )
    for artefact, rows in ((shown, False), (restricted, True)):
        document = found.document(rows=rows)
        artefact.write(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))


def _write(run: Run, session: Session, found: Validation, which: Which) -> None:
    """The marks of the rows that are set aside, and the rows themselves in the quarantine zone."""
    workspace = run.workspace
    marks, quarantined = (
        (workspace.marks_raw, workspace.quarantined_raw)
        if which == "raw"
        else (workspace.marks_clean, workspace.quarantined_clean)
    )
    marks.wrote(write_marks(session, found, marks.new()))
    if found.quarantined:
        rows, path, time = workspace.landed.read(session), quarantined.new(), run.spec.started
        quarantined.wrote(write_quarantine(session, found, rows, path, batch=run.batch, time=time))
