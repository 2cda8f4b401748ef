"""One score of a model against what a constant reaches, and the difference of two on the same rows.

With two classes and a probability it is the area under the ROC curve (a constant reaches one half);
with classes otherwise the accuracy (the largest training class); for a number 1 − the mean square
error over that of the training mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.policy.model import ModelFile
from assay.statistics.scores.delong import auc, auc_difference
from assay.statistics.scores.estimate import Estimate
from assay.statistics.scores.paired import paired_difference
from assay.training._predict import Predictions
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Scored:
    """What is compared of test rows: the truth, what a constant says, and how it is counted."""

    test: TrainingTable
    model: ModelFile
    constant: float
    by_area: bool

    @classmethod
    def of(
        cls, train: TrainingTable, test: TrainingTable, said: Predictions, model: ModelFile
    ) -> Scored:  # fmt: skip
        """Choose the score for a label and what its model gives."""
        by_area = said.probability is not None and said.probability.ndim == 1
        if train.classes:
            constant = float(np.bincount(train.label).argmax())
        else:
            constant = float(train.label.mean())
        return cls(test, model, constant, by_area)

    @property
    def name(self) -> str:
        """The score's name."""
        if self.by_area:
            return "roc_auc"
        return "accuracy" if self.test.classes else "r2"

    @property
    def positive(self) -> Array:
        """Whether each row (n,) has the favourable class."""
        place = self.test.classes.index(str(self.model.label.favourable))
        return np.asarray(self.test.label == place)

    def values(self, said: Predictions) -> Array:
        """What is scored of each row (n,): the probability, or minus the loss."""
        if self.by_area and said.probability is not None:
            return said.probability
        return -self._loss(said.prediction)

    def gain(self, values: Array) -> Estimate:
        """What a model is better by than a constant."""
        alpha, groups = self.model.gates.alpha, self.test.unit
        if not self.by_area:
            constant = np.full(self.test.rows, self.constant)
            return self.difference(values, -self._loss(constant))
        area = auc(self.positive, values, alpha=alpha, groups=groups)
        if area.value is None or area.low is None or area.high is None:
            return area
        return area.model_copy(
            update={"value": area.value - 0.5, "low": area.low - 0.5, "high": area.high - 0.5}
        )

    def difference(self, first: Array, second: Array) -> Estimate:
        """What the first is better by than the second, on the same rows."""
        alpha, groups = self.model.gates.alpha, self.test.unit
        if self.by_area:
            return auc_difference(self.positive, first, second, alpha=alpha, groups=groups)
        seed = self.model.split.seed
        return paired_difference(-second, -first, alpha=alpha, groups=groups, seed=seed)

    def _loss(self, prediction: Array) -> Array:
        if self.test.classes:
            return np.asarray(prediction != self.test.label, dtype=np.float64)
        spread = float(np.square(self.test.label - self.constant).mean()) or 1.0
        return np.asarray(np.square(prediction - self.test.label) / spread)
