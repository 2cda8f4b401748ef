"""An explanation as a model file asks for it, from a fitted model and its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from assay.expression import columns_of
from assay.policy.model import ModelFile, class_name
from assay.policy.model._explain import CounterfactualPolicy, ImportancePolicy
from assay.training._columns import Columns
from assay.training._fit import Fitted
from assay.training._table import TrainingTable, frame_of
from assay.training.explain._choice import choose_rows
from assay.training.explain._counterfactuals import (
    RELEASED,
    Counterfactuals,
    find_counterfactuals,
)
from assay.training.explain._dependence import measure_dependence
from assay.training.explain._features import Feature, describe_features
from assay.training.explain._importance import measure_importance
from assay.training.explain._model import as_asked, as_predict, favourable_of
from assay.training.explain._queue import Flip
from assay.training.explain._recourse import Recourse, choose_by_group, measure_recourse
from assay.training.explain._report import Change, ExplainedRow, ExplanationReport, Way
from assay.training.explain._space import Array, Predict, two_columns

_WRONG: Final = "misclassified"
_CLOSE: Final = "least certain"
ASKED: Final = "asked for"


@dataclass(frozen=True)
class Explaining:
    """A model, its rows, and what may be said of them.

    Parameters
    ----------
    table : TrainingTable
        All released rows of the training run.
    test : array (n,) of bool
        Which of them are test rows.
    columns : Columns
        What the contracts say of the columns.
    classified : collection of str
        Features, or the label, whose values the report may not show.
    said : array (t,) or (t, k), optional
        What the model says of the test rows, where that is known.
    values : bool
        Whether the reader sees the values of rows; then nothing is ``classified`` for them.
    named : mapping
        Column → the levels that may be named.
    """

    fitted: Fitted
    table: TrainingTable
    test: Array
    file: ModelFile
    columns: Columns
    classified: Collection[str] = ()
    said: Array | None = None
    values: bool = False
    named: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed of all samples."""
        return self.file.estimator.seed

    @property
    def label_hidden(self) -> bool:
        """Whether the classes of rows may not be named."""
        label = self.file.label
        names = [label.column] if label.column else columns_of(str(label.expression))
        return not self.values and not set(self.classified).isdisjoint(names)


