"""Own training code of a model that has a model file: judged, registered, promoted or held.

Own code fits; everything else is as for a declared model. The test rows are named by batch and row
number, so that their label, their groups and what the champion says of them come from the registry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from assay.errors import AssayError, InputError
from assay.lake import digest
from assay.records.models import DataUsed, Figure
from assay.stages.lease import LEASE
from assay.stages.models import chain
from assay.stages.models._data import choose_data
from assay.stages.models._fit import feature_types, model_bytes
from assay.stages.models._ingredients import libraries
from assay.stages.models._learned import sides_text
from assay.stages.models._notify import notify_training
from assay.stages.models._perform import perform_training
from assay.stages.models._pin import pinned_versions, read_model_file
from assay.stages.models._promote import give_lease_back, promote
from assay.stages.models._records import keep_spec
from assay.stages.models._rows import read_rows
from assay.stages.models._spec import Ingredients, OwnCode, TrainingAsked, TrainingSpec
from assay.stages.models._training import Training, lease_of
from assay.stages.models._versions import champion_of
from assay.stages.run._result import Finished, StageResult
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import Fitted, TrainingTable

_ROWS: Final = ("__batch", "__id")


@dataclass(frozen=True)
class OwnModel:
    """What own code has said of its training.

    Parameters
    ----------
    estimator : object
        The fitted model.
    features : tuple of str
        What it takes, in its order.
    test, train : pandas.Index or None
        Batch and ``__id`` of the rows that it is tested on, and of those that it has learned from.
    package : str
        The package of its type.
    started : datetime
        When the training began.
    parameters, metrics, libraries : mapping
        What is on record of it; what is measured here is on record instead of an own metric.
    code : str
        What trained: a file and its hash, or ``interactive``.
    """

    estimator: Any
    features: tuple[str, ...]
    test: Any
    train: Any
    package: str
    started: datetime
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    code: str = "interactive"


def judge_own(
    services: Services, model: str, training_run: str, used: DataUsed, own: OwnModel, author: str
) -> Training:
    """Judge a model of own code by its model file, and promote it or hold it.

    Returns
    -------
    Training
        With the result of ``promote``. A gate that can't judge own code says so, and its version
        waits for a person.

    Raises
    ------
    InputError
        If the model file learns from another data set, the model takes what it doesn't name, or
        the test rows aren't named.
    """
    from assay.alerting import open_transports

    run = _pinned(services, model, training_run, used, own, author)
    try:
        run = perform_training(run, chain.READ)
        run = _fitted(run, own)
        for name in chain.names():
            run = run if name in run.done else perform_training(run, name)
        run = run.finished(chain.PROMOTE, Finished(result=promote(run)))
    except AssayError:
        give_lease_back(run)
        raise
    notify_training(run, open_transports(services.lake))
    return run


def _pinned(
    services: Services, model: str, training_run: str, used: DataUsed, own: OwnModel, author: str
) -> Training:
    text, file = read_model_file(services, model)
    if file.data.dataset != used.dataset:
        raise InputError(
            "the model file learns from another data set", where=model, got=used.dataset,
            expected=file.data.dataset,
        )  # fmt: skip
    if unknown := [name for name in own.features if name not in file.features]:
        raise InputError(
            "the model takes a column that isn't a feature of its model file", where=model,
            got=unknown[0], expected=", ".join(file.features),
        )  # fmt: skip
    data = (used, *choose_data(services, file, used.number)[1:])
    now, run_id = services.clock(), f"own {training_run}"
    lease = services.catalog.leases.acquire(
        *lease_of(used.dataset, model, training_run), run_id, now=now, ttl=LEASE,
        pins=pinned_versions(data),
    )  # fmt: skip
    champion = champion_of(services, model)
    spec = TrainingSpec(
        model=model, run_id=run_id, run_type="manual", started=own.started, token=lease.token,
        asked=TrainingAsked(by=author), training_run=training_run,
        ingredients=Ingredients(
            data=data, model_file=file.hash, code=own.code,
            libraries={**own.libraries, **libraries()},
        ),
        champion=champion.name if champion else None,
        own=OwnCode(package=own.package, learned=own.train is not None),
    )  # fmt: skip
    run = Training(services, spec, text=text)
    keep_spec(run)
    return run


def _fitted(run: Training, own: OwnModel) -> Training:
    """The run as if it had fitted the model, with the rows that own code has named."""
    table = read_rows(run.workspace.rows.found())
    sides = _sides(table, own)
    run = run.with_sides(sides)
    run.workspace.sides.write(sides_text(table, sides))
    with run.workspace.model.writing() as aside:
        aside.write_bytes(model_bytes(run.services, run.version, _as_fitted(run, table, own)))
    rows = {"train": int(sides.train.sum()), "test": int(sides.test.sum())}
    types = feature_types(table)
    known: dict[str, Any] = {
        "rows_train": rows["train"] if own.train is not None else None,
        "rows_test": rows["test"],
        "parameters": {"estimator": type(own.estimator).__name__, **own.parameters},
        "preprocessing": [],
        "encoded": {},
        "converged": True,
        "feature_types": {name: types[name] for name in own.features},
        "metrics": {name: figure.model_dump(mode="json") for name, figure in own.metrics.items()},
    }
    run.workspace.fitted.write(json.dumps(known, sort_keys=True, indent=1))
    found = StageResult(stage=chain.FIT, outcome=None, messages=("fitted by own code",), rows=rows)
    wrote = {name: digest(run.workspace.artefact(name).path) for name in ("model", "fitted")}
    return run.finished(chain.FIT, Finished(result=found, wrote=wrote))


def _as_fitted(run: Training, table: TrainingTable, own: OwnModel) -> Fitted:
    """The model in the form that predicts released rows, once it has predicted some."""
    from assay.training import Fitted, predict
    from assay.training._named_classes import with_class_codes

    estimator = with_class_codes(own.estimator, table.classes)
    fitted = Fitted(estimator, own.features, table.classes, run.file.label.favourable)
    try:
        predict(fitted, table.features.slice(0, 5))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            "the model doesn't predict released rows: numbers are float64, texts are objects",
            where=run.model, got=type(error).__name__,
        ) from error  # fmt: skip
    return fitted


def _sides(table: TrainingTable, own: OwnModel) -> Any:
    """The rows of the table that own code has learned from, and those that it is tested on."""
    import numpy as np
    import pandas as pd

    from assay.training._split import Split

    rows = pd.MultiIndex.from_arrays([table.batch, table.id], names=_ROWS)
    nobody = np.zeros(table.rows, dtype=bool)
    test = rows.isin(_named(own.test))
    train = nobody if own.train is None else rows.isin(_named(own.train))
    if (test & train).any():
        raise InputError("rows are on both sides", got=f"{int((test & train).sum())} rows")
    if not test.any():
        raise InputError("none of the test rows is a row that the model file learns from")
    return Split(np.asarray(train), np.asarray(test))


def _named(index: Any) -> Any:
    if tuple(getattr(index, "names", ())) != _ROWS:
        raise InputError(
            "the rows aren't named", got=f"an index of {list(getattr(index, 'names', ()))}",
            expected=f"an index of {' and '.join(_ROWS)}",
            do="Read the columns __batch and __id too, and call set_index(['__batch', '__id']).",
        )  # fmt: skip
    return index.set_levels(index.levels[0].astype(str), level=0)
