"""Is it the data? Error rates of rows that were imputed, clipped, flagged, or drifted.

References
----------
Miettinen O, Nurminen M (1985), Comparative analysis of two rates,
https://doi.org/10.1002/sim.4780040211.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assay.errors import InputError
from assay.feedback._rows import Array
from assay.feedback._segments import rate_ratio
from assay.statistics.corrections import holm
from assay.statistics.intervals import ratio_z, two_sided_level
from assay.statistics.scores.estimate import Estimate


@dataclass(frozen=True)
class MarkedRows:
    """Errors of the rows with a mark, beside those of the others.

    Parameters
    ----------
    mark : str
        What was done to these rows, or is suspected of them: ``imputed: age``.
    rows, errors : int
        With the mark.
    other_rows, other_errors : int
        Without it.
    ratio : Estimate
        Error rate with the mark over error rate without it, corrected for all marks that were
        compared: p by Holm, the interval by Bonferroni.
    """

    mark: str
    rows: int
    errors: int
    other_rows: int
    other_errors: int
    ratio: Estimate

    @property
    def to_blame(self) -> bool | None:
        """Whether marked rows have more errors beyond doubt; None if they were too few to say."""
        return None if self.ratio.low is None else self.ratio.low > 1


def compare_marked_rows(
    wrong: Array, marks: Mapping[str, Array], *, alpha: float, least_number: int
) -> tuple[MarkedRows, ...]:
    """Compare the errors of marked rows with those of the others.

    Parameters
    ----------
    wrong : array (n,) of bool
        Whether the prediction is wrong.
    marks : mapping of str to array (n,) of bool
        What the house knows of single rows: imputed, clipped, flagged, near quarantine, suspected
        of a wrong label, drifted.
    alpha : float
        One minus the confidence, and the level of the tests over all marks together.
    least_number : int
        Least rows with the mark, and without it.

    Returns
    -------
    tuple of MarkedRows
        In the order of the marks; without a ratio where rows are too few.

    Raises
    ------
    InputError
        If a mark doesn't fit the rows.

    Examples
    --------
    >>> wrong = np.repeat([True, False, True, False], [30, 70, 50, 850])
    >>> [found] = compare_marked_rows(
    ...     wrong, {"imputed: age": np.arange(1000) < 100}, alpha=0.05, least_number=50)
    >>> round(found.ratio.value, 2), found.to_blame
    (5.4, True)
    """
    errors = np.asarray(wrong, dtype=bool)
    counts = []
    for name, mark in marks.items():
        there = np.asarray(mark, dtype=bool)
        if there.shape != errors.shape:
            raise InputError(f"the mark {name!r} doesn't fit the rows", got=there.shape,
                             expected=f"shape {errors.shape}")  # fmt: skip
        inside, total = int(there.sum()), int((errors & there).sum())
        counts.append((total, inside, int(errors.sum()) - total, len(errors) - inside))
    judged = [i for i, c in enumerate(counts) if min(c[1], c[3]) >= max(least_number, 1)]
    p_values = holm([two_sided_level(ratio_z(*counts[i], 1.0)) for i in judged])
    adjusted = dict(zip(judged, p_values, strict=True))
    found = []
    for i, (name, count) in enumerate(zip(marks, counts, strict=True)):
        if i in adjusted:
            ratio = rate_ratio(*count, alpha / len(judged), adjusted[i])
        else:
            ratio = Estimate.undefined(f"fewer than {least_number} rows", min(count[1], count[3]))
        found.append(MarkedRows(name, count[1], count[0], count[3], count[2], ratio))
    return tuple(found)
