"""Fit: preprocessing and estimator, on the training rows alone."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from assay.policy.model import ModelFile
from assay.stages.models._made_rows import enlarging, made_number
from assay.stages.models._rows import read_rows
from assay.stages.models._training import Training
from assay.stages.run._result import Finished, StageResult
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import Fitted, TrainingTable


def fit(run: Training) -> Finished:
    """Fit the model, and keep it with the parameters that it has."""
    from assay.training import fit, split_rows

    table = read_rows(run.workspace.rows.found())
    split = split_rows(table, run.file)
    fitted = fit(run.file, table, split, enlarging(run.file))
    with run.workspace.model.writing() as aside:
        aside.write_bytes(model_bytes(run.services, run.version, fitted))
    rows = {"train": int(split.train.sum()), "test": int(split.test.sum())}
    known = {
        "rows_train": rows["train"],
        "rows_test": rows["test"],
        "parameters": parameters_of(run.file, fitted, rows["train"]),
        "preprocessing": preprocessing_lines(run.file),
        "encoded": fitted.widths,
        "converged": fitted.converged,
        "feature_types": feature_types(table),
    }
    run.workspace.fitted.write(json.dumps(known, sort_keys=True, indent=1))
    said = [f"{estimator_name(run.file)} fitted on {rows['train']:,} rows"]
    if run.file.synthetic is not None:
        made = made_number(run.file.synthetic, rows["train"])
        said.append(f"and on {made:,} made of them ({run.file.synthetic.method})")
    said += [] if fitted.converged else ["the optimiser didn't come to an end"]
    return Finished(result=StageResult(stage="fit", outcome=None, messages=tuple(said), rows=rows))


def feature_types(table: TrainingTable) -> dict[str, str]:
    """Feature → its Arrow type; of a closed list the type of its values.

    An integer or truth value that may be missing is a ``double``, as scikit-learn reads it.
    """
    import pyarrow as pa

    found = {}
    for name in table.features.column_names:
        column = table.features.column(name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        whole = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
        found[name] = "double" if whole and column.null_count else str(kind)
    return found


def estimator_name(file: ModelFile) -> str:
    """The estimator's class, or the entry of own code."""
    return str(file.estimator.name or file.estimator.entry)


def parameters_of(file: ModelFile, fitted: Fitted, real: int) -> dict[str, object]:
    """The hyperparameters in force: those of the file, those of the search, and made rows.

    Parameters
    ----------
    real : int
        Training rows without the made ones.
    """
    chosen = {**file.estimator.parameters, **fitted.best_params}
    found = {"estimator": estimator_name(file), "seed": file.estimator.seed, **chosen}
    if file.synthetic is None:
        return found
    made = made_number(file.synthetic, real)
    return {**found, "synthetic": file.synthetic.method, "synthetic_rows": made}


def preprocessing_lines(file: ModelFile) -> list[str]:
    """Each step of preprocessing as a line."""
    lines = []
    for step in file.preprocessing:
        given = ", ".join(f"{n}={v!r}" for n, v in step.parameters.items())
        lines.append(f"{step.step}({given}) on {', '.join(step.columns)}")
    return lines


def model_bytes(services: Services, training_run: str, fitted: Fitted) -> bytes:
    """A fitted model as the registry keeps it: an archive, whose comment is the object's nonce."""
    from assay.training import dump_model

    buffer = io.BytesIO(services.beside(dump_model, fitted))
    with zipfile.ZipFile(buffer, "a") as opened:
        opened.comment = services.registry.nonce(training_run, "model").encode()
    return buffer.getvalue()


def get_ready_to_keep_models() -> None:
    """Import what keeping a model needs, by keeping a small one: it takes seconds."""
    from sklearn.dummy import DummyClassifier

    from assay.training import Fitted, dump_model

    dump_model(Fitted(DummyClassifier().fit([[0]], [0]), (), ("0",), None))
