"""Promote: the one place that registers a model version, and that moves the champion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from assay.errors import InputError
from assay.records.leases import Lease
from assay.records.models import TrainingRecord
from assay.stages.index import follow_registry
from assay.stages.lease import keep_lease, working
from assay.stages.models import chain
from assay.stages.models._approval import approved_by
from assay.stages.models._record import ASSAY, record_of, training_use, unjudged_by, version_details
from assay.stages.models._records import drop_record, keep_record, read_record
from assay.stages.models._report import write_report
from assay.stages.models._training import Training
from assay.stages.models._versions import (
    RegisteredVersion,
    champion_of,
    find_version,
    promotions_of,
    record_promotion,
    register_version,
)
from assay.stages.run._result import Finished, StageResult
from assay.stages.services import Services
from assay.verdict import Outcome, worst

CHAMPION, PASSED, HELD = "champion", "passed", "held"


def promote(run: Training) -> StageResult:
    """Register the version, and make it the champion, let it wait, or leave it held.

    Each is on record in the registry. A held version leaves the champion in place.

    Parameters
    ----------
    run : Training
        With the results of all stages that have run.

    Returns
    -------
    StageResult
        ``state`` is ``champion``, ``passed`` or ``held``; ``version`` names the version.

    Raises
    ------
    LeaseError
        If another run has taken this one over.
    InputError
        If a stage left no result.
    """
    with working(run):
        drop_record(run, chain.PROMOTE)
        result = _known(run) if run.spec.known else _decide(run)
        keep_record(run, chain.PROMOTE, Finished(result=result))
    give_lease_back(run)
    return result


def promoted(run: Training) -> Training | None:
    """The run with what ``promote`` decided; None if it has decided nothing."""
    found = read_record(run, chain.PROMOTE, Finished)
    return None if found is None else run.finished(chain.PROMOTE, found)


def _known(run: Training) -> StageResult:
    """A training run that was done before: its version as it stands now.

    If the run was killed between the registration and the decision, this is the decision.
    """
    version = find_version(run.services, str(run.spec.known))
    champion = champion_of(run.services, run.model)
    state, said = version.state, "Nothing was repeated."
    if champion is not None and champion.name == version.name:
        state = CHAMPION
    elif not (version.held or _was_champion(run.services, version)):
        state, why = _champion(run, version)
        follow_registry(run.services, wholly=False)
        said += f" {version.name}: {why}" if state == CHAMPION else ""
    said = f"Trained before: {version.name}, {state}. {said}"
    return StageResult(
        stage=chain.PROMOTE,
        outcome=Outcome.FAIL if version.held else None,
        holds=version.held,
        state=state,
        version=version.name,
        reasons=version.reasons,
        messages=(said,),
    )


def _decide(run: Training) -> StageResult:
    if run.missing:
        raise InputError(
            "stages left no result, so that nothing is decided", where=run.name, got=run.missing,
            do="Clear these tasks in Airflow, or train again.",
        )  # fmt: skip
    record = record_of(run, run.services.clock())
    version = _register(run, record)
    state, why = _champion(run, version)
    follow_registry(run.services, wholly=False)
    holding = [r for r in run.done.values() if r.holds]
    outcomes = [r.outcome for r in run.done.values() if r.outcome is not None]
    return StageResult(
        stage=chain.PROMOTE,
        outcome=worst(outcomes),
        holds=state == HELD,
        state=state,
        version=version.name,
        reasons=tuple(dict.fromkeys(code for r in holding for code in r.reasons)),
        messages=(f"{version.name}: {why}",),
        rows={"train": record.rows_train or 0, "test": record.rows_test or 0},
        report=run.workspace.overview.relative,
    )


def _register(run: Training, record: TrainingRecord) -> RegisteredVersion:
    """Keep the model and its report in the registry, and give the version its number."""
    registry, workspace = run.services.registry, run.workspace
    workspace.record.write(record.model_dump_json(indent=1))
    nonce = registry.nonce(run.version, "model_file")
    workspace.model_file.write(f"{run.text.rstrip()}\n# {nonce}\n")
    write_report(run, record)
    stored = registry.keep_objects(run.version, _files(run))
    return register_version(
        run.services,
        training_use(run, run.services.clock()),
        stored,
        version_details(run, record),
        at=run.services.clock(),
        fence=partial(keep_lease, run),
    )


def _files(run: Training) -> Mapping[str, Path]:
    workspace = run.workspace
    kept = {
        "model": workspace.model,
        "record": workspace.record,
        "model_file": workspace.model_file,
        "sides": workspace.sides,
        "report": workspace.overview,
    }
    return {name: file.path for name, file in kept.items() if file.exists()}


def _champion(run: Training, version: RegisteredVersion) -> tuple[str, str]:
    """What becomes of a registered version, and why."""
    if version.held:
        return HELD, f"held by {run.held_by}; the champion stays"
    before = champion_of(run.services, run.model)
    if before is not None and before.name == version.name:
        return CHAMPION, "is the champion"
    by, why = _decision(run, version, before)
    if by is None:
        return PASSED, why
    moved = record_promotion(
        run.services,
        version,
        before=before.name if before else None,
        author=by,
        reason=why,
        at=run.services.clock(),
        fence=partial(keep_lease, run),
    )
    if moved is None:
        return PASSED, "another version became the champion in this moment; this one waits"
    return CHAMPION, f"is the champion: {why}"


def _was_champion(services: Services, version: RegisteredVersion) -> bool:
    return any(move.version == version.name for move in promotions_of(services, version.model))


def _decision(
    run: Training, version: RegisteredVersion, before: RegisteredVersion | None
) -> tuple[str | None, str]:
    """Who makes it the champion (nobody: None), and why, or why not."""
    if why := why_blocked(run.services, version):
        return None, why
    if unjudged := unjudged_by(run):
        return None, f"passed what could be judged; {' and '.join(unjudged)} judged nothing"
    if run.file.promotion.by == "person":
        by = approved_by(run)
        return by, f"approved by {by}" if by else "passed its gates; nobody has approved it"
    if before is not None and before.name != version.compared:
        return None, f"passed its gates against an earlier champion; {before.name} is newer"
    if before is not None and before.snapshot > version.snapshot:
        return None, f"passed its gates; {before.name} has learned from a later snapshot"
    return run.spec.asked.by or ASSAY, "passed its gates"


def why_blocked(services: Services, version: RegisteredVersion) -> str | None:
    """Why a version may not become the champion whatever its gates said; None if it may."""
    recalls = services.catalog.uses.recalled(version.model).get(version.name, ())
    if recalls:
        return f"has learned from recalled data ({recalls[0].id})"
    return None


def promote_by_person(services: Services, name: str, *, author: str, reason: str) -> str:
    """Make a version the champion by a person's decision, on record; an earlier one too.

    Raises
    ------
    InputError
        If the version is held, has learned from recalled data, is the champion already, or the
        person trained it and the model file asks for another one.
    """
    version = find_version(services, name)
    before = champion_of(services, version.model)
    if before is not None and before.name == version.name:
        raise InputError("is the champion already", got=version.name)
    if version.held:
        raise InputError(
            "a held version doesn't become the champion", got=version.name,
            expected=f"a version that passed; its reasons: {', '.join(version.reasons)}",
        )  # fmt: skip
    if why := why_blocked(services, version):
        raise InputError(why, got=version.name)
    if version.author == author and services.project.model(version.model).promotion.by == "person":
        raise InputError(
            "who trained a version doesn't promote it", got=author,
            do="Ask a second person, or train by the schedule.",
        )  # fmt: skip
    moved = record_promotion(
        services, version, before=before.name if before else None, author=author, reason=reason,
        at=services.clock(),
    )  # fmt: skip
    if moved is None:
        raise InputError("another version became the champion in this moment", got=version.name)
    follow_registry(services, wholly=False)
    return f"{version.name} is the champion" + (f", after {before.name}" if before else "")


def give_lease_back(run: Training) -> None:
    """Give the run's lease back, if it has it still."""
    now = run.services.clock()
    run.services.catalog.leases.release(Lease(*run.subject, run.spec.run_id, run.spec.token, now))
