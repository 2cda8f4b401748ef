"""What to label next: of a file, or of the released rows of a data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.engine import BATCH, ID, ROW, FileDigest, Session
from assay.errors import AssayError, InputError, unknown
from assay.labelling.noise import feature_table, find_suspects, out_of_fold_probabilities
from assay.labelling.selection import (
    RELABEL,
    SCORES,
    Family,
    Pool,
    Selection,
    Share,
    check_shares,
    committee_chances,
    default_families,
    select_rows,
    standardised,
)
from assay.labelling.selection.worth import Labels, StopRule, Worth, measure_worth
from assay.policy.labelling import LabellingPolicy, labels_of
from assay.policy.model import ModelFile
from assay.stages.labels._labelled_rows import LabelledRows, rows_of_dataset, rows_of_file
from assay.stages.services import Services

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDS: Final = 5
_NO_FEATURES: Final = ("key", "identifier", "protected", "label", "prediction", "probability",
                       "weight")  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Parameters
    ----------
    budget : int
        Rows.
    shares : sequence of Share
        The rest is drawn at random.
    spread, bags : int
        Candidates a row, and bags a family of the committee.
    alpha : float
        One minus the confidence of intervals.
    rule : StopRule, optional
    curve : bool
        Whether what the labels have given is measured.
    without : sequence of str
        Columns that models don't learn from.

    Raises
    ------
    InputError
        If the shares leave less than a tenth at random, or a strategy is unknown.
    """

    budget: int
    shares: Sequence[Share]
    spread: int
    bags: int
    seed: int
    alpha: float
    rule: StopRule | None = None
    curve: bool = True
    without: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_shares(self.shares)

    @property
    def filters(self) -> list[str]:
        """The slices that shares are of."""
        return list(dict.fromkeys(one.where for one in self.shares if one.where))


@dataclass(frozen=True)
class Suggested:
    """The rows to label next, and what the labels so far have given.

    Parameters
    ----------
    table : pyarrow.Table
        ``place`` (0 is the first to be shown), the key, ``reason``, ``score``, ``inclusion``.
    """

    selection: Selection
    table: pa.Table
    labels: int
    pool: int
    classes: tuple[str, ...]
    worth: Worth | None
    said: tuple[str, ...]


def request_of(policy: LabellingPolicy, budget: int | None, **rest: Any) -> Request:
    """Make the request that a labelling policy asks for."""
    chosen, stop = policy.selection, policy.stop
    return Request(
        budget or policy.round.budget,
        [Share(part.strategy, part.share, part.where) for part in chosen.parts],
        chosen.spread, chosen.bags, chosen.seed,
        rule=StopRule(stop.gain, stop.probability, stop.labels), **rest,
    )  # fmt: skip


def suggest_of_file(
    session: Session, path: str, request: Request, *, label: str, key: Sequence[str],
    progress: Callable[[str], None] = lambda _: None,
) -> Suggested:  # fmt: skip
    """Choose rows of a file whose label is empty.

    Raises
    ------
    InputError
        If the file or a column is missing, the key isn't unique, or no label is empty.
    """
    found = rows_of_file(
        session, path, label=label, key=key, filters=request.filters, seed=request.seed
    )
    return _suggest(found, request, [ROW, *key], None, progress)


def suggest_of_dataset(
    services: Services, session: Session, dataset: str, request: Request, *, labels: str | None,
    progress: Callable[[str], None] = lambda _: None,
) -> Suggested:  # fmt: skip
    """Choose released rows of a data set.

    Parameters
    ----------
    labels : str, optional
        A file with the key, ``label``, and perhaps ``round`` and ``inclusion``; by default the
        released rows of ``<dataset>_labels``.

    Raises
    ------
    InputError
        If the labels don't fit, or every row has one.
    RegistryError
        If nothing is released.
    """
    given = _labels(services, session, dataset, labels)
    found = rows_of_dataset(
        services, session, dataset, given, filters=request.filters, seed=request.seed
    )
    contract = services.project.contract(dataset)
    roles = {**dict.fromkeys(contract.primary_key, "key"), **contract.roles}
    hidden = [name for name, role in roles.items() if role in _NO_FEATURES]
    model = _model_of(services, dataset, found)
    return _suggest(found, request, [BATCH, ID, *hidden], model, progress)


def write_suggested(session: Session, found: Suggested, path: Path) -> FileDigest:
    """Write the chosen rows as Parquet, in the order in which they should be shown."""
    return session.write_parquet(session.set_aside(found.table), path, order_by=["place"])


def _labels(
    services: Services, session: Session, dataset: str, path: str | None
) -> pa.Table | None:
    if path is not None:
        return session.arrow(session.open_data(path))
    name = labels_of(dataset)
    if name not in services.project.datasets() or services.registry.pointer(name) is None:
        return None
    from assay.stages.access import read_as_task
    from assay.versioning import PartitionRows

    found, versions = services.registry.partitions(name, None)
    rows = PartitionRows(read_as_task(services, name, versions, "labelling", found.number))
    return rows.table(rows.columns())


