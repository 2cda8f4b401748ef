"""A run of feedback: each batch that it is about judged once, and kept under seal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from assay.document import content_hash
from assay.errors import AssayError, InputError, LeaseError
from assay.policy.model import ModelFile
from assay.records.leases import Lease
from assay.stages.feedback._conclude import conclude_feedback
from assay.stages.feedback._judge import STAGE
from assay.stages.feedback._notify import JUDGE, notify_feedback
from assay.stages.feedback._records import dataset_of, drop_judged, keep_judged, run_name
from assay.stages.feedback._sources import affected_batches, sources_of
from assay.stages.feedback._spec import (
    FeedbackSpec,
    FeedbackWork,
    JudgedBatch,
    JudgedRun,
    Sources,
    lease_of,
    policy_of,
)
from assay.stages.lease import LEASE
from assay.stages.models._pin import read_model_file
from assay.stages.models._records import keep_training_crash
from assay.stages.run._result import JUDGING, Finished
from assay.stages.services import Services
from assay.stages.work import DoesNotApply, work_once

Progress = Callable[[str], None]


def feedback(
    services: Services,
    model: str,
    key: str,
    run_id: str,
    *,
    by: str | None = None,
    progress: Progress = lambda _: None,
) -> JudgedRun:
    """Judge the predictions of a batch, put it on record, and notify; as the command does it.

    Killed anywhere, the next call finds what is done.

    Parameters
    ----------
    key : str
        A batch of predictions, or of a data set of outcomes that belong to several.

    Raises
    ------
    DoesNotApply
        If nothing that is released answers to it, or the model has learned from the batch.
    """
    from assay.alerting import open_transports

    sending = open_transports(services.lake)
    try:
        found = judge_run(services, model, key, run_id, by=by, progress=progress)
    except LeaseError:  # another run does it, and notifies
        raise
    except (AssayError, OSError) as error:
        keep_training_crash(services, run_name(services, model, run_id), JUDGE, error)
        notify_feedback(services, model, run_id, sending, key=key)
        raise
    conclude_feedback(services, model, run_id)
    notify_feedback(services, model, run_id, sending, key=key)
    return found


def judge_run(
    services: Services,
    model: str,
    key: str,
    run_id: str,
    *,
    by: str | None = None,
    progress: Progress = lambda _: None,
) -> JudgedRun:
    """Judge every batch of predictions that a batch key is about; seal what was found.

    Raises
    ------
    DoesNotApply
        If there is none, or each is one that the model has learned from.
    PolicyError
        If the model file has no section ``feedback``.
    LeaseError
        If another run works on the same.
    """
    dataset = dataset_of(services, model)
    drop_judged(services, dataset, model, run_id)
    judged, why = [], list[str]()
    for batch in affected_batches(services, model, key):
        progress(batch)
        try:
            judged.append(_judge(services, model, batch, run_id, by))
        except DoesNotApply as error:
            why.append(str(error))
    run = JudgedRun(batches=tuple(judged))
    keep_judged(services, dataset, model, run_id, run)
    if not judged:
        raise DoesNotApply("; ".join(why) or f"no prediction of {model} for {key} is released")
    return run


def _judge(services: Services, model: str, batch: str, run_id: str, by: str | None) -> JudgedBatch:
    """Judge one batch under a lease, and put the verdict into the catalog."""
    work = _begin(services, model, batch, run_id, by)
    try:
        finished = work_once(work, STAGE, STAGE.writes)
        _record(work, finished)
    finally:
        now = services.clock()
        held = Lease(*work.subject, work.spec.run_id, work.spec.token, now)
        services.catalog.leases.release(held)
    return JudgedBatch(spec=work.spec, finished=finished)


def _begin(services: Services, model: str, batch: str, run_id: str, by: str | None) -> FeedbackWork:
    text, file = read_model_file(services, model)
    sources = sources_of(services, model, file, batch)
    dataset, found = sources.predictions.dataset, id_of(services, model, file, sources)
    now, pins = services.clock(), _pins(sources)
    subject = lease_of(dataset, model, found)
    lease = services.catalog.leases.acquire(*subject, run_id, now=now, ttl=LEASE, pins=pins)
    spec = FeedbackSpec(
        model=model, batch=batch, run_id=run_id, started=now, token=lease.token, by=by,
        feedback=found, sources=sources,
    )  # fmt: skip
    return FeedbackWork(services, spec, text=text)


def id_of(services: Services, model: str, file: ModelFile, sources: Sources) -> str:
    """The id of the feedback that these versions give."""
    given = {
        "model": model,
        "policy": policy_of(model, file).hash,
        "label": content_hash(file.label.model_dump(mode="json")),
        "seed": file.estimator.seed,
        "judging": JUDGING,
        "data": {
            name: [used["dataset"], used["digest"]]
            for name, used in sources.model_dump(mode="json").items()
            if used is not None
        },
    }
    return services.registry.use_id("feedback", given)


def _pins(sources: Sources) -> Collection[Any]:
    return frozenset((u.dataset, *pair) for u in sources.used() for pair in u.versions.items())


def _record(work: FeedbackWork, finished: Finished) -> None:
    if finished.verdict is None:  # pragma: no cover - the stage always gives one
        raise InputError("the feedback has no verdict", where=work.name)
    spec = work.spec
    work.services.catalog.verdicts.record(
        spec.dataset, spec.batch, spec.feedback, finished.verdict,
        at=work.services.clock(), run_id=spec.run_id,
    )  # fmt: skip
