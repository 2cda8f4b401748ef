"""Advice: of which rows more labels would help a model, and by how much.

The champion's slices with most errors on its test rows are found; for each, the model is refitted
on fewer of the slice's training rows, and the curve through its scores is extended. What would help
is left as a labelling request, which a person or a labelling round can take as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError
from assay.feedback import advice, find_segments, measure_learning_curve
from assay.policy.model import FeedbackPolicy, ModelFile
from assay.records.models import Figure
from assay.stages.feedback._sources import released
from assay.stages.feedback._spec import policy_of
from assay.stages.feedback.workspace import FeedbackWorkspace, folder_of
from assay.stages.models._data import read_blocks
from assay.stages.models._objects import load_file, load_fitted, load_record
from assay.stages.models._pin import read_model_file
from assay.stages.models._table import table_of
from assay.stages.models._versions import find_version
from assay.stages.services import Services
from assay.statistics.corrections import holm
from assay.statistics.intervals import miettinen_nurminen, ratio_z, two_sided_level
from assay.verdict import Frozen

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.training import Fitted, TrainingTable

Progress = Callable[[str], None]
_OF_CLASS: Final = ("recall", "precision", "f1", "accuracy")
_SHARES: Final = (8, 4, 2)
"""A slice is cut to an eighth, a quarter and a half of its training rows."""
_FEWEST: Final = 40
"""Training rows of a slice through which a curve is drawn."""


class SliceAdvice(Frozen):
    """What more labelled rows of one slice would give.

    Parameters
    ----------
    slice, filter : str
        For people, and as an expression over the data set's columns.
    gain : Figure
        Of the metric, from that many more rows.
    share_of_rows, share_of_errors : float
        Of the training rows, and of the errors on the test rows.
    """

    slice: str
    filter: str
    rows: int
    metric: str
    gain: Figure
    share_of_rows: float
    share_of_errors: float
    says: str


class Underrepresented(Frozen):
    """A level that is rarer among the training rows than where the model is asked."""

    column: str
    level: str
    share_of_training: float
    share_of_population: float
    ratio: Figure


class Advice(Frozen):
    """What would help a model version; the slice with the greatest gain comes first.

    Parameters
    ----------
    report : str
        The labelling request as a file, below the home.
    """

    model: str
    version: str
    dataset: str
    slices: tuple[SliceAdvice, ...]
    underrepresented: tuple[Underrepresented, ...]
    report: str


def advise(
    services: Services,
    model: str,
    *,
    more: int = 400,
    slices: int = 3,
    repetitions: int = 5,
    progress: Progress = lambda _: None,
) -> Advice:
    """Say of which slices more labels would help the champion, and by how much.

    The same version and arguments give the same file.

    Parameters
    ----------
    more : int
        Rows that would be labelled more, of each slice.
    slices : int
        Slices with most errors, at most.
    repetitions : int
        Refits of each size, each on other rows.

    Raises
    ------
    InputError
        If the model has no champion, predicts a number, or the file names no columns to search.
    """
    _, file = read_model_file(services, model)
    at_work = _Advising(services, model, policy_of(model, file), more, repetitions, progress)
    found = sorted(at_work.slices(slices), key=lambda one: -(one.gain.value or 0.0))
    dataset, version = at_work.file.data.dataset, at_work.version.name
    rare = tuple(at_work.underrepresented())
    request = {
        "kind": "labelling_request", "model": model, "version": version, "dataset": dataset,
        "asked_for": [
            {"filter": s.filter, "rows": s.rows, "metric": s.metric,
             "gain": s.gain.model_dump(mode="json", exclude={"how", "p"})} for s in found
        ],
        "underrepresented": [r.model_dump(mode="json", exclude={"ratio"}) for r in rare],
    }  # fmt: skip
    name = services.registry.use_id("report", {"advice": version, "request": request})
    workspace = FeedbackWorkspace(services.lake, (dataset, folder_of(model), name))
    report = workspace.request.write(json.dumps(request, indent=1) + "\n")
    return Advice(model=model, version=version, dataset=dataset, slices=tuple(found),
                  underrepresented=rare, report=report)  # fmt: skip


@dataclass(frozen=True)
class _Advising:
    """The champion, its rows, and the refits."""

    services: Services
    model: str
    policy: FeedbackPolicy
    more: int
    repetitions: int
    progress: Progress

    @cached_property
    def version(self) -> Any:
        """The champion."""
        return find_version(self.services, self.model)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that are searched."""
        names = tuple(dict.fromkeys([*self.policy.segments, *self.policy.slices]))
        if not names:
            raise InputError(
                "the model file names no column to search", where=f"{self.model}: feedback",
                do="List some in feedback.segments.",
            )  # fmt: skip
        return names

    @cached_property
    def file(self) -> ModelFile:
        """The champion's file, with the searched columns among those that tell rows apart."""
        file = load_file(self.services, self.version)
        if file.label.kind == "number":
            raise InputError("advice is about classes", got="a label that is a number",
                             where=self.model)  # fmt: skip
        performance = file.gates.performance.model_copy(update={"slices": self.columns})
        gates = file.gates.model_copy(update={"performance": performance})
        return file.model_copy(update={"gates": gates})

    @cached_property
    def sides(self) -> tuple[TrainingTable, TrainingTable]:
        """The training rows and the test rows."""
        from assay.training import split_rows

        record = load_record(self.services, self.version)
        table = table_of(self.services, record.data, self.file)
        split = split_rows(table, self.file)
        return table.only(split.train), table.only(split.test)

    @cached_property
    def fitted(self) -> Fitted:
        """The champion as it is."""
        return load_fitted(self.services, self.version)

    @cached_property
    def wrong(self) -> Any:
        """Mask of the test rows that the champion predicts wrongly."""
        from assay.training import predict

        test = self.sides[1]
        return predict(self.fitted, test.features).prediction != test.label

    @property
    def metric(self) -> str:
        """The first limited metric that one slice has alone; else the accuracy."""
        named = (limit.metric for limit in self.policy.limits)
        two = len(self.fitted.classes) == 2
        return next((name for name in named if name in _OF_CLASS and two), "accuracy")

    def slices(self, most: int) -> Iterator[SliceAdvice]:
        """The slices with most errors, each with what more rows of it would give."""
        train, test = self.sides
        found = find_segments(
            test.watched, self.wrong, self.columns, alpha=self.policy.alpha,
            least_number=self.policy.least_number, most=most,
        )  # fmt: skip
        for segment in found:
            places = segment.within(train.watched).nonzero()[0]
            if len(places) < _FEWEST:
                continue
            sizes = sorted({max(len(places) // part, 5) for part in _SHARES})
            curve = measure_learning_curve(
                self._scorer(segment), train.rows, places, name=segment.name, sizes=sizes,
                repetitions=self.repetitions, seed=self.file.estimator.seed,
            )  # fmt: skip
            seed, alpha = self.file.estimator.seed, self.policy.alpha
            share = len(places) / train.rows
            yield SliceAdvice(
                slice=segment.name, filter=segment.filter(test.watched), rows=self.more,
                metric=self.metric,
                gain=Figure.model_validate(curve.gain(self.more, alpha=alpha, seed=seed)),
                share_of_rows=share, share_of_errors=segment.share_of_errors,
                says=advice(
                    curve, self.more, metric=self.metric, share_of_rows=share,
                    share_of_errors=segment.share_of_errors, alpha=alpha, seed=seed,
                ),
            )  # fmt: skip

    def _scorer(self, segment: Any) -> Callable[[Any], Mapping[str, float]]:
        """Refit on some training rows, and score the slice's test rows."""
        import numpy as np

        from assay.training import predict, refit

        train, test = self.sides
        rows = test.only(segment.within(test.watched))
        done = 0

        def score(places: Any) -> Mapping[str, float]:
            nonlocal done
            done += 1
            self.progress(f"{segment.name}: refit {done} of {1 + len(_SHARES) * self.repetitions}")
            kept = np.zeros(train.rows, dtype=bool)
            kept[places] = True
            fitted = refit(self.file, train.only(kept), self.fitted.best_params)
            said = predict(fitted, rows.features).prediction
            return {segment.name: self._score(rows.label, said)}

        return score

    def _score(self, truth: Any, said: Any) -> float:
        """The metric on some rows; NaN where it isn't defined."""
        if self.metric == "accuracy":
            return float((truth == said).mean())
        positive = self.fitted.classes.index(str(self.file.label.favourable))
        hits = float(((truth == positive) & (said == positive)).sum())
        found, there = float((said == positive).sum()), float((truth == positive).sum())
        below = {"recall": there, "precision": found, "f1": (found + there) / 2}[self.metric]
        return hits / below if below else float("nan")

    def underrepresented(self) -> Iterator[Underrepresented]:
        """Levels that are rarer in training than in the rows released since, beyond doubt."""
        record, train = load_record(self.services, self.version), self.sides[0]
        learned = set(record.data[0].versions)
        newer = released(
            self.services, self.file.data.dataset, lambda key: key not in learned, missing_ok=True
        )
        if newer is None:
            return
        blocks = read_blocks(self.services, newer, list(self.columns)).values()
        found = [
            counted for name in self.columns
            for counted in _counts(name, train.watched, list(blocks))
            if counted.newer >= self.policy.least_number
        ]  # fmt: skip
        adjusted = holm([two_sided_level(ratio_z(*one.counts, 1.0)) for one in found])
        for one, p in zip(found, adjusted, strict=True):
            if p <= self.policy.alpha and one.ratio < 1:
                yield one.as_finding(self.policy.alpha / len(found), p)


@dataclass(frozen=True)
class _Counted:
    """How often a level is in the training rows, and in the newer ones."""

    column: str
    level: str
    learned: int
    rows: int
    newer: int
    population: int

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """As the comparison of two shares takes them."""
        return self.learned, self.rows, self.newer, self.population

    @property
    def ratio(self) -> float:
        """Its share of the training rows over that of the newer ones."""
        return (self.learned / self.rows) / (self.newer / self.population)

    def as_finding(self, alpha: float, p: float) -> Underrepresented:
        """With the interval of the ratio."""
        low, high = miettinen_nurminen(*self.counts, alpha)
        low, high = min(low, self.ratio), max(high, self.ratio)
        return Underrepresented(
            column=self.column, level=self.level,
            share_of_training=self.learned / self.rows,
            share_of_population=self.newer / self.population,
            ratio=Figure(value=self.ratio, low=low, high=high, n=self.population, p=p,
                         how="Miettinen–Nurminen"),
        )  # fmt: skip


def _counts(name: str, train: pa.Table, blocks: Sequence[pa.Table]) -> Iterator[_Counted]:
    """Each level of a column of texts that the newer rows have."""
    from collections import Counter

    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(train[name].type) or pa.types.is_boolean(train[name].type)):
        return
    learned = Counter(pc.cast(train[name], "string").to_pylist())
    newer = Counter(v for b in blocks for v in pc.cast(b[name], "string").to_pylist())
    rows, population = sum(learned.values()), sum(newer.values())
    for level in sorted(v for v in newer if v is not None):
        yield _Counted(name, level, learned[level], rows, newer[level], population)