def _model_of(services: Services, dataset: str, found: LabelledRows) -> Family | None:
    """The first model of the data set whose features the rows have."""
    import pyarrow as pa

    from assay.training.unfitted import unfitted

    for name in services.project.models():
        try:
            file: ModelFile = services.project.model(name)
            if file.data.dataset != dataset or file.label.kind != "class":
                continue
            rows = pa.Table.from_pandas(found.rows[list(file.features)], preserve_index=False)
            estimator, features = unfitted(file, rows)
        except (AssayError, KeyError) as error:
            what = "a joined column" if isinstance(error, KeyError) else str(error).split("\n")[0]
            found.said.append(f"the model {name} isn't in the committee: {what}")
            continue
        if hasattr(estimator, "predict_proba"):
            found.said.append(f"the committee has the model {name}, as its file has it")
            return Family(f"include/models/{name}.yaml", estimator, features)
    return None


def _suggest(
    found: LabelledRows, request: Request, hidden: Sequence[str], model: Family | None,
    progress: Callable[[str], None],
) -> Suggested:  # fmt: skip
    for name in request.without:
        if name not in found.rows:
            raise InputError("no such column", where="--without", **unknown(name, list(found.rows)))
    drop = {*hidden, *found.key, *request.without}
    frame, left_out = feature_table(found.rows[[n for n in found.rows if n not in drop]])
    said = [*found.said, *(f"{n} is a date or has too many levels: no model learns from it"
                           for n in left_out)]  # fmt: skip
    labelled = np.flatnonzero(found.given >= 0)
    if len(labelled) == len(found.given):
        raise InputError("every row has a label", got=f"{len(labelled):,} rows",
                         expected="rows whose label is empty")  # fmt: skip
    families = default_families(frame, seed=request.seed)
    families = (model, *families[1:]) if model else families
    two = len(np.unique(found.given[labelled])) > 1
    pool = Pool(
        standardised(frame), found.given,
        _chances(families, found, request, progress) if two and _needs(request) else None,
        _suspicion(frame, found, request, said) if two else None, found.filters,
    )  # fmt: skip
    progress("choosing rows")
    chosen = select_rows(
        pool, request.shares, request.budget, spread=request.spread, seed=request.seed
    )
    worth = _worth(families[0], found, request, progress) if request.curve and two else None
    return Suggested(
        chosen, _table(found, chosen), len(labelled), len(pool.unlabelled), found.classes, worth,
        (*said, *chosen.said),
    )  # fmt: skip


def _needs(request: Request) -> bool:
    return any(one.strategy in SCORES for one in request.shares)


def _chances(
    families: Sequence[Family], found: LabelledRows, request: Request,
    progress: Callable[[str], None],
) -> Any:  # fmt: skip
    labelled = np.flatnonzero(found.given >= 0)
    return committee_chances(
        families, labelled, found.given[labelled], np.flatnonzero(found.given < 0),
        classes=len(found.classes), bags=request.bags, seed=request.seed, progress=progress,
    )  # fmt: skip


def _suspicion(frame: Any, found: LabelledRows, request: Request, said: list[str]) -> Any:
    """By how much another label is more probable than the given one, of suspects alone."""
    if not any(one.strategy == RELABEL for one in request.shares):
        return None
    labelled = np.flatnonzero(found.given >= 0)
    given = found.given[labelled]
    if np.bincount(given).min() < _FOLDS:
        said.append(f"a label has fewer than {_FOLDS} rows, so that none is suspected")
        return None
    chance = out_of_fold_probabilities(frame.iloc[labelled], given, folds=_FOLDS, seed=request.seed)
    noise = find_suspects(given, chance, classes=found.classes, alpha=request.alpha)
    suspicion = np.full(len(found.given), np.nan)
    suspicion[labelled[noise.suspect]] = noise.margin[noise.suspect]
    return suspicion


def _worth(
    family: Family, found: LabelledRows, request: Request, progress: Callable[[str], None]
) -> Worth:
    place = np.flatnonzero(found.given >= 0)
    labels = Labels(place, found.given[place], found.inclusion[place], found.round[place])
    return measure_worth(
        family, labels, budget=request.budget, alpha=request.alpha, seed=request.seed,
        rule=request.rule, progress=progress,
    )  # fmt: skip


def _table(found: LabelledRows, chosen: Selection) -> pa.Table:
    import pyarrow as pa

    keys = found.rows[list(found.key)].iloc[chosen.place]
    named = {ROW: "row", BATCH: "batch", ID: "id"}
    return pa.table({
        "place": pa.array(np.arange(len(chosen.place))),
        **{named.get(n, n): pa.array(keys[n], from_pandas=True) for n in found.key},
        "reason": pa.array(chosen.reason, pa.string()),
        "score": pa.array(np.round(chosen.score, 12), from_pandas=True),
        "inclusion": pa.array(np.round(chosen.inclusion, 12), from_pandas=True),
    })  # fmt: skip