def measure_explanation(
    about: Explaining, rows: Collection[tuple[str, int]] | None = None
) -> ExplanationReport:
    """Explain a model as its file says.

    Parameters
    ----------
    rows : collection of (str, int), optional
        Batch and number of the rows to explain, test rows or not; only their counterfactuals are
        found then.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits={"blas": 1, "openmp": 1}):
        predict, explain = as_predict(about.fitted), about.file.explain
        report = ExplanationReport(tested=int(about.test.sum()))
        if explain and explain.importance and rows is None:
            found = _importance(about, predict, explain.importance)
            report = report.model_copy(update=found)
        if explain and explain.counterfactuals:
            found = _counterfactuals(about, predict, explain.counterfactuals, rows)
            report = report.model_copy(update=found)
    return report


def _described(about: Explaining, released: Any) -> tuple[Feature, ...]:
    explain, types = about.file.explain, about.columns.types
    found = explain.counterfactuals if explain else None
    levels = {n: lv for n, lv in about.columns.levels.items() if types.get(n) == "string"}
    return describe_features(
        released,
        actionable=found.may_change(about.file.features) if found else (),
        directions=found.directions if found else {},
        ranges={n: r for n, r in about.columns.ranges.items() if n in about.file.features},
        levels={n: lv for n, lv in levels.items() if n in about.file.features},
        classified=() if about.values else about.classified,
    )


def _released(about: Explaining) -> Any:
    """The frame of all rows, or of a sample of many."""
    return _frame(about.table, _sample(np.arange(about.table.rows), RELEASED, about.seed))


def _frame(table: TrainingTable, rows: Array) -> Any:
    return frame_of(table.features.take(rows))


def _sample(rows: Array, most: int, seed: int) -> Array:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _importance(about: Explaining, predict: Predict, policy: ImportancePolicy) -> dict[str, Any]:
    file = about.file
    rows = _sample(np.flatnonzero(about.test), policy.rows, about.seed)
    features = _frame(about.table, rows)
    loss = "log_loss" if about.table.classes else "squared_error"
    unit = None if about.table.unit is None else np.unique(
        about.table.unit[rows], return_inverse=True
    )[1]  # fmt: skip
    common: dict[str, Any] = {"alpha": file.gates.alpha, "groups": unit}
    found = measure_importance(
        predict, features, as_asked(about.fitted, about.table.label[rows]), loss=loss,
        repeats=policy.repeats, seed=about.seed, **common,
    )  # fmt: skip
    target = _target(about)
    dependence = measure_dependence(
        predict, features, _described(about, features), policy.partial_dependence,
        of=1 if target is None else target, **common,
    )  # fmt: skip
    return {
        "measured": len(rows), "loss": loss, "importance": found, "dependence": dependence,
        "about": file.label.meaning or file.label.favourable,
    }  # fmt: skip


def _target(about: Explaining) -> int | None:
    """The favourable class among the columns of what the model gives; None for a number."""
    classes = about.fitted.classes
    if not classes:
        return None
    return 1 if len(classes) == 2 else favourable_of(about.fitted)


def _counterfactuals(
    about: Explaining,
    predict: Predict,
    policy: CounterfactualPolicy,
    asked: Collection[tuple[str, int]] | None,
) -> dict[str, Any]:
    tested = np.flatnonzero(about.test)
    if asked is None:
        said = predict(_frame(about.table, tested)) if about.said is None else about.said
        chosen, by_group = _chosen(about, tested, two_columns(said), policy)
    else:
        chosen, by_group = _asked(about.table, asked), np.empty(0, dtype=int)
    every = np.union1d(chosen, by_group).astype(int)
    released = _released(about)
    each = np.where(np.isin(every, chosen), policy.each, 1)
    found = find_counterfactuals(
        predict, _frame(about.table, every), released, _described(about, released),
        each=each, plausible=policy.plausible, seed=about.seed,
    )  # fmt: skip
    place = {int(row): at for at, row in enumerate(every)}
    explained = tuple(
        _explained(about, found, place[int(row)], int(row), asked is not None) for row in chosen
    )
    return {
        "rows": explained, "compared": found.compared, "bound": found.bound,
        "changeable": policy.may_change(about.file.features),
        "recourse": _recourse(about, predict, policy, found, every, by_group),
    }  # fmt: skip


def _chosen(
    about: Explaining, tested: Array, scores: Array, policy: CounterfactualPolicy
) -> tuple[Array, Array]:
    """Rows of the table that are explained, and those that recourse is measured on."""
    explain = about.file.explain
    truth = as_asked(about.fitted, about.table.label[tested])
    chosen = tested[choose_rows(scores, truth, policy.rows, which=policy.which)]
    recourse, target = explain.recourse if explain else None, _target(about)
    if recourse is None or target is None:
        return chosen, np.empty(0, dtype=int)
    groups = [
        tested[choose_by_group(
            scores.argmax(axis=1), target, _levels(about, name, tested), most=recourse.rows,
            seed=about.seed,
        )]
        for name in recourse.groups
    ]  # fmt: skip
    return chosen, np.unique(np.concatenate(groups))


def _asked(table: TrainingTable, rows: Collection[tuple[str, int]]) -> Array:
    """Positions of rows that are named by batch and number."""
    keys = zip(table.batch.tolist(), table.id.tolist(), strict=True)
    return np.array([at for at, key in enumerate(keys) if key in set(rows)], dtype=int)


def _levels(about: Explaining, name: str, rows: Array) -> list[str | None]:
    """The level of each row in a watched column; None where there is none that may be named."""
    column = about.table.watched.column(name).take(rows).combine_chunks().dictionary_encode()
    known = about.named.get(name, () if name in about.classified else None)
    texts = [None if v is None else class_name(v) for v in column.dictionary.to_pylist()]
    shown = [text if known is None or text in known else None for text in texts]
    return [None if code is None else shown[code] for code in column.indices.to_pylist()]


def _recourse(
    about: Explaining,
    predict: Predict,
    policy: CounterfactualPolicy,
    found: Counterfactuals,
    every: Array,
    by_group: Array,
) -> tuple[Recourse, ...]:
    """Recourse by group; of two classes the favourable one is the other one."""
    compared = about.file.explain.recourse if about.file.explain else None
    if compared is None or not len(by_group):
        return ()
    part = found.only(np.flatnonzero(np.isin(every, by_group)))
    if len(about.fitted.classes) > 2:
        part = find_counterfactuals(
            predict, _frame(about.table, by_group), _released(about), found.features, each=1,
            plausible=policy.plausible, seed=about.seed, target=_target(about),
        )  # fmt: skip
    attributes = about.file.gates.fairness.attributes
    return measure_recourse(
        part,
        {name: _levels(about, name, by_group) for name in compared.groups},
        least_number=compared.least_number,
        alpha=about.file.gates.alpha,
        references={n: str(a.reference) for n, a in attributes.items() if n in compared.groups},
    )


def _explained(
    about: Explaining, found: Counterfactuals, at: int, row: int, asked: bool
) -> ExplainedRow:
    table, own = about.table, int(found.own[at])
    wrong = own != int(as_asked(about.fitted, table.label[row : row + 1])[0])
    code = own if len(table.classes) != 2 else (
        favourable_of(about.fitted) if own else 1 - favourable_of(about.fitted)
    )  # fmt: skip
    return ExplainedRow(
        batch=str(table.batch[row]), id=int(table.id[row]),
        why=ASKED if asked else _WRONG if wrong else _CLOSE,
        predicted=None if about.label_hidden else table.classes[code],
        ways=tuple(_way(about, found, at, flip) for flip in found.flips[at]),
    )  # fmt: skip


def _way(about: Explaining, found: Counterfactuals, at: int, flip: Flip) -> Way:
    changed = np.flatnonzero(flip.codes != found.rows[at])
    changes = tuple(
        _change(about, found, int(j), int(found.rows[at, j]), int(flip.codes[j])) for j in changed
    )
    return Way(changes=changes, distance=flip.distance, neighbour=flip.neighbour)


def _change(about: Explaining, found: Counterfactuals, j: int, now: int, to: int) -> Change:
    feature, values = found.features[j], found.space.values[j]
    texts: dict[str, str | None] = {}
    if about.values:
        texts = {"now": _text(values[now]), "to": _text(values[to])}
    if feature.kind == "level":
        shown = None if feature.classified else _text(values[to])
        return Change(feature=feature.name, **({"to": shown} | texts))
    missing = now == found.space.missing[j]
    spreads = None if missing else float(values[to] - values[now]) / feature.spread
    return Change(feature=feature.name, spreads=spreads, **texts)


def _text(value: Any) -> str | None:
    import pandas as pd

    if pd.isna(value):
        return None
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)
