"""A figure with its interval: as a measurement of a verdict, and in a sentence."""

from __future__ import annotations

from typing import Any, Final

from assay.statistics.scores.estimate import Estimate
from assay.verdict import Measurement

_SHARES: Final = frozenset({"flipped", "duplicates"})


def as_measurement(
    name: str, estimate: Estimate, *, column: str | None = None, group: str | None = None,
    **detail: Any,
) -> Measurement:  # fmt: skip
    """Make a measurement of a figure; its interval stands in the detail."""
    known = {"low": estimate.low, "high": estimate.high, "how": estimate.how, **detail}
    unit = "share" if name.split(":", maxsplit=1)[0] in _SHARES else "1"
    return Measurement(
        name=name, value=estimate.value, unit=unit, n=estimate.n, column=column, group=group,
        detail=known,
    )  # fmt: skip


def shown(estimate: Estimate) -> str:
    """A figure with its interval, for a sentence."""
    if estimate.value is None:
        return f"not defined ({estimate.how})"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f} without an interval ({estimate.how})"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f}, n = {estimate.n:,})"
