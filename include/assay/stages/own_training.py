"""Own training code on record: ``with snap.training(model="late_arrival") as run``.

Own code gets the data version, the lineage and the place in MLflow that a declared model gets. If
the model has a file, ``include/models/<model>.yaml``, and the test rows are named, it gets the
file's gates too: it is registered, and becomes the champion or is held. Without, it is on record
and not judged.
"""

from __future__ import annotations

import getpass
import hashlib
import importlib.metadata
import logging
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError
from assay.records.models import DataUsed, Figure, TrainingRecord
from assay.records.uses import SnapshotPart, Use
from assay.stages.models import (
    OwnModel,
    Training,
    chain,
    find_version,
    judge_own,
    load_record,
)
from assay.stages.services import Services

if TYPE_CHECKING:
    import pandas as pd

_LOG: Final = logging.getLogger(__name__)
_LIBRARIES: Final = ("numpy", "pandas", "scikit-learn", "skops")
_FOLDER: Final = "own"


@dataclass
class OwnTraining:
    """One training by own code; :meth:`log` says what came of it.

    Parameters
    ----------
    model : str
        The model's name.
    training_run : str
        The id under which it is on record.
    version, state : str, optional
        After the block: the version that it registered, such as ``late_arrival@3``, and whether
        it is ``champion``, ``passed`` or ``held``. None where no gate has judged.
    """

    model: str
    services: Services = field(repr=False)
    data: DataUsed = field(repr=False)
    training_run: str = field(default_factory=lambda: uuid.uuid4().hex)
    version: str | None = None
    state: str | None = None
    _said: dict[str, Any] = field(default_factory=dict, repr=False)
    _metrics: dict[str, Figure] = field(default_factory=dict, repr=False)
    _parameters: dict[str, Any] = field(default_factory=dict, repr=False)
    _files: dict[str, Path] = field(default_factory=dict, repr=False)
    _package: str | None = field(default=None, repr=False)
    _estimator: Any = field(default=None, repr=False)
    _rows: dict[str, Any] = field(default_factory=dict, repr=False)

    def log(
        self,
        *,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        model: Any = None,
        test: tuple[pd.DataFrame, Any] | None = None,
        train: pd.DataFrame | None = None,
        favourable: Any = None,
        alpha: float = 0.05,
        files: Mapping[str, Path | str] | None = None,
    ) -> None:
        """Say what was trained and how it does; may be called several times.

        Parameters
        ----------
        params : mapping, optional
            Hyperparameters. What JSON has no word for is kept as its text.
        metrics : mapping, optional
            Name → a number, ``(value, low, high)``, or a figure with ``value``, ``low``, ``high``.
        model : object, optional
            The fitted model. It is kept without pickle, so its parts must be arrays, numbers and
            texts, as those of scikit-learn are.
        test : tuple of (features, truth), optional
            Rows that the model hasn't learned from: they are predicted, and measured with
            intervals. They are not kept. If their index is ``__batch`` and ``__id``, the gates of
            the model's file judge them.
        train : DataFrame, optional
            The rows that it has learned from, with the same index, for the sanity gate.
        favourable : object, optional
            The class that precision, recall and AUC are about; the last of the model's by default.
        alpha : float
            One minus the confidence of the intervals.
        files : mapping of str to path, optional
            Files that MLflow is to show, by name.

        Raises
        ------
        InputError
            If the model can't be kept without pickle, ``test`` comes without a model, or a metric
            is no number.
        """
        self._parameters |= {name: _json(value) for name, value in (params or {}).items()}
        self._metrics |= {name: _figure(name, value) for name, value in (metrics or {}).items()}
        self._files |= {name: Path(path) for name, path in (files or {}).items()}
        if model is not None:
            self._keep(model)
        if test is not None:
            if model is None:
                raise InputError("test rows without a model", do="Pass model= beside test=.")
            self._metrics |= _measured(model, *test, favourable, alpha)
            self._said["rows_test"] = len(test[1])
            self._rows["test"] = getattr(test[0], "index", None)
        if train is not None:
            self._rows["train"] = train.index

    def _keep(self, model: Any) -> None:
        from assay.training import Fitted, dump_model

        features = tuple(map(str, getattr(model, "feature_names_in_", ())))
        classes = tuple(map(str, getattr(model, "classes_", ())))
        content = dump_model(Fitted(model, features, classes, None))
        path = self.services.lake.make("mlflow", _FOLDER, self.training_run, "model.skops")
        path.write_bytes(content)
        self._said |= {"features": features, "model_object": hashlib.sha256(content).hexdigest()}
        self._package = type(model).__module__.partition(".")[0]
        self._estimator = model

    @property
    def _libraries(self) -> dict[str, None]:
        return dict.fromkeys([*_LIBRARIES, *([self._package] if self._package else [])])

    def record(self, started: datetime, state: str) -> TrainingRecord:
        """What is on record of it."""
        files = {name: _sha256(path) for name, path in self._files.items()}
        return TrainingRecord.model_validate(
            {
                "training_run": self.training_run, "model": self.model, "data": (self.data,),
                "own_code": True, "code": _script(), "libraries": dict(_versions(self._libraries)),
                "parameters": self._parameters, "metrics": self._metrics, "artefacts": files,
                "state": state, "author": getpass.getuser(), "started": started,
                "ended": self.services.clock(), **self._said,
            }
        )  # fmt: skip


