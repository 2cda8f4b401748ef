"""The judgement of a gate: an outcome, the reasons for it, and the numbers behind them.

``FAIL > INCONCLUSIVE > WARN > PASS``, the worst wins. INCONCLUSIVE means that the data don't decide
(too few rows, no reference, an empty group). It never becomes PASS, and the policy says whether it
holds the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

OnInconclusive = Literal["hold", "release"]
Number = float | int | str | None
NOT_JUDGED: Final = "NOT JUDGED"
"""What is shown where nothing was judged; it is no outcome, and never PASS."""


class Outcome(StrEnum):
    """The outcome of a gate."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"

    @property
    def severity(self) -> int:
        """Place in the order PASS, WARN, INCONCLUSIVE, FAIL (0 to 3)."""
        return list(Outcome).index(self)

    @property
    def exit_code(self) -> int:
        """0 for PASS and WARN, 1 for FAIL, 3 for INCONCLUSIVE."""
        return {Outcome.FAIL: 1, Outcome.INCONCLUSIVE: 3}.get(self, 0)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of some outcomes, PASS if there is none.

    Examples
    --------
    >>> worst([Outcome.WARN, Outcome.FAIL, Outcome.PASS]).value
    'FAIL'
    """
    return max(outcomes, key=lambda o: o.severity, default=Outcome.PASS)


class Frozen(BaseModel):
    """A value: it doesn't change, and has no field that it doesn't name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(Frozen):
    """One number that was measured in the data, without any limit.

    Parameters
    ----------
    name : str
        What was measured, by its usual name (``ks_statistic``, ``psi`` …).
    value : float, int or None
        None if it could not be measured.
    unit : str
        ``1`` for a pure number, ``rows``, ``share``, ``seconds`` …
    n : int, optional
        Rows (or the denominator) behind the number.
    column, group : str, optional
        The column and group that were measured.
    detail : dict
        Further details for a reader, JSON only, never a value of a classified column.
    """

    name: str
    value: float | int | None
    unit: str
    n: int | None = None
    column: str | None = None
    group: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class Reason(Frozen):
    """Why a gate judged as it did; ``code`` leads to its runbook and its room.

    ``code`` is one of :class:`assay.reasons.ReasonCode`. ``cause`` says in one short line where the
    problem comes from, if a gate has analysed that; it names columns, never a value of a classified
    column. ``about`` says what the numbers describe (the favourable outcome and the rows of a
    rate), in the words of the policy.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    outcome: Outcome
    message: str
    column: str | None = None
    numbers: dict[str, Number] = Field(default_factory=dict)
    cause: str | None = None
    about: str | None = None


class Judging(Protocol):
    """The part of a policy that its verdict records."""

    @property
    def hash(self) -> str:
        """Digest of the policy's content."""

    @property
    def on_inconclusive(self) -> OnInconclusive:
        """What an INCONCLUSIVE outcome does to the batch."""


class Verdict(Frozen):
    """The judgement of one gate on one batch.

    Read ``outcome`` first, then ``holds`` (is the batch held back?), then the reasons. The
    measurements have every measured number, whether or not it gave a reason.
    """

    gate: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    policy_hash: str
    on_inconclusive: OnInconclusive
    detail: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(
        cls,
        gate: str,
        reasons: Iterable[Reason],
        measurements: Iterable[Measurement],
        policy: Judging,
        detail: Mapping[str, Any] | None = None,
    ) -> Verdict:
        """Make a verdict: its outcome is that of its worst reason, PASS without reasons."""
        kept = tuple(reasons)
        return cls(
            gate=gate,
            outcome=worst(r.outcome for r in kept),
            reasons=kept,
            measurements=tuple(measurements),
            policy_hash=policy.hash,
            on_inconclusive=policy.on_inconclusive,
            detail=dict(detail or {}),
        )

    @property
    def holds(self) -> bool:
        """Whether the batch may not be released on this verdict."""
        if self.outcome is Outcome.INCONCLUSIVE:
            return self.on_inconclusive == "hold"
        return self.outcome is Outcome.FAIL

    @property
    def exit_code(self) -> int:
        """The outcome's, whatever its policy says."""
        return self.outcome.exit_code
