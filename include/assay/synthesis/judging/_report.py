"""All that is measured of made rows."""

from __future__ import annotations

from collections.abc import Callable

from assay.policy.synthesis import SynthesisPolicy
from assay.synthesis._coded import CodedTable
from assay.synthesis.judging._bias import GroupChange, measure_bias
from assay.synthesis.judging._fidelity import Distance, measure_fidelity
from assay.synthesis.judging._privacy import Closeness, joined, measure_privacy
from assay.synthesis.judging._usefulness import Usefulness, measure_utility
from assay.verdict import Frozen


class SynthesisReport(Frozen):
    """What made rows are like beside the real ones; it knows no limit.

    Parameters
    ----------
    learned, held, made : int
        Rows that were learned from, that weren't, and that were made.
    distances : tuple of Distance
        Of columns, then of pairs.
    utility : Usefulness or None
        None where the policy names no label.
    groups : tuple of GroupChange
    """

    learned: int
    held: int
    made: int
    distances: tuple[Distance, ...]
    utility: Usefulness | None
    privacy: Closeness
    groups: tuple[GroupChange, ...]

    @property
    def columns(self) -> tuple[Distance, ...]:
        """Distances of single columns."""
        return tuple(d for d in self.distances if len(d.columns) == 1)

    @property
    def pairs(self) -> tuple[Distance, ...]:
        """Distances of pairs."""
        return tuple(d for d in self.distances if len(d.columns) == 2)

    @property
    def column_fidelity(self) -> float:
        """One minus the mean distance of a column."""
        return 1 - sum(d.value for d in self.columns) / len(self.columns)

    @property
    def pair_fidelity(self) -> float:
        """One minus the mean distance of a pair; that of the column where there is one alone."""
        return 1 - sum(d.value for d in self.pairs or self.columns) / len(self.pairs or [1])


def measure_synthesis(
    learned: CodedTable, held: CodedTable, made: CodedTable, policy: SynthesisPolicy, *,
    quasi_identifiers: tuple[str, ...] = (), step: Callable[[str], None] = lambda _: None,
) -> SynthesisReport:  # fmt: skip
    """Measure fidelity, utility, privacy and bias of made rows.

    Parameters
    ----------
    learned, held : CodedTable
        The half of the real rows that was learned from, and the other.
    quasi_identifiers : tuple of str
        Of the contract; the policy's own come first.
    step : callable
        Called with what is measured next, for a display of progress.
    """
    real = joined(learned, held)
    step("comparing columns")
    distances = measure_fidelity(real, made, seed=policy.seed)
    step("fitting models on real and made rows")
    asked = policy.utility
    utility = None if asked is None else measure_utility(
        learned, held, made, label=asked.label, positive=asked.positive, alpha=policy.alpha,
        seed=policy.seed,
    )  # fmt: skip
    step("seeking the nearest rows")
    names = policy.privacy.quasi_identifiers or quasi_identifiers
    privacy = measure_privacy(
        learned, held, made, least_number=policy.least_number, quasi_identifiers=names,
        alpha=policy.alpha, seed=policy.seed,
    )  # fmt: skip
    bias = policy.bias
    groups = () if bias is None else measure_bias(
        real, made, attributes=bias.attributes, label=bias.label, favourable=bias.favourable,
        least_number=policy.least_number, alpha=policy.alpha,
    )  # fmt: skip
    return SynthesisReport(
        learned=len(learned), held=len(held), made=len(made), distances=distances,
        utility=utility, privacy=privacy, groups=groups,
    )  # fmt: skip