@contextmanager
def own_training(services: Services, model: str, data: DataUsed) -> Iterator[OwnTraining]:
    """Run own training code, and put on record what it read and what came of it.

    Raises
    ------
    RegistryUnavailable
        If the registry doesn't answer at the end. What MLflow doesn't take waits in the outbox.
    """
    run, started = OwnTraining(model, services, data), services.clock()
    try:
        yield run
    except BaseException:
        _end(run, started, "failed")
        raise
    judged = _judged(run, started)
    if judged is None:
        _end(run, started, "finished")
        return
    decided = judged.done[chain.PROMOTE]
    run.version, run.state = decided.version, decided.state
    _LOG.info("%s", "; ".join(decided.messages))
    _show(run, load_record(services, find_version(services, str(run.version))))


def _judged(run: OwnTraining, started: datetime) -> Training | None:
    """The training run by the gates of the model's file; None where there is nothing to judge."""
    if run._estimator is None or run.model not in run.services.project.models():
        return None
    own = OwnModel(
        run._estimator, run._said["features"], run._rows.get("test"), run._rows.get("train"),
        run._package or "", started, run._parameters, run._metrics,
        dict(_versions(run._libraries)), _script() or "interactive",
    )  # fmt: skip
    author = getpass.getuser()
    try:
        return judge_own(run.services, run.model, run.training_run, run.data, own, author)
    except InputError as error:
        _LOG.warning("No gate has judged %s: %s", run.model, error)
        return None


def _end(run: OwnTraining, started: datetime, state: str) -> None:
    from assay.stages.index import follow_registry

    record = run.record(started, state)
    run.services.registry.record_use(_use(record))
    follow_registry(run.services, wholly=False)
    _show(run, record)


def _show(run: OwnTraining, record: TrainingRecord) -> None:
    """Let MLflow show the training, with the files that own code has named."""
    from assay.stages import tracking

    home, kept = run.services.project.home, dict[str, str]()
    for name, path in run._files.items():
        aside = run.services.lake.make("mlflow", _FOLDER, run.training_run, Path(name).name)
        aside.write_bytes(path.read_bytes())
        kept[name] = str(aside.relative_to(home))
    version = find_version(run.services, run.version) if run.version else None
    if record.model_object and version is None:
        place = run.services.lake.path("mlflow", _FOLDER, run.training_run, "model.skops")
        kept["model.skops"] = str(place.relative_to(home))
    packages = (run._package,) if run._package else ()
    waiting = tracking.WaitingRun(
        record=record, packages=packages, files=kept,
        version=version.number if version else None, objects=version.objects if version else {},
    )  # fmt: skip
    tracking.plan_tracking(run.services, waiting)
    for one in tracking.send_tracking(run.services, os.environ, f"own code {os.getpid()}"):
        if one.state == "later":
            _LOG.warning("%s waits for MLflow: %s", one.key, one.error)


def _use(record: TrainingRecord) -> Use:
    used = record.data[0]
    batches = () if used.whole else tuple(used.versions)
    part = SnapshotPart(
        dataset=used.dataset, number=used.number, digest=used.digest, batches=batches
    )
    return Use(
        kind="training_run", id=record.training_run, subject=record.model, reads=(part,),
        author=record.author, at=record.ended,
        details={"own_code": record.code or "interactive", "state": record.state},
    )  # fmt: skip


def data_used(services: Services, dataset: str, number: int, read: Mapping[str, Any],
              digest: str) -> DataUsed:  # fmt: skip
    """What is on record of the rows that were opened: versions, and the rules that they met."""
    whole = services.registry.partitions(dataset, number)[1]
    rules: dict[str, set[str]] = {}
    for version in read.values():
        for rule, found in services.registry.lineage_of(version).rules.items():
            rules.setdefault(rule, set()).add(found)
    return DataUsed(
        dataset=dataset, number=number, digest=digest, whole=set(whole) == set(read),
        versions={batch: version.version for batch, version in read.items()},
        rules={rule: tuple(sorted(hashes)) for rule, hashes in sorted(rules.items())},
    )  # fmt: skip


def _measured(
    model: Any, features: Any, truth: Any, favourable: Any, alpha: float
) -> dict[str, Figure]:
    import numpy as np

    from assay.statistics.scores.classification import measure_classification
    from assay.statistics.scores.regression import measure_regression

    said, true = np.asarray(model.predict(features)), np.asarray(truth)
    classes = list(getattr(model, "classes_", ()))
    if not classes:
        found = measure_regression(true, said, alpha=alpha, seed=0)
    else:
        wanted = classes[-1] if favourable is None else favourable
        probability = None
        if hasattr(model, "predict_proba"):
            given = np.asarray(model.predict_proba(features))
            probability = given[:, classes.index(wanted)] if len(classes) == 2 else given
        found = measure_classification(
            true, probability, said, classes=classes, favourable=wanted, alpha=alpha, seed=0
        )
    return {name: Figure.model_validate(estimate) for name, estimate in found.items()}


def _figure(name: str, value: Any) -> Figure:
    if hasattr(value, "value"):
        return Figure.model_validate(value)
    parts = tuple(value) if isinstance(value, tuple | list) else (value, None, None)
    with suppress(TypeError, ValueError):
        got, low, high = (None if part is None else float(part) for part in parts)
        return Figure(value=got, low=low, high=high)
    raise InputError(
        "a metric is no number", where=name, got=type(value).__name__,
        expected="a number, or (value, low, high)",
    )  # fmt: skip


def _json(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _script() -> str | None:
    """The file that runs, by name and hash; None in a notebook or at a prompt."""
    place = getattr(sys.modules.get("__main__"), "__file__", None)
    if place is None or not Path(place).is_file():
        return None
    return f"{Path(place).name} sha256:{_sha256(Path(place))}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _versions(names: Mapping[str, None]) -> Iterator[tuple[str, str]]:
    for name in names:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)
