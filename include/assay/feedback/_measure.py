"""The figures of predictions whose outcomes are there: by batch, model version and slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from assay.feedback._rows import (
    Array,
    FeedbackColumns,
    codes_of,
    floats,
    missing,
    refuse_missing,
    texts,
)
from assay.policy.model import FeedbackPolicy
from assay.statistics.scores.classification import measure_classification
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.regression import measure_regression

Figures = Mapping[str, Estimate]
Kind = Literal["batch", "version", "slice"]
Wanted = tuple[Kind, str | None, Array, Array]
"""Kind, column, levels of the rows, and which rows take part."""
MISSING = "(missing)"


@dataclass(frozen=True)
class Part:
    """Some of the predictions, with their figures.

    Parameters
    ----------
    kind : str
        A batch, a model version, or a level of a slice within the judged batch.
    column : str or None
        Of a slice.
    level : str
        The batch's key, the version, or the slice's level.
    rows, labelled : int
        Predictions, and how many of them have an outcome.
    figures : mapping
        By name; empty if fewer outcomes are there than the least number.
    """

    kind: Kind
    column: str | None
    level: str
    rows: int
    labelled: int
    figures: Figures


@dataclass(frozen=True)
class FeedbackMeasurements:
    """All parts; ``judged`` is the part of the batch that is judged."""

    batch: str
    parts: tuple[Part, ...]
    favourable: str | None
    alpha: float

    @property
    def judged(self) -> Part | None:
        """The batch that is judged, None if it has no row."""
        of_batches = (part for part in self.of_kind("batch") if part.level == self.batch)
        return next(of_batches, None)

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """The batches, the versions, or the slices, in their order."""
        return tuple(part for part in self.parts if part.kind == kind)


def measure_feedback(
    rows: pa.Table,
    columns: FeedbackColumns,
    policy: FeedbackPolicy,
    *,
    batch: str,
    classes: Sequence[str] | None = None,
    favourable: str | None = None,
    seed: int,
) -> FeedbackMeasurements:
    """Measure predictions by their outcomes, in each batch, of each version, in each slice.

    Parameters
    ----------
    rows : pyarrow.Table
        Predictions with their outcomes, of one batch or more; those still without one too.
    columns : FeedbackColumns
        What the columns are.
    policy : FeedbackPolicy
        Names the slices, the group of dependent rows, the level and the least number.
    batch : str
        The batch that is judged; slices are of its rows alone.
    classes : sequence of str, optional
        The classes as text (``true``, ``1``, ``late``); None if the label is a number.
    favourable : str, optional
        With two classes: the one that the figures are about.
    seed : int
        Of resamplings and simulations.

    Raises
    ------
    InputError
        If a column is missing, or a label is none of the classes.
    """
    sliced = (*policy.slices, *((policy.group,) if policy.group else ()))
    refuse_missing(rows, (*columns.names, *sliced))
    measure = _Measure(rows, columns, policy, classes, favourable, seed)
    keys = texts(rows[columns.batch])
    everywhere = np.ones(len(keys), dtype=bool)
    wanted: list[Wanted] = [("batch", None, keys, everywhere)]
    if columns.version is not None:
        wanted.append(("version", None, texts(rows[columns.version]), everywhere))
    for name in policy.slices:
        wanted.append(("slice", name, texts(rows[name]), keys == batch))
    parts = tuple(
        measure.part(kind, column, level, among & there)
        for kind, column, values, among in wanted
        for level, there in _levels(values, among)
    )
    return FeedbackMeasurements(batch, parts, favourable, policy.alpha)


def _levels(values: Array, among: Array) -> Iterator[tuple[str, Array]]:
    """Each level that occurs among some rows, in order, and where it is; missing at the end."""
    seen = set(values[among])
    for level in sorted(seen - {None}):
        yield level, values == level
    if None in seen:
        yield MISSING, missing(values)


class _Measure:
    """The rows as arrays, measured part by part."""

    def __init__(
        self,
        rows: pa.Table,
        columns: FeedbackColumns,
        policy: FeedbackPolicy,
        classes: Sequence[str] | None,
        favourable: str | None,
        seed: int,
    ) -> None:
        read = floats if classes is None else texts
        self._truth, self._prediction = (
            read(rows[name]) for name in (columns.truth, columns.prediction)
        )
        self._known = np.asarray(rows[columns.truth].is_valid())
        if classes is None:
            self._known &= ~np.isnan(self._truth)
        given = [floats(rows[name]) for name in columns.probability]
        self._given = np.column_stack(given) if len(given) > 1 else given[0] if given else None
        self._group = codes_of(rows[policy.group]) if policy.group else None
        self._policy, self._classes, self._favourable = policy, classes, favourable
        self._seed = seed

    def part(
        self,
        kind: Kind,
        column: str | None,
        level: str,
        there: Array,
    ) -> Part:
        """Measure some rows."""
        known = there & self._known
        labelled = int(known.sum())
        enough = labelled >= self._policy.least_number
        figures = self._figures(known) if enough else {}
        return Part(kind, column, level, int(there.sum()), labelled, figures)

    def _figures(self, known: Array) -> Figures:
        groups = None if self._group is None else self._group[known]
        truth, prediction = self._truth[known], self._prediction[known]
        alpha = self._policy.alpha
        if self._classes is None:
            return measure_regression(
                truth, prediction, alpha=alpha, groups=groups, seed=self._seed
            )
        return measure_classification(
            truth, None if self._given is None else self._given[known], prediction,
            classes=self._classes, favourable=self._favourable,
            alpha=alpha, groups=groups, seed=self._seed,
        )  # fmt: skip
