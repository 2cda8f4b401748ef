"""What travels from stage to stage: references and small numbers, never rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.reasons import RUNBOOKS
from assay.verdict import Outcome, Reason, Verdict

_MOST_NUMBERS: Final = 6
RunType = Literal["scheduled", "manual", "backfill", "asset"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Frozen):
    """What a person asked for in the trigger form; nothing in a scheduled run."""

    by: str | None = None
    stop_before_release: bool = False
    reference: str | None = None
    force: bool = False
    reason: str | None = None


class Pinned(_Frozen):
    """What a run compares with and joins against, fixed at its start.

    Parameters
    ----------
    references : dict
        Name of a drift reference → batch → version id.
    unavailable : dict
        Name of a drift reference → why it has no batch.
    tables : dict
        Reference data set → batch → version id, the partitions of one snapshot.
    snapshots : dict
        Reference data set → number of that snapshot.
    bootstrap : bool
        Whether the policy lets this batch through without a reference.
    """

    references: dict[str, dict[str, str]] = Field(default_factory=dict)
    unavailable: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, dict[str, str]] = Field(default_factory=dict)
    snapshots: dict[str, int] = Field(default_factory=dict)
    bootstrap: bool = False


class Ticket(_Frozen):
    """One run of one batch: who, what, when, and what was pinned.

    ``input_sha`` and ``version`` are unknown until the input has landed; from then on the version
    id, which derives from everything that the run depends on, names the run's working folder too.
    """

    dataset: str
    batch: str
    run_id: str
    run_type: RunType
    run_url: str | None = None
    started: datetime
    token: int
    asked: Asked = Asked()
    pinned: Pinned = Pinned()
    input_sha: str | None = None
    version: str | None = None


class StageResult(_Frozen):
    """What a stage tells the next ones and the person who looks at its task.

    Read ``outcome``, then ``holds``: whether the batch may not go on. ``files`` names what was
    written, relative to the home; ``report`` is where a person should look.
    """

    stage: str
    outcome: Outcome = Outcome.PASS
    holds: bool = False
    reasons: tuple[str, ...] = ()
    rows: dict[str, int] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    report: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def judged(cls, stage: str, verdict: Verdict, **more: Any) -> StageResult:
        """The result of a stage that gave a verdict, its reasons the worst first."""
        reasons = sorted(verdict.reasons, key=lambda r: -r.outcome.severity)
        return cls(
            stage=stage,
            outcome=verdict.outcome,
            holds=verdict.holds,
            reasons=tuple(dict.fromkeys(r.code for r in reasons)),
            detail={"messages": [_message(r) for r in reasons]},
            **more,
        )


def _message(reason: Reason) -> str:
    """A reason as a person reads it: where, what, and by which numbers if the text has none."""
    column = reason.column if reason.column and reason.column not in reason.message else ""
    counted = any(c.isdigit() for c in reason.message)
    numbers = [(n, v) for n, v in reason.numbers.items() if v is not None and not counted]
    measured = ", ".join(f"{name} {_figure(value)}" for name, value in numbers[:_MOST_NUMBERS])
    text = reason.message.removesuffix(".") + (f" ({measured})" if measured else "")
    why = f". Why: {reason.cause}." if reason.cause else ""
    return f"{reason.code}{column and ' ' + column}: {text}{why}"


def _figure(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def render_result(result: StageResult) -> str:
    """A stage's result as a person reads it in the task's log."""
    effect = " and holds the batch" if result.holds else ""
    lines = [f"{result.stage}: {result.outcome.value}{effect}"]
    lines += [f"  {message}" for message in result.detail.get("messages", [])]
    if result.holds:
        lines += [f"  what to do: {RUNBOOKS}/{code}.md" for code in result.reasons]
    if result.rows:
        lines.append("  rows: " + ", ".join(f"{n} {k}" for k, n in result.rows.items()))
    if result.report:
        lines.append(f"  report: {result.report}")
    return "\n".join(lines)
