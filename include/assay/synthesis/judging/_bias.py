"""Bias: each group's share, rate of good outcomes and disparate impact, made beside real.

References
----------
Katz D, Baptista J, Azen SP, Pike MC (1978), Obtaining confidence intervals for the risk ratio in
cohort studies, https://doi.org/10.2307/2530610.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from assay.errors import InputError, unknown
from assay.statistics.intervals import newcombe, normal_quantile
from assay.statistics.scores.estimate import Estimate
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.verdict import Frozen


class GroupChange(Frozen):
    """A group in made rows beside real ones.

    Parameters
    ----------
    share, rate : Estimate
        Made minus real: the group's share of the rows, and of its rows with the favourable outcome.
    impact : Estimate or None
        Disparate impact of made rows over that of real rows; below 1 made rows are worse for the
        group. None for the reference group.
    real_share, made_share, real_rate, made_rate : float or None
    """

    attribute: str
    group: str
    n: int
    share: Estimate
    rate: Estimate
    impact: Estimate | None
    real_share: float
    made_share: float
    real_rate: float | None
    made_rate: float | None


def measure_bias(
    real: CodedTable, made: CodedTable, *, attributes: Mapping[str, str], label: str,
    favourable: str, least_number: int, alpha: float,
) -> tuple[GroupChange, ...]:  # fmt: skip
    """Compare each group that has ``least_number`` real rows.

    Parameters
    ----------
    attributes : mapping of str to str
        Column to the text of its reference group.
    label, favourable : str
        Column of the outcome, and the text of the good one.

    Raises
    ------
    InputError
        If a column or level isn't there, or a column has numbers and no groups.
    """
    outcome = _column(real, label)
    good = _level(outcome, favourable)
    sides = [(side, side.values[label] == good) for side in (real, made)]
    found: list[GroupChange] = []
    for name, reference in attributes.items():
        column = _column(real, name)
        first = _level(column, reference)
        counts = {
            place: [_counts(side.values[name] == place, hit) for side, hit in sides]
            for place in range(len(column.levels or ()))
        }
        for place, (of_real, of_made) in counts.items():
            if of_real[1] >= least_number:
                base = None if place == first else counts[first]
                level = str((column.levels or ())[place])
                found.append(
                    _group(name, level, of_real, of_made, (len(real), len(made)), base, alpha)
                )
    return tuple(found)


Counts = tuple[int, int]
"""Favourable outcomes, and rows."""


def _group(
    name: str, level: str, real: Counts, made: Counts, rows: Counts,
    base: list[Counts] | None, alpha: float,
) -> GroupChange:  # fmt: skip
    return GroupChange(
        attribute=name, group=level, n=real[1],
        share=_change(made[1], rows[1], real[1], rows[0], alpha),
        rate=_change(made[0], made[1], real[0], real[1], alpha),
        impact=None if base is None else _impact(made, base[1], real, base[0], alpha),
        real_share=real[1] / rows[0], made_share=made[1] / rows[1],
        real_rate=real[0] / real[1], made_rate=made[0] / made[1] if made[1] else None,
    )  # fmt: skip


def _change(x1: int, n1: int, x2: int, n2: int, alpha: float) -> Estimate:
    if not n1 or not n2:
        return Estimate.undefined("a side has no row", n1 + n2)
    low, high = newcombe(x1, n1, x2, n2, alpha)
    return Estimate(value=x1 / n1 - x2 / n2, low=low, high=high, n=n1 + n2, how="Newcombe")


def _impact(
    made: Counts, made_base: Counts, real: Counts, real_base: Counts, alpha: float
) -> Estimate:
    """Ratio of two ratios of rates; normal in its logarithm, with half a row more a cell."""
    logs = [_log_ratio(made, made_base), _log_ratio(real, real_base)]
    n = made[1] + made_base[1] + real[1] + real_base[1]
    value = logs[0][0] - logs[1][0]
    reach = normal_quantile(alpha) * math.sqrt(logs[0][1] + logs[1][1])
    low, high = math.exp(value - reach), math.exp(value + reach)
    return Estimate(value=math.exp(value), low=low, high=high, n=n, how="log of the ratio")


def _log_ratio(group: Counts, base: Counts) -> tuple[float, float]:
    (x, n), (y, m) = [(c + 0.5, size + 0.5) for c, size in (group, base)]
    return math.log(x / n) - math.log(y / m), 1 / x - 1 / n + 1 / y - 1 / m


def _counts(group: Array, hit: Array) -> Counts:
    return int((group & hit).sum()), int(group.sum())


def _column(rows: CodedTable, name: str) -> Column:
    names = [c.name for c in rows.columns if c.levels is not None]
    if name not in names:
        raise InputError("no such column with levels", **unknown(name, names))
    return next(c for c in rows.columns if c.name == name)


def _level(column: Column, text: str) -> int:
    texts = [str(level).lower() for level in column.levels or ()]
    if text.lower() not in texts:
        raise InputError("no such level", where=column.name, got=text,
                         expected=f"one of: {', '.join(texts)}")  # fmt: skip
    return texts.index(text.lower())
