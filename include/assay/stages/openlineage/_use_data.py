"""Which data the uses of released data touch: training, scoring, feedback, and a recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.lineage.openlineage import ColumnWay, TaskData, TaskDataset
from assay.records.models import DataUsed
from assay.stages.openlineage._task_data import judged_by, source_name
from assay.stages.run import StageResult
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.stages.feedback._spec import JudgedBatch
    from assay.stages.lineage import RecallPlan
    from assay.stages.models import Training


def data_of_training(run: Training, result: StageResult) -> TaskData:
    """What a training run learned from, and the version that it gave."""
    file = run.file
    ways = {name: (ColumnWay(*_place(run.dataset, name)),) for name in file.features}
    model = TaskDataset(
        model_name(run.model), result.version, dict.fromkeys(file.features, "feature"), ways,
        facts={"state": result.state} if result.state else {},
    )  # fmt: skip
    return TaskData(
        tuple(_used(used) for used in run.spec.ingredients.data), (model,), judged_by(result)
    )


def data_of_scoring(services: Services, model: str, batch: str) -> TaskData | None:
    """What the newest predictions of a batch were made of, and the file that they are.

    None where the model has predicted nothing of it.
    """
    from assay.policy.model import predictions_of

    made = services.catalog.uses.delivered_to(predictions_of(model), batch)
    use = next((use for use in made if use.kind == "prediction_batch"), None)
    if use is None or use.delivers is None:
        return None
    versions = [origin.version for origin in use.of if origin.kind == "version"]
    read = [TaskDataset(d, version, facts={"batch": b}) for d, b, version in versions]
    read += [
        TaskDataset(part.dataset, str(part.number), facts={"snapshot": part.number})
        for part in use.reads
    ]
    models = [o.id for o in use.of if o.kind == "model_version"]
    read += [TaskDataset(model_name(model), version) for version in models]
    out = TaskDataset(
        source_name(use.delivers.dataset), use.delivers.mark,
        facts={"batch": batch, "rows": int(use.details.get("rows", 0))},
    )  # fmt: skip
    return TaskData(tuple(read), (out,))


def data_of_feedback(judged: Sequence[JudgedBatch]) -> TaskData | None:
    """What the feedback on some batches read, and what was said of each; None where there is none.

    The outcome is the worst of them, and counts are of all.
    """
    if not judged:
        return None
    read: dict[tuple[str, str], TaskDataset] = {}
    made = []
    for one in judged:
        spec, rows = one.spec, one.finished.result.rows
        for used in spec.sources.used():
            for batch, version in used.versions.items():
                known = TaskDataset(used.dataset, version, facts={"batch": batch})
                read.setdefault((used.dataset, version), known)
        made.append(
            TaskDataset(
                feedback_name(spec.model), spec.feedback,
                facts={"batch": spec.batch, "rows": rows.get("labelled", 0)},
            )
        )  # fmt: skip
    return TaskData(tuple(read.values()), tuple(made), _worst(judged))


def _worst(judged: Sequence[JudgedBatch]) -> dict[str, Any]:
    from assay.verdict import worst

    results = [one.finished.result for one in judged]
    outcomes = [result.outcome for result in results if result.outcome is not None]
    names = dict.fromkeys(name for result in results for name in result.rows)
    return {
        "stage": results[0].stage,
        "outcome": str(worst(outcomes)) if outcomes else None,
        "holds": any(result.holds for result in results),
        "reasons": list(dict.fromkeys(code for result in results for code in result.reasons)),
        "rows": {name: sum(result.rows.get(name, 0) for result in results) for name in names},
    }


def data_of_recall(services: Services, plan: RecallPlan) -> TaskData:
    """The versions that were recalled, and the snapshot of the data set that readers get now."""
    recalled = tuple(
        TaskDataset(dataset, version, facts={"batch": batch, "state": "recalled"})
        for dataset, batch, version in (plan.key, *plan.derived)
    )
    if services.registry.pointer(plan.dataset) is None:
        return TaskData(recalled)
    number = services.registry.snapshot(plan.dataset).number
    now = TaskDataset(plan.dataset, str(number), facts={"snapshot": number})
    return TaskData(recalled, (now,))


def feedback_name(model: str) -> str:
    """The name of the feedback on a model among data sets."""
    return f"feedback.{model}"


def model_name(model: str) -> str:
    """The name of a model among data sets."""
    return f"models.{model}"


def _place(dataset: str, feature: str) -> tuple[str, str]:
    joined, dot, column = feature.partition(".")
    return (joined, column) if dot else (dataset, feature)


def _used(used: DataUsed) -> TaskDataset:
    return TaskDataset(used.dataset, str(used.number), facts={"snapshot": used.number})
