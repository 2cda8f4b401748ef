"""What a gate says: an outcome, the reasons for it, and the numbers behind them.

``FAIL > INCONCLUSIVE > WARN > PASS``, the worst wins. INCONCLUSIVE means that the data could not
tell (too few rows, no reference, an empty group); it is never folded into PASS, and the policy
says whether it holds the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

OnInconclusive = Literal["hold", "release"]
Number = float | int | str | None


class Outcome(StrEnum):
    """How a gate judged."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"

    @property
    def severity(self) -> int:
        """Place in the order PASS, WARN, INCONCLUSIVE, FAIL (0 to 3)."""
        return list(Outcome).index(self)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of some outcomes, PASS for none.

    Examples
    --------
    >>> worst([Outcome.WARN, Outcome.FAIL, Outcome.PASS]).value
    'FAIL'
    """
    return max(outcomes, key=lambda o: o.severity, default=Outcome.PASS)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Frozen):
    """One number taken from the data, knowing no limit.

    Parameters
    ----------
    name : str
        What was measured, in the field's own term (``ks_statistic``, ``psi`` …).
    value : float, int or None
        None where it could not be measured.
    unit : str
        ``1`` for a pure number, ``rows``, ``share``, ``seconds`` …
    n : int, optional
        Rows (or the denominator) behind the number.
    column, group : str, optional
        What it is about.
    detail : dict
        What else a reader needs, JSON only, never a value of a classified column.
    """

    name: str
    value: float | int | None
    unit: str
    n: int | None = None
    column: str | None = None
    group: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class Reason(_Frozen):
    """Why a gate judged as it did; ``code`` leads to its runbook and its room.

    ``cause`` says in one short line where it comes from, if a gate looked into that; it names
    columns, and no value of a classified one. ``about`` says what the numbers are of where that
    isn't plain (the favourable outcome and the rows of a rate), in the policy's words alone.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    outcome: Outcome
    message: str
    column: str | None = None
    numbers: dict[str, Number] = Field(default_factory=dict)
    cause: str | None = None
    about: str | None = None


class Judging(Protocol):
    """What a verdict needs to know of the policy that judged."""

    @property
    def hash(self) -> str:
        """Digest of the policy's content."""

    @property
    def on_inconclusive(self) -> OnInconclusive:
        """What an INCONCLUSIVE outcome does to the batch."""


class Verdict(_Frozen):
    """The judgement of one gate on one batch.

    Read ``outcome`` first, then ``holds`` (does it keep the batch from being released?), then the
    reasons. The measurements are all that was measured, whether or not it gave a reason.
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
        """A verdict whose outcome is its worst reason's, PASS without any."""
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
        """0 for PASS and WARN, 1 for FAIL, 3 for INCONCLUSIVE, whatever the policy does with it."""
        return {Outcome.FAIL: 1, Outcome.INCONCLUSIVE: 3}.get(self.outcome, 0)
