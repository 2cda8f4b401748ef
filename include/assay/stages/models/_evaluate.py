"""Evaluate: what the model says of the test rows, and how good that is; the champion beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError
from assay.policy.model import ModelFile
from assay.records.models import Figure
from assay.stages.models._learned import fresh_rows
from assay.stages.models._objects import load_fitted
from assay.stages.models._rows import read_rows, write_arrow
from assay.stages.models._training import Training
from assay.stages.models._versions import find_version
from assay.stages.run._result import Finished, StageResult
from assay.stages.services import Services

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import Fitted, Predictions, TrainingTable


def evaluate(run: Training) -> Finished:
    """Predict the test rows by the model and by the champion, and measure both."""
    from assay.training import predict

    file, tested = run.file, tested_rows(run)
    said = {"model": predict(fitted_of(run), tested.features)}
    champion, why = _champion(run, tested)
    if champion is not None:
        said["champion"] = champion
    with run.workspace.predictions.writing() as aside:
        write_arrow(predictions_table(tested, said), aside)
    measured = {name: figures_of(file, tested, one) for name, one in said.items()}
    figures = {
        "metrics": {n: f.model_dump(mode="json") for n, f in measured["model"].items()},
        "champion": {n: f.model_dump(mode="json") for n, f in measured.get("champion", {}).items()},
        "champion_version": run.spec.champion,
        "without_champion": why,
    }
    run.workspace.figures.write(json.dumps(figures, indent=1))
    first = file.gates.performance.limits[0].metric
    line = f"{first} {measured['model'][first].text}" if first in measured["model"] else "measured"
    return Finished(
        result=StageResult(
            stage="evaluate", outcome=None, messages=(f"{line}, on {tested.rows:,} test rows",)
        )
    )


def tested_rows(run: Training) -> TrainingTable:
    """The rows that the model is tested on."""
    table = read_rows(run.workspace.rows.found())
    return table.only(run.split(table).test)


def fitted_of(run: Training) -> Fitted:
    """The model that the run has fitted."""
    data = run.workspace.model.found().read_bytes()
    return _loaded(_ModelBytes(data, tuple(run.packages), run.services))


@dataclass(frozen=True)
class _ModelBytes:
    """A model as it is kept, and who reads it."""

    data: bytes
    packages: tuple[str, ...]
    services: Services = field(compare=False)


@lru_cache(maxsize=1)
def _loaded(kept: _ModelBytes) -> Fitted:
    """A model from its bytes; the stages of one process read the same one."""
    from assay.training import load_model_object

    return kept.services.beside(load_model_object, kept.data, kept.packages)


def figures_of_model(file: ModelFile, fitted: Fitted, table: TrainingTable) -> dict[str, Figure]:
    """The figures of a model on the test rows of a table."""
    from assay.training import predict, split_rows

    tested = table.only(split_rows(table, file).test)
    return figures_of(file, tested, predict(fitted, tested.features))


def figures_of(
    file: ModelFile, tested: TrainingTable, said: Predictions, alpha: float | None = None
) -> dict[str, Figure]:
    """The figures of some predictions, as a record keeps them."""
    from assay.training.gates import measure_figures

    found = measure_figures(tested, said, file, alpha)
    return {name: Figure.model_validate(estimate) for name, estimate in found.items()}


def _champion(run: Training, tested: TrainingTable) -> tuple[Predictions | None, str | None]:
    """What the champion says of the same rows, or why it can't be asked."""
    from assay.training import predict

    if run.spec.champion is None:
        return None, "there is no champion yet"
    try:
        version = find_version(run.services, run.spec.champion)
        fitted = load_fitted(run.services, version)
        if fitted.classes != tested.classes:
            return None, f"{version.name} has learned other classes"
        fresh = fresh_rows(run.services, version, tested)
        if not fresh.all():
            learned = tested.rows - int(fresh.sum())
            return None, f"{version.name} has learned from {learned:,} of these test rows"
        return predict(fitted, tested.features), None
    except AssayError as error:
        return None, f"{run.spec.champion} can't predict these rows: {error}"


def predictions_table(tested: TrainingTable, said: dict[str, Predictions]) -> pa.Table:
    """Batch and number of each test row, and what each model says of it."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        "batch": pa.array(tested.batch.tolist(), pa.string()),
        "id": pa.array(tested.id, pa.int64()),
    }
    for name, one in said.items():
        columns[f"{name}/prediction"] = pa.array(one.prediction)
        if one.probability is not None and one.probability.ndim == 1:
            columns[f"{name}/probability"] = pa.array(one.probability)
        elif one.probability is not None:
            for place in range(one.probability.shape[1]):
                columns[f"{name}/probability/{place}"] = pa.array(one.probability[:, place])
    return pa.table(columns)


def read_predictions(table: pa.Table, name: str, classes: tuple[str, ...]) -> Predictions | None:
    """What a model said of the test rows, from the file of :func:`evaluate`."""
    import numpy as np

    from assay.training import Predictions

    if f"{name}/prediction" not in table.column_names:
        return None
    given = [c for c in table.column_names if c.startswith(f"{name}/probability")]
    parts = [table.column(c).to_numpy() for c in given]
    probability = None if not parts else parts[0] if len(parts) == 1 else np.column_stack(parts)
    return Predictions(table.column(f"{name}/prediction").to_numpy(), probability, classes)
