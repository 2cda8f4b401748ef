"""Scoring: what the champion says of a released batch, delivered like any other data.

The predictions go into the inbox of a data set of their own, ``<model>_predictions``, and through
its release train: validated, versioned, released, their drift judged.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError
from assay.lake import write_text
from assay.policy.model import ModelFile, predictions_of
from assay.records.models import DataUsed
from assay.records.uses import Origin, Output, Use
from assay.records.versions import digest_of
from assay.stages.index import follow_registry
from assay.stages.models._data import choose_data, read_blocks
from assay.stages.models._objects import load_file, load_fitted
from assay.stages.models._record import ASSAY, part_of
from assay.stages.models._table import table_of
from assay.stages.models._versions import RegisteredVersion, find_version
from assay.stages.services import Services
from assay.verdict import Frozen

if TYPE_CHECKING:
    from assay.training import Predictions

PREDICTION, PROBABILITY, MODEL_VERSION = "prediction", "probability", "model_version"
_DIGITS: Final = 12
"""Significant digits of a delivered probability."""


class Scored(Frozen):
    """A prediction batch: which version said something of which rows, and where it lies.

    Parameters
    ----------
    path : str
        The delivered file, relative to the home.
    new : bool
        Whether this call delivered it; False where the same was there.
    """

    model_version: str
    dataset: str
    batch: str
    rows: int
    path: str
    use: str
    new: bool


def score(
    services: Services, model: str, batch: str, *, author: str = ASSAY, version: str | None = None
) -> Scored:
    """Predict a released batch by the champion, and deliver the predictions to their inbox.

    The same version of the model on the same version of the batch gives the same file.

    Parameters
    ----------
    batch : str
        A batch of the model's data set in the snapshot that readers get.
    version : str, optional
        Another version than the champion, such as ``late_arrival@2``.

    Raises
    ------
    InputError
        If the model has no champion, the batch isn't released, or the data set has no key.
    """
    chosen = find_version(services, version or model)
    file = load_file(services, chosen)
    data = _one_batch(services, file, batch)
    text, rows = _predict(services, chosen, file, data)
    return _deliver(services, chosen, data, text, rows, author)


def _one_batch(services: Services, file: ModelFile, batch: str) -> tuple[DataUsed, ...]:
    """The batch's released version, and what is joined to it now."""
    whole = file.model_copy(update={"data": file.data.model_copy(update={"batches": "all"})})
    own, *joined = choose_data(services, whole, None)
    if batch not in own.versions:
        raise InputError(
            "the batch isn't released", where=own.name, got=batch,
            do=f"Release it first: release__{own.dataset}.",
        )  # fmt: skip
    one = own.versions[batch]
    found = services.registry.find(own.dataset, batch, one)
    if found is None:
        raise InputError("the registry lacks a released version", where=f"{own.dataset} {batch}")
    about = {"versions": {batch: one}, "digest": digest_of({batch: found}), "whole": False}
    return own.model_copy(update=about), *joined


def scoring_file(file: ModelFile) -> ModelFile:
    """The model file as it stands where no outcome is known yet: every row is asked about."""
    from assay.expression import columns_of

    where = file.data.where
    if where is not None and not set(columns_of(where)) <= set(file.known):
        where = None
    data = file.data.model_copy(update={"where": where})
    about = {"column": None, "expression": "1", "kind": "number", "favourable": None}
    return file.model_copy(update={"data": data, "label": file.label.model_copy(update=about)})


def _predict(
    services: Services, version: RegisteredVersion, file: ModelFile, data: Sequence[DataUsed]
) -> tuple[str, int]:
    """The predictions of a batch as CSV, in the order of its rows, and how many there are."""
    from assay.training import predict

    asked = scoring_file(file)
    table = table_of(services, data, asked)
    said = predict(load_fitted(services, version), table.features)
    keys = _keys(services, data[0], table.id.tolist())
    return _as_csv(keys, said, version), table.rows


def _keys(services: Services, own: DataUsed, ids: list[int]) -> dict[str, list[Any]]:
    """The key columns of some rows, by their numbers in the released version."""
    names = services.project.contract(own.dataset).primary_key
    if not names:
        raise InputError(
            "the data set has no key, so that nothing names a prediction",
            where=own.dataset, do="Give its contract a primary key.",
        )  # fmt: skip
    (block,) = read_blocks(services, own, names).values()
    place = {number: at for at, number in enumerate(block.column("__id").to_pylist())}
    taken = block.take([place[number] for number in ids])
    return {name: taken.column(name).to_pylist() for name in names}


def _as_csv(keys: dict[str, list[Any]], said: Predictions, version: RegisteredVersion) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    probability = said.probability
    shown = probability is not None and probability.ndim == 1
    writer.writerow([*keys, PREDICTION, *([PROBABILITY] if shown else []), MODEL_VERSION])
    columns = [*keys.values(), said.named.tolist()]
    if probability is not None and shown:
        columns.append([f"{p:.{_DIGITS}g}" for p in probability.tolist()])
    writer.writerows((*row, version.name) for row in zip(*columns, strict=True))
    return out.getvalue()


def _deliver(
    services: Services,
    version: RegisteredVersion,
    data: Sequence[DataUsed],
    text: str,
    rows: int,
    author: str,
) -> Scored:
    """Put the file into the inbox, and the use on record."""
    own, batch = data[0], next(iter(data[0].versions))
    dataset = predictions_of(version.model)
    content = text.encode()
    path = services.lake.make("inbox", dataset, f"{batch}.csv")
    new = not (path.is_file() and path.read_bytes() == content)
    if new:
        write_text(path, text)
    use = Use(
        kind="prediction_batch",
        id=services.registry.use_id(
            "prediction_batch",
            {"version": version.name, "data": [[u.dataset, u.digest] for u in data]},
        ),
        subject=version.model,
        reads=tuple(map(part_of, data[1:])),
        of=(
            Origin(kind="model_version", id=version.name),
            Origin.of_version(own.dataset, batch, own.versions[batch]),
        ),
        delivers=Output(
            dataset=dataset, batch=batch,
            mark=services.registry.mark(hashlib.sha256(content).hexdigest()),
        ),
        author=author,
        at=services.clock(),
        details={"rows": str(rows)},
    )  # fmt: skip
    known = services.registry.record_use(use)
    follow_registry(services, wholly=False)
    return Scored(
        model_version=version.name, dataset=dataset, batch=batch, rows=rows,
        path=services.relative(path), use=known.id, new=new,
    )  # fmt: skip
