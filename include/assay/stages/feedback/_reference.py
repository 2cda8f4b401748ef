"""What is known of a model version before its predictions meet their outcomes: its test.

Figures and calibration are of the test rows of its training run, read again from the registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, InputError
from assay.feedback import FeedbackColumns, fit_calibration
from assay.policy.model import FeedbackPolicy, ModelFile
from assay.stages.models._learned import split_of
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion, find_version
from assay.stages.services import Services
from assay.statistics.scores.estimate import Estimate

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import Predictions, TrainingTable

Figures = Mapping[str, Estimate]


@dataclass(frozen=True)
class Reference:
    """A model version as its test shows it.

    Parameters
    ----------
    classes : tuple of str
        Empty where the label is a number.
    batches : collection of str
        Batches that it learned from or was tested on; their rows say nothing new.
    figures, slices : mapping
        On the test rows, in all and by column and level.
    calibration : Calibration or None
        None where nothing can be estimated.
    missing : str or None
        Why the test rows can't be read; the figures on record stand in then.
    """

    classes: tuple[str, ...]
    batches: frozenset[str] = frozenset()
    figures: Figures = field(default_factory=dict)
    slices: Mapping[tuple[str, str], Figures] = field(default_factory=dict)
    calibration: Any = None
    missing: str | None = None


def reference_of(services: Services, name: str, policy: FeedbackPolicy) -> Reference:
    """The test of a registered version, at the level of the feedback.

    Raises
    ------
    InputError
        If there is no such version.
    """
    version = find_version(services, name)
    record, fitted = load_record(services, version), load_fitted(services, version)
    known = Reference(fitted.classes, frozenset(record.data[0].versions))
    try:
        return _tested(services, version, policy, known)
    except AssayError as error:
        found = {n: Estimate(**{**f.model_dump(), "n": f.n or 0})
                 for n, f in record.metrics.items() if "[" not in n}  # fmt: skip
        return replace(known, figures=found, missing=str(error))


def _tested(
    services: Services, version: RegisteredVersion, policy: FeedbackPolicy, known: Reference
) -> Reference:
    """Predict the version's test rows again, and measure them."""
    from assay.training import predict
    from assay.training.gates import measure_figures

    file = _watching(load_file(services, version), policy)
    table = table_of(services, load_record(services, version).data, file)
    tested = table.only(split_of(services, version, table, file).test)
    said = predict(load_fitted(services, version), tested.features)
    parts = {
        level: measure_figures(tested.only(rows), _only(said, rows), file, policy.alpha)
        for level, rows in _levels(tested, policy)
    }
    return replace(
        known,
        figures=measure_figures(tested, said, file, policy.alpha),
        slices=parts,
        calibration=_calibration(file, tested, said),
    )


def _watching(file: ModelFile, policy: FeedbackPolicy) -> ModelFile:
    """The file with the slices of the feedback among the columns that tell rows apart."""
    gate = file.gates.performance
    slices = tuple(dict.fromkeys([*gate.slices, *policy.slices]))
    gates = file.gates.model_copy(
        update={"performance": gate.model_copy(update={"slices": slices})}
    )
    return file.model_copy(update={"gates": gates})


def _levels(tested: TrainingTable, policy: FeedbackPolicy) -> Iterator[tuple[tuple[str, str], Any]]:
    import numpy as np

    for column in policy.slices:
        texts = tested.watched.column(column).cast("string").to_pylist()
        values = np.array(texts, dtype=object)
        for level in sorted({v for v in texts if v is not None}):
            rows = values == level
            if rows.sum() >= policy.least_number:
                yield (column, level), rows


def _only(said: Predictions, rows: Any) -> Predictions:
    given = said.probability
    return replace(
        said, prediction=said.prediction[rows], probability=None if given is None else given[rows]
    )


def _calibration(file: ModelFile, tested: TrainingTable, said: Predictions) -> Any:
    """How its probabilities become calibrated ones; None for a number or more than two classes."""
    given = said.probability
    if given is None or given.ndim != 1:
        return None
    favourable = tested.classes.index(str(file.label.favourable))
    try:
        return fit_calibration(tested.label == favourable, given, seed=file.estimator.seed)
    except InputError:  # too few rows of a class
        return None


def reference_elsewhere(
    rows: pa.Table, earlier: pa.Table | None, columns: FeedbackColumns, file: ModelFile
) -> Reference:
    """What the earlier batches show of predictions that were made elsewhere."""
    import numpy as np
    import pyarrow.compute as pc

    if file.label.kind == "number":
        return Reference(())
    known = [rows, *([] if earlier is None else [earlier])]
    seen = {file.label.favourable}
    for table in known:
        for name in (columns.truth, columns.prediction):
            seen |= set(pc.cast(table[name], "string").unique().to_pylist())
    classes = tuple(sorted(str(name) for name in seen if name is not None))
    if earlier is None or not columns.probability:
        return Reference(classes)
    labelled = earlier.filter(earlier[columns.truth].is_valid())
    truth = pc.cast(labelled[columns.truth], "string").to_pylist()
    given = np.asarray(pc.cast(labelled[columns.probability[0]], "float64").to_numpy())
    favourable = np.array([one == file.label.favourable for one in truth], dtype=bool)
    try:
        calibration = fit_calibration(favourable, given, seed=file.estimator.seed)
    except InputError:
        calibration = None
    return Reference(classes, calibration=calibration)
