"""What made the difference between two model versions, as a report."""

from __future__ import annotations

from assay.training.compare._parts import Crossing, Factor, SplitMetric
from assay.verdict import Frozen


class Explanation(Frozen):
    """What made the difference between two model versions; b is read as the later one.

    Parameters
    ----------
    rows : int
        Test rows of b that no crossing has learned from.
    factors : tuple of Factor
        Data, preprocessing, hyperparameters, each with how it differs.
    crossings : tuple of Crossing
        2ᵏ of them for the k factors that differ; the first is a, the last b.
    metrics : tuple of SplitMetric
    notes : tuple of str
        What a reader must know beside: libraries that are others than those of the runs.
    missing : tuple of str
        Versions of the data that are gone; nothing is refitted then, and there are no metrics.
    """

    a: str
    b: str
    rows: int = 0
    factors: tuple[Factor, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    metrics: tuple[SplitMetric, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of the factors that differ."""
        return tuple(factor.name for factor in self.factors if factor.says)

    def crossing_name(self, crossing: Crossing) -> str:
        """A crossing for people, such as ``late@1 with the data of late@2``."""
        if not crossing.second:
            return self.a
        if crossing.second == self.differing:
            return self.b
        return f"{self.a} with the {' and '.join(crossing.second)} of {self.b}"
