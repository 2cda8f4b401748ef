"""What would show that a model, or its data, isn't what it seems.

References
----------
Kaufman S, Rosset S, Perlich C, Stitelman O (2012), Leakage in data mining,
https://doi.org/10.1145/2382577.2382579.
Ojala M, Garriga GC (2010), Permutation tests for studying classifier performance,
https://www.jmlr.org/papers/v11/ojala10a.html.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from assay.errors import AssayError
from assay.policy.model import ModelFile
from assay.statistics.intervals import hybrid
from assay.statistics.keyed_order import row_draws
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.shares import share
from assay.statistics.scores.units import units
from assay.training._fit import Fitted
from assay.training._predict import Predictions, predict
from assay.training._relearn import relearn
from assay.training._split import Split
from assay.training._table import TrainingTable, frame_of
from assay.training._threads import one_result
from assay.training.gates._figures import measure_figures
from assay.training.gates._proxies import Proxy, measure_proxies
from assay.training.gates._score import Scored
from assay.training.gates._single import Levels, learn, said_by, sample

Array = np.ndarray[Any, Any]

_LOSSES: Final = frozenset({"log_loss", "brier", "ece", "mae", "rmse"})
_PERMUTED_ROWS: Final = 4_000
_ASKED_ROWS: Final = 16_000
"""Test rows of a refit on permuted labels: to ask more rows costs less than to refit more often,
and the mean gain of k refits on n rows is known as well as k·n."""


@dataclass(frozen=True)
class OneFeature:
    """What one feature alone reaches: its score's gain, and the share of the model's gain.

    ``behind`` is the model's score minus the feature's, on the same rows.
    """

    feature: str
    gain: Estimate
    behind: Estimate


@dataclass(frozen=True)
class Sanity:
    """What was measured.

    Parameters
    ----------
    score : str
        The score that gains are in.
    gain : Estimate
        What the model is better by than a constant.
    one_feature : tuple of OneFeature
        Each feature alone, the best first.
    metric, gap : str, Estimate
        How much better the model does on training rows than on test rows, in that metric.
    permuted : tuple of Estimate
        Gains over chance of refits on permuted labels. What leaks raises all of them, so their
        mean is judged: see :attr:`noise`.
    permuted_again : tuple of Estimate
        As many more, where the mean of the first ones accuses: what leaks does so again, and chance
        seldom twice.
    not_permuted : str
        Why there is no such refit; empty where there is one.
    duplicates : Estimate
        Share of test rows that have an equal training row.
    proxies : tuple of Proxy
    """

    score: str
    gain: Estimate
    one_feature: tuple[OneFeature, ...]
    metric: str
    gap: Estimate
    permuted: tuple[Estimate, ...]
    duplicates: Estimate
    proxies: tuple[Proxy, ...]
    not_permuted: str = ""
    permuted_again: tuple[Estimate, ...] = ()

    @property
    def noise(self) -> Estimate | None:
        """Mean gain of all refits, where the first and the second ones accuse each by themselves.

        None where they don't.
        """
        if _accuses(self.permuted) and _accuses(self.permuted_again):
            return _mean_gain((*self.permuted, *self.permuted_again))
        return None


def measure_sanity(
    fitted: Fitted,
    table: TrainingTable,
    split: Split,
    model: ModelFile,
    *,
    said: Predictions | None = None,
    named: Mapping[str, Collection[str]] | None = None,
) -> Sanity:
    """Measure what would show leakage, a model that learned nothing, or one that learned by heart.

    Parameters
    ----------
    said : Predictions, optional
        What the model says of the test rows, where it is known.
    named : mapping of str to collection of str, optional
        Column → the levels that may be named.

    Notes
    -----
    Single features, permutations and proxies are looked at in samples of rows, by their keys.
    """
    train, test = table.only(split.train), table.only(split.test)
    said = said or predict(fitted, test.features)
    with one_result(None, 0):
        permuted = tuple(_permuted(fitted, train, test, model, look=1))
        again = _permuted(fitted, train, test, model, look=2) if _accuses(permuted) else ()
        scored = Scored.of(train, test, said, model)
        metric = model.gates.performance.limits[0].metric
        return Sanity(
            scored.name,
            scored.gain(scored.values(said)),
            tuple(_one_feature(train, said, scored)),
            metric,
            _gap(fitted, train, test, said, model, metric),
            permuted,
            _duplicates(train, test, model),
            measure_proxies(train, model, named or {}),
            "" if model.gates.sanity.permutations else "the model file asks for none",
            tuple(again),
        )


def _one_feature(train: TrainingTable, said: Predictions, scored: Scored) -> list[OneFeature]:
    test, seed = scored.test, scored.model.split.seed
    learned = train.only(sample(train, seed))
    rows, asked = learned.frame(), test.frame()
    found = []
    for name in rows.columns:
        numbers = Levels(rows[name].to_numpy(), _target(learned, scored))
        tree = learn(numbers.of(rows[name].to_numpy()), learned.label, classes=bool(train.classes))
        alone = _said(tree, numbers.of(asked[name].to_numpy()), train, scored)
        values = scored.values(alone)
        behind = scored.difference(scored.values(said), values)
        found.append(OneFeature(str(name), scored.gain(values), behind))
    return sorted(found, key=lambda one: -(one.gain.value or 0.0))


def _target(learned: TrainingTable, scored: Scored) -> Array:
    """What levels of a text are ordered by: being favourable, or the label itself."""
    if not learned.classes:
        return learned.label
    place = learned.classes.index(str(scored.model.label.favourable))
    return np.asarray(learned.label == place, dtype=np.float64)


def _said(tree: Any, values: Array, train: TrainingTable, scored: Scored) -> Predictions:
    said = said_by(tree, values, classes=bool(train.classes))
    if not train.classes:
        return Predictions(said, None, ())
    whole = np.zeros((len(said), len(train.classes)))
    whole[:, tree.classes_] = said
    place = train.classes.index(str(scored.model.label.favourable))
    probability = whole[:, place] if len(train.classes) == 2 else whole
    return Predictions(whole.argmax(axis=1), probability, train.classes)


def _gap(
    fitted: Fitted, train: TrainingTable, test: TrainingTable, said: Predictions, model: ModelFile,
    metric: str,
) -> Estimate:  # fmt: skip
    learned = train.only(sample(train, model.split.seed))
    seen = measure_figures(learned, predict(fitted, learned.features), model)[metric]
    unseen = measure_figures(test, said, model).get(metric, seen)
    first, second = (unseen, seen) if metric in _LOSSES else (seen, unseen)
    values = (first.value, second.value, first.low, first.high, second.low, second.high)
    if any(v is None for v in values):
        return Estimate.undefined(f"{metric} has no interval", test.rows)
    one, other, *ends = (float(v or 0.0) for v in values)
    low, high = hybrid(one, (ends[0], ends[1]), other, (ends[2], ends[3]))
    return Estimate(value=one - other, low=low, high=high, n=test.rows, how="hybrid")


def _permuted(
    fitted: Fitted, train: TrainingTable, test: TrainingTable, model: ModelFile, *, look: int
) -> Iterator[Estimate]:
    """Gains of refits whose labels, training and test, are dealt to other rows.

    Each look deals them in another order.
    """
    seed = model.split.seed
    learned = train.only(sample(train, seed, _PERMUTED_ROWS))
    asked = test.only(sample(test, seed, _ASKED_ROWS))
    turns = range(model.gates.sanity.permutations)
    dealt, hidden = (
        [_dealt(part, seed, f"permuted {look}.{turn}") for turn in turns]
        for part in (learned, asked)
    )
    again = relearn(model, learned, (one.label for one in dealt), asked, fitted.best_params)
    try:
        for turn, said in zip(turns, again, strict=True):
            scored = Scored.of(dealt[turn], hidden[turn], said, model)
            yield scored.gain(scored.values(said))
    except AssayError:
        return  # labels so rare that a sample has one class


def _accuses(permuted: tuple[Estimate, ...]) -> bool:
    """Whether the mean gain of refits on permuted labels is shown to be above chance."""
    noise = _mean_gain(permuted)
    return noise is not None and noise.low is not None and noise.low > 0


def _mean_gain(permuted: tuple[Estimate, ...]) -> Estimate | None:
    """Mean gain of refits; None where there are none with an interval.

    The labels of each refit are dealt by themselves, so the reaches of the intervals add up like
    standard errors: √(Σ reach²) / number.
    """
    known = [g for g in permuted if g.value is not None and g.high is not None]
    if not known:
        return None
    values = [g.value or 0.0 for g in known]
    reaches = [(g.high or 0.0) - value for g, value in zip(known, values, strict=True)]
    mean, reach = sum(values) / len(known), math.hypot(*reaches) / len(known)
    return Estimate(
        value=mean, low=mean - reach, high=mean + reach, n=known[0].n,
        how=f"mean of {len(known)} refits",
    )  # fmt: skip


def _dealt(table: TrainingTable, seed: int, purpose: str) -> TrainingTable:
    order = np.argsort(row_draws(table.batch, table.id, seed, purpose), kind="stable")
    return replace(table, label=table.label[order])


def _duplicates(train: TrainingTable, test: TrainingTable, model: ModelFile) -> Estimate:
    """Share of test rows whose features, label and watched columns a training row has, too."""
    both = np.isin(_hashes(test), _hashes(train))
    whole = np.ones(test.rows, dtype=bool)
    group = units(test.unit, test.rows)
    return share(both, whole, group, model.gates.alpha, "no test rows").estimate


def _hashes(table: TrainingTable) -> Array:
    import pandas as pd

    features, watched = table.features, table.watched
    numbers = [n for n in features.column_names if not _is_text(features.column(n))]
    frame = frame_of(features, numbers)
    for name in (n for n in features.column_names if n not in numbers):
        frame[name] = _categories(features.column(name))
    for name in (n for n in watched.column_names if n not in frame.columns):
        frame[name] = _categories(watched.column(name).cast("string"))
    frame["__label"] = table.label
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)


def _is_text(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _categories(column: Any) -> Any:
    """Texts as categories: each is hashed once, and its rows take the hash."""
    return column.dictionary_encode().to_pandas()
