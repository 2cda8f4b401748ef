"""A figure with its interval."""

from __future__ import annotations

import math

from pydantic import ConfigDict, Field

from assay.verdict import Frozen


class Estimate(Frozen):
    """A figure, its confidence interval, and what it was counted from; safe to write as JSON.

    Parameters
    ----------
    value : float or None
        None where the figure isn't defined, as the precision of a class that no row is predicted
        to be. It is never NaN or infinite.
    low, high : float or None
        The interval's ends, at the level that was asked for. Both None where there is a value and
        no interval, as with a single row.
    n : int
        Rows behind the figure: its own denominator, not the table's.
    how : str
        Which interval it is, or why there is none.
    p : float, optional
        p-value of the hypothesis that its maker names: no difference, or a calibrated model.

    Examples
    --------
    >>> Estimate(value=0.9, low=0.5958, high=0.9821, n=10, how="Wilson").inconclusive
    False
    >>> Estimate.undefined("no row is predicted to be late").model_dump_json()
    '{"value":null,"low":null,"high":null,"n":0,"how":"no row is predicted to be late","p":null}'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = Field(ge=0)
    how: str
    p: float | None = None

    @classmethod
    def undefined(cls, why: str, n: int = 0) -> Estimate:
        """A figure that can't be given, with the reason."""
        return cls(value=None, n=n, how=why)

    @property
    def inconclusive(self) -> bool:
        """Whether there is no interval, so that nothing may be concluded from the figure."""
        return self.low is None or self.high is None


def finite(value: float) -> float | None:
    """Return the number, or None for NaN and infinities.

    Examples
    --------
    >>> finite(0.5), finite(math.nan), finite(math.inf)
    (0.5, None, None)
    """
    return value if math.isfinite(value) else None
