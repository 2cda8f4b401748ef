"""Reproduction: is a registered version what its data, its file and the code give again?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, InputError
from assay.policy.model import ModelFile
from assay.records.models import DataUsed, TrainingRecord
from assay.stages.models._data import missing_versions, read_versions
from assay.stages.models._evaluate import figures_of_model
from assay.stages.models._explain import explain_again, explanation_figures, explanation_text
from assay.stages.models._fit import model_bytes, parameters_of
from assay.stages.models._ingredients import code_of, libraries
from assay.stages.models._made_rows import enlarging
from assay.stages.models._objects import load_file, load_fitted, load_record, object_bytes
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion, find_version
from assay.stages.services import Services
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.training import Fitted, TrainingTable
    from assay.training.explain import ExplanationReport


class Comparison(Frozen):
    """One thing that was compared: as it was registered, and as it is now.

    ``same`` is None where it could not be compared.
    """

    what: str
    registered: str
    now: str
    same: bool | None


class Reproduction(Frozen):
    """What came of training a version again.

    Read ``same`` first: True where data, model, parameters, predictions, metrics and explanation
    are equal, None where ``missing`` says which version of the data is gone.
    """

    version: str
    training_run: str
    comparisons: tuple[Comparison, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def same(self) -> bool | None:
        """Whether all that was compared is equal; None where the data are gone."""
        return None if self.missing else all(c.same is not False for c in self.comparisons)


def reproduce(services: Services, name: str) -> Reproduction:
    """Rebuild the exact training table of a version from the registry, fit again, and compare.

    Parameters
    ----------
    name : str
        ``late_arrival@3``, or the model's name for its champion.

    Raises
    ------
    InputError
        If there is no such version, own code has fitted it, or scikit-learn refuses its rows now.
    """
    version = find_version(services, name)
    record = load_record(services, version)
    if record.own_code:
        raise InputError(
            "own code has fitted it", got=version.name,
            do=f"Run {record.code} again on {record.data[0].name}.",
        )  # fmt: skip
    missing = tuple(line for used in record.data for line in missing_versions(services, used))
    about = {"version": version.name, "training_run": version.training_run}
    if missing:
        return Reproduction(**about, missing=missing)
    file = load_file(services, version)
    found = [*_surroundings(record, file), *_of_model(services, version, record, file)]
    return Reproduction(**about, comparisons=tuple(found))


def _surroundings(record: TrainingRecord, file: ModelFile) -> Iterator[Comparison]:
    """What would explain a difference: the file, the code, the libraries."""
    yield _compared("model file", (record.model_file or "")[:12], file.hash[:12])
    yield _compared("code", record.code or "", code_of(file))
    now = libraries()
    for name, was in record.libraries.items():
        yield _compared(name, was, now.get(name, "not installed"))


def _of_model(
    services: Services, version: RegisteredVersion, record: TrainingRecord, file: ModelFile
) -> Iterator[Comparison]:
    from assay.training import fit, split_rows

    for used in record.data:
        yield _data(services, used)
    table = table_of(services, record.data, file)
    split = split_rows(table, file)
    counts = f"{record.rows_train} + {record.rows_test}"
    yield _compared("rows", counts, f"{split.train.sum()} + {split.test.sum()}")
    fitted = fit(file, table, split, enlarging(file))
    registered = object_bytes(services, version, "model")
    again = model_bytes(services, version.training_run, fitted)
    yield _compared("model object", _short(registered), _short(again))
    was, now = record.parameters, parameters_of(file, fitted, int(split.train.sum()))
    yield _compared("parameters", _text(was), _text(now))
    tested = table.only(split.test)
    yield _predictions(load_fitted(services, version), fitted, tested)
    yield from _metrics(record, file, fitted, table)
    if file.explain is not None:
        yield from _explanation(record, explain_again(services, file, fitted, table, split.test))


def _data(services: Services, used: DataUsed) -> Comparison:
    try:
        read_versions(services, used)
    except AssayError as error:
        return Comparison(what=used.name, registered=used.digest[:12], now=str(error), same=False)
    return _compared(used.name, used.digest[:12], used.digest[:12])


def _predictions(old: Fitted, new: Fitted, tested: TrainingTable) -> Comparison:
    import numpy as np

    from assay.training import predict

    was, now = predict(old, tested.features), predict(new, tested.features)
    apart = int((was.prediction != now.prediction).sum())
    same = apart == 0
    said = f"{apart:,} of {tested.rows:,} differ"
    if was.probability is not None and now.probability is not None:
        most = float(np.max(np.abs(was.probability - now.probability), initial=0.0))
        same, said = same and most == 0, f"{said}, probabilities by {most:.2g} at most"
    return Comparison(what="predictions", registered=f"{tested.rows:,}", now=said, same=same)


def _metrics(
    record: TrainingRecord, file: ModelFile, fitted: Fitted, table: TrainingTable
) -> Iterator[Comparison]:
    found = figures_of_model(file, fitted, table)
    # Those of an explanation have their part in the name, and are compared with it.
    for name, was in ((n, f) for n, f in record.metrics.items() if "[" not in n):
        now = found.get(name)
        yield _compared(name, was.text, now.text if now else "not measured")


def _explanation(record: TrainingRecord, report: ExplanationReport) -> Iterator[Comparison]:
    """The report of the explanation as a whole, then each figure that the record has of it."""
    now = _short(explanation_text(report).encode())
    registered = record.artefacts.get("explanation")
    if registered is None:
        yield Comparison(what="explanation", registered="not on record", now=now, same=None)
    else:
        yield _compared("explanation", registered[:12], now)
    for name, figure in explanation_figures(report).items():
        was = record.metrics.get(name)
        yield _compared(name, "not on record" if was is None else was.text, figure.text)


def _compared(what: str, registered: Any, now: Any) -> Comparison:
    return Comparison(
        what=what, registered=str(registered), now=str(now), same=str(registered) == str(now)
    )


def _short(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()[:12]


def _text(parameters: dict[str, Any]) -> str:
    import json

    return json.dumps(parameters, sort_keys=True, default=str)
