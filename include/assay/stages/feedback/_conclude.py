"""The feedback on record: a use of predictions and outcomes, from which lists are made."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.records.uses import Origin, Use
from assay.stages.feedback._records import dataset_of, read_judged
from assay.stages.feedback._spec import FeedbackSpec, JudgedBatch, JudgedRun
from assay.stages.index import follow_registry
from assay.stages.models._record import ASSAY
from assay.stages.services import Services

_SHOWN = ("accuracy", "precision", "recall", "roc_auc", "mae", "rmse", "r2")


def conclude_feedback(services: Services, model: str, run_id: str) -> JudgedRun:
    """Put what a run has found on record in the registry; the same is found.

    Raises
    ------
    InputError
        If the run has judged nothing.
    """
    found = read_judged(services, dataset_of(services, model), model, run_id)
    if found is None:
        raise InputError(
            "the run has judged nothing", where=f"{model} {run_id}", do="Clear the task 'judge'."
        )
    for judged in found.batches:
        services.registry.record_use(_use(services, judged))
    follow_registry(services, wholly=False)
    return found


def _use(services: Services, judged: JudgedBatch) -> Use:
    spec = judged.spec
    return Use(
        kind="feedback",
        id=spec.feedback,
        subject=spec.model,
        of=(*_delivered_by(services, spec), *spec.sources.origins()),
        author=spec.by or ASSAY,
        at=services.clock(),
        details=dict(_details(judged)),
    )


def _delivered_by(services: Services, spec: FeedbackSpec) -> Iterator[Origin]:
    """The prediction batch whose delivery became the judged version."""
    batch, version = next(iter(spec.sources.predictions.versions.items()))
    uses = [
        use for use in services.registry.uses("prediction_batch")
        if use.delivers and (use.delivers.dataset, use.delivers.batch) == (spec.dataset, batch)
    ]  # fmt: skip
    if not uses:
        return
    landed = services.registry.lineage(spec.dataset, batch, version).input_sha256
    mark = services.registry.mark(landed)
    yield from (use.origin for use in uses if use.delivers and use.delivers.mark == mark)


def _details(judged: JudgedBatch) -> Iterator[tuple[str, str]]:
    verdict, result = judged.finished.verdict, judged.finished.result
    yield "dataset", judged.spec.dataset
    yield "batch", judged.spec.batch
    yield "outcome", str(result.outcome)
    yield "reasons", " ".join(result.reasons)[:500]
    yield from ((f"rows.{name}", str(count)) for name, count in result.rows.items())
    whole = [m for m in (verdict.measurements if verdict else ()) if not m.column and not m.group]
    for m in whole:
        if m.name in _SHOWN and m.value is not None:
            ends = m.detail.get("low"), m.detail.get("high")
            shown = "" if None in ends else f" ({ends[0]:.4g} to {ends[1]:.4g})"
            yield f"metric.{m.name}", f"{m.value:.4g}{shown}"
