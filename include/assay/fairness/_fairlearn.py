"""fairlearn's summary figures, computed by fairlearn from counts: the one door to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from assay.fairness._counts import Group, RateName, rate

_FIGURES: Mapping[str, tuple[RateName, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "demographic_parity_ratio": ("selection_rate",),
    "equal_opportunity_difference": ("true_positive_rate",),
    "equal_opportunity_ratio": ("true_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "equalized_odds_ratio": ("true_positive_rate", "false_positive_rate"),
}


def fairlearn_figures(groups: Iterable[Group], least_number: int) -> dict[str, tuple[float, int]]:
    """The greatest gap between any two groups, by fairlearn's own functions.

    Read a difference as the highest group's rate minus the lowest's, a ratio as the lowest over
    the highest; no reference group takes part. They are shown and never judged: with many groups
    the greatest gap is above 0 by chance alone.

    The groups are those of one attribute or one intersection. Groups with a smaller denominator of
    a rate than ``least_number`` stay out of that figure.

    Returns
    -------
    dict
        Figure to (value, rows in it). A figure that fewer than two groups can enter is left out.
        Without predictions there is none; give the label as prediction to compare base rates.

    Notes
    -----
    fairlearn gets one weighted row for each combination of group, label and prediction
    (``sample_weight``), so the cost doesn't grow with the data. A difference and a ratio of the
    same rates are read off one frame.
    """
    groups = list(groups)
    found = {rates: _compared(groups, rates, least_number) for rates in set(_FIGURES.values())}
    figures: dict[str, tuple[float, int]] = {}
    for name, rates in _FIGURES.items():
        compared = found[rates]
        if compared is not None:
            worst = min if name.endswith("ratio") else max
            gaps = compared.ratio if name.endswith("ratio") else compared.difference
            figures[name] = (float(worst(gaps())), compared.rows)
    return figures


class _Compared(NamedTuple):
    """What fairlearn says of the groups that have a rate: gaps by rate, and the rows in them."""

    difference: Callable[[], Any]
    ratio: Callable[[], Any]
    rows: int


def _compared(
    groups: Sequence[Group], rates: tuple[RateName, ...], least_number: int
) -> _Compared | None:
    """One frame of fairlearn's over the groups that are large enough; None for fewer than two."""
    from fairlearn import metrics

    able = [g for g in groups if all(rate(g, r).n >= least_number for r in rates)]
    if len(able) < 2:
        return None
    # An unknown label is no matter where none is needed.
    rows = [
        (int(label or False), int(prediction), f"{place}", n)
        for place, group in enumerate(able)
        for (label, prediction), n in group.counts.items()
        if prediction is not None and (label is not None or rates == ("selection_rate",))
    ]
    truth, said, names, weights = (list(column) for column in zip(*rows, strict=True))
    frame = metrics.MetricFrame(
        metrics={name: getattr(metrics, name) for name in rates},
        y_true=truth,
        y_pred=said,
        sensitive_features=names,
        sample_params={name: {"sample_weight": weights} for name in rates},
    )
    return _Compared(frame.difference, frame.ratio, sum(weights))
