"""The divergence of a column's distribution from the one in the suite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from assay.quality._check import Check, Conclusion, Values, counted, scope, scoped
from assay.quality._frame import Frame, Unjudged, all_of, members
from assay.quality._registry import compiles
from assay.quality._suite import Expectation
from assay.quality.expectations._aggregates import numeric

_MOST_VALUES: Final = 100_000


@dataclass(frozen=True)
class _Partition:
    """What is expected: weights of values or of the bins between edges, and how much may stray."""

    weights: tuple[float, ...]
    values: tuple[Any, ...] | None
    edges: tuple[float, ...]
    tails: tuple[float, float] | None
    internal: float
    tail: float

    @classmethod
    def of(cls, kwargs: Mapping[str, Any]) -> _Partition:
        """The partition of an expectation; Unjudged where it is none."""
        given = kwargs["partition_object"]
        if not isinstance(given, Mapping) or not given.get("weights"):
            raise Unjudged("partition_object needs `weights`, and `values` or `bins`")
        tails = given.get("tail_weights")
        one = cls(
            weights=tuple(map(float, given["weights"])),
            values=tuple(given["values"]) if "values" in given else None,
            edges=tuple(map(float, given.get("bins") or ())),
            tails=None if tails is None else (float(tails[0]), float(tails[1])),
            internal=_share(kwargs, "internal_weight_holdout"),
            tail=_share(kwargs, "tail_weight_holdout"),
        )
        one.check()
        return one

    def check(self) -> None:
        """Refuse what is no distribution, and holdouts that it leaves no place for."""
        places = len(self.weights) + (0 if self.values is not None else 1)
        given = self.edges if self.values is None else self.values
        total = math.fsum([*self.weights, *(self.tails or ())])
        if len(given) != places or not math.isclose(total, 1.0, rel_tol=1e-5, abs_tol=1e-8):
            raise Unjudged("Invalid partition object.")
        if any(a >= b for a, b in pairwise(self.edges)):
            raise Unjudged("Invalid partition object: its bins don't rise")
        if self.values is not None and self.internal:
            raise Unjudged("Internal weight holdout cannot be used for discrete data.")
        if self.tail and self.tails:
            raise Unjudged("tail_weight_holdout must be 0 when there are tail_weights")
        infinite = [math.isinf(e) for e in (self.edges[:1] + self.edges[-1:])]
        if any(infinite) and self.tails:
            raise Unjudged("there are no tails beyond a bin that ends at infinity")
        if all(infinite) and infinite and self.tail:
            raise Unjudged("tail_weight_holdout cannot be used with infinite endpoints.")


def _share(kwargs: Mapping[str, Any], name: str) -> float:
    value = kwargs.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Unjudged(f"{name} must be between zero and one.")
    return float(value)


def relative_entropy(observed: Sequence[float], expected: Sequence[float]) -> float:
    """Kullback–Leibler divergence of two weightings, each scaled to sum to 1, in nats.

    Read it as the expected log ratio: 0 where both agree, infinite where something is observed that
    has no expected weight, NaN where nothing is observed.

    References
    ----------
    Kullback, S. and Leibler, R. A. (1951). On Information and Sufficiency. Annals of Mathematical
    Statistics 22 (1). https://doi.org/10.1214/aoms/1177729694

    Examples
    --------
    >>> round(relative_entropy([5, 3, 2], [1, 1, 1]), 6), relative_entropy([1, 1], [1, 0])
    (0.068959, inf)
    """
    n, m = math.fsum(observed), math.fsum(expected)
    if not n or not m:
        return math.nan
    terms = []
    for p, q in zip(observed, expected, strict=True):
        if p and not q:
            return math.inf
        terms.append(p / n * math.log(p / n / (q / m)) if p else 0.0)
    return math.fsum(terms)


def _judged(divergence: float, e: Expectation, **partitions: Any) -> Conclusion:
    threshold = e.kwargs.get("threshold")
    observed = divergence if math.isfinite(divergence) else None
    met = threshold is None or divergence <= threshold
    return Conclusion(met, {"observed_value": observed, "details": partitions})


@compiles(
    "expect_column_kl_divergence_to_be_less_than",
    scans="the one scan for bins, one that groups by the column for values",
    required=("column", "partition_object"),
    differences="Needs a `partition_object`; without one GX compares the column with itself. Bins "
    "are for numbers only. Beyond 100 000 distinct values a partition of values can't be judged.",
)
def kl_divergence(frame: Frame, e: Expectation) -> Check:
    """The divergence from ``partition_object`` is at most ``threshold``."""
    threshold = e.kwargs.get("threshold")
    number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
    if threshold is not None and not (number and threshold >= 0):
        raise Unjudged("Threshold must be specified, greater than or equal to zero.")
    partition = _Partition.of(e.kwargs)
    if partition.values is not None:
        return _of_values(frame, e, partition)
    if e.kwargs.get("bucketize_data") is False:
        raise Unjudged("bins need bucketize_data")
    return _of_bins(frame, e, partition)


def _of_values(frame: Frame, e: Expectation, expected: _Partition) -> Check:
    name, table = e.kwargs["column"], scoped(frame, e)
    column = frame.column(name)
    present = table.filter(table[name].notnull()).select(value=name)
    counts = present.group_by("value").agg(n=present.count()).order_by("value")
    found = frame.rows(counts.limit(_MOST_VALUES + 1))
    if len(found) > _MOST_VALUES:
        raise Unjudged(f"the column has more than {_MOST_VALUES} distinct values")
    weights: dict[Any, float] = {}
    for value, weight in zip(expected.values or (), expected.weights, strict=True):
        own = members(column, [value])
        key = own[0] if own and not hasattr(own[0], "op") else value
        if key in weights:
            raise Unjudged("Invalid partition object: a value stands twice")
        weights[key] = weight
    seen = {r["value"]: int(r["n"]) for r in found}
    total = sum(seen.values())
    new = [v for v in seen if v not in weights]
    order = [*weights, *new]
    p = [seen.get(v, 0) / total if total else 0.0 for v in order]
    scale = 1 - expected.tail if new else 1.0
    q = [*(w * scale for w in weights.values()), *(expected.tail / len(new) for _ in new)]
    return Check({}, lambda _: _judged(
        relative_entropy(p, q), e, observed_partition={"values": order, "weights": p},
        expected_partition={"values": order, "weights": q}))  # fmt: skip


def _of_bins(frame: Frame, e: Expectation, expected: _Partition) -> Check:
    column, condition, edges = numeric(frame, e), scope(frame, e), expected.edges
    wanted = {f"b{i}": column < x for i, x in enumerate(edges)}
    wanted |= {"last": column <= edges[-1], "n": column.notnull()}
    aggregates = {k: counted(frame, all_of([condition, met])) for k, met in wanted.items()}

    def conclude(values: Values) -> Conclusion:
        reached = [int(values[f"b{i}"]) for i in range(len(edges))]
        reached[-1] = int(values["last"])  # the last bin holds its upper edge
        n = int(values["n"])
        counts = [reached[0], *(b - a for a, b in pairwise(reached)), n - reached[-1]]
        return _against_bins(e, expected, [c / n if n else math.nan for c in counts])

    return Check(aggregates, conclude)


def _against_bins(e: Expectation, expected: _Partition, observed: Sequence[float]) -> Conclusion:
    """Observed weights, those beyond either end included, against the expected ones.

    A bin that ends at infinity is itself the tail of its side.
    """
    left, right = math.isinf(expected.edges[0]), math.isinf(expected.edges[-1])
    both = expected.tail if left or right else expected.tail / 2
    low, high = expected.tails or (both, both)
    finite = slice(1 if left else 0, -1 if right else None)
    q = [*([] if left else [low]), *_with_holdout(expected), *([] if right else [high])]
    p, bins = list(observed)[finite], list(expected.edges)[finite]
    partitions = {
        name: {"bins": bins, "weights": w[1:-1], "tail_weights": [w[0], w[-1]]}
        for name, w in (("observed_partition", p), ("expected_partition", q))
    }
    return _judged(relative_entropy(p, q), e, **partitions)


def _with_holdout(expected: _Partition) -> list[float]:
    """Weights of the bins, less what is held out, empty ones with their part of it."""
    scaled = [w * (1 - expected.tail - expected.internal) for w in expected.weights]
    empty = scaled.count(0)
    if not expected.internal or not empty:
        return scaled
    return [w or expected.internal / empty for w in scaled]
