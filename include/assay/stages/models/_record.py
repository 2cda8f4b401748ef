"""What a training run leaves for good: its record, and its uses of released data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from assay.lake import digest
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.records.uses import SnapshotPart, Use
from assay.stages.models import chain
from assay.stages.models._explain import explained_figures
from assay.stages.models._training import Training

ASSAY = "assay"
"""Who is on record where no person asked."""
_MOST_METRICS = 40


def record_of(run: Training, ended: datetime) -> TrainingRecord:
    """The record of a training run whose stages have all left a result."""
    fitted, figures = read_json(run.workspace.fitted.path), read_json(run.workspace.figures.path)
    measured = {**fitted.get("metrics", {}), **figures["metrics"]}
    wrote = {name: sha for found in run.results.values() for name, sha in found.wrote.items()}
    return TrainingRecord(
        training_run=run.version,
        model=run.model,
        data=run.spec.ingredients.data,
        own_code=run.spec.own is not None,
        model_file=run.spec.ingredients.model_file,
        code=run.spec.ingredients.code,
        libraries=run.spec.ingredients.libraries,
        features=tuple(fitted["feature_types"]),
        label=run.file.label.column or run.file.label.expression or "",
        feature_types=fitted["feature_types"],
        rows_train=fitted["rows_train"],
        rows_test=fitted["rows_test"],
        preprocessing=tuple(fitted["preprocessing"]),
        encoded=fitted["encoded"],
        parameters=fitted["parameters"],
        metrics={name: Figure(**figure) for name, figure in measured.items()}
        | explained_figures(run),
        verdicts=tuple(v for f in run.results.values() if (v := f.verdict) is not None),
        artefacts={n: wrote[n] for n in ("figures", "explanation") if n in wrote},
        model_object=wrote.get("model") or digest(run.workspace.model.path),
        author=run.spec.asked.by or ASSAY,
        started=run.spec.started,
        ended=ended,
    )


def training_use(run: Training, at: datetime) -> Use:
    """The use of released data that a training run is, for the registry."""
    return Use(
        kind="training_run",
        id=run.version,
        subject=run.model,
        reads=tuple(map(part_of, run.spec.ingredients.data)),
        author=run.spec.asked.by or ASSAY,
        at=at,
        details={"model_file": run.spec.ingredients.model_file, "code": run.spec.ingredients.code},
    )


def part_of(used: DataUsed) -> SnapshotPart:
    """The part of a snapshot that was read."""
    batches = () if used.whole else tuple(used.versions)
    return SnapshotPart(
        dataset=used.dataset, number=used.number, digest=used.digest, batches=batches
    )


def version_details(run: Training, record: TrainingRecord) -> dict[str, str]:
    """What a list shows of a model version without opening its objects."""
    reasons = [c for r in run.done.values() if r.holds for c in r.reasons]
    return {
        "state": "held" if run.held_by else "passed",
        "reasons": " ".join(dict.fromkeys(reasons)),
        "dataset": run.dataset,
        "snapshot": str(run.spec.data.number),
        "champion": run.spec.champion or "",
        **({"package": run.spec.own.package} if run.spec.own else {}),
        "rows_train": str(record.rows_train or "not known"),
        "rows_test": str(record.rows_test),
        **dict(_metrics(record)),
    }


def _metrics(record: TrainingRecord) -> Iterator[tuple[str, str]]:
    """Metrics on all test rows, as text; those of slices are in the record."""
    whole = [(n, f) for n, f in record.metrics.items() if "[" not in n]
    yield from ((f"metric.{name}", figure.text) for name, figure in whole[:_MOST_METRICS])


def read_json(path: Any) -> Any:
    """The content of a file of JSON."""
    return json.loads(path.read_bytes())


def gates_done(run: Training) -> list[str]:
    """The gates that have judged, in the order of the chain."""
    return [name for name in chain.gates() if name in run.done]


def unjudged_by(run: Training) -> list[str]:
    """The gates that could judge nothing, as some can't judge own code."""
    return [name for name in gates_done(run) if run.done[name].outcome is None]
