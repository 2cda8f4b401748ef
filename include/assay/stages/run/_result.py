"""What a stage reports: a small value for the stages after it, and text for a person."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from assay.reasons import RUNBOOKS, batch_word, gate_word
from assay.verdict import Frozen, Outcome, Verdict
from assay.wording import folded, sentence

JUDGING: Final = 4
"""Version of the code that judges; raise it when a gate would judge the same rows otherwise."""
_MOST: Final = 20


class StageResult(Frozen):
    """What a stage found, without any row.

    Read ``outcome`` (None where nothing was there to be judged), then ``holds``: whether the batch
    may not go on. ``messages`` say why, the
    worst first; ``report`` is the page where a person should look, relative to the home.

    Parameters
    ----------
    rows : dict
        How many rows came in, were quarantined, dropped, changed …
    hours_after_batch : float, optional
        From ingest: hours between the end of the batch and the arrival of its input.
    derived : dict
        From clean: each derived column with its expression and the columns it is made of.
    state, snapshot : str and int, optional
        From release: the state of the batch, and the snapshot that has it. From ingest: the state
        ``not_expected``, where nothing arrived and nothing was expected.
    version : str, optional
        From promote: the model version, such as ``late_arrival@3``.
    """

    stage: str
    outcome: Outcome | None = Outcome.PASS
    holds: bool = False
    reasons: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    rows: dict[str, int] = Field(default_factory=dict)
    report: str | None = None
    hours_after_batch: float | None = None
    derived: dict[str, dict[str, Any]] = Field(default_factory=dict)
    state: str | None = None
    snapshot: int | None = None
    version: str | None = None

    @property
    def word(self) -> str:
        """What is shown of it: its outcome, or that it judged nothing, or what stands for one."""
        if self.outcome is None:
            return (self.state or "not judged").replace("_", " ").upper()
        return gate_word(self.outcome, self.reasons)

    @classmethod
    def judged(cls, stage: str, verdict: Verdict, **more: Any) -> StageResult:
        """The result of a stage that gave a verdict, with the worst reasons first."""
        reasons = sorted(verdict.reasons, key=lambda r: -r.outcome.severity)
        return cls(
            stage=stage,
            outcome=verdict.outcome,
            holds=verdict.holds,
            reasons=tuple(dict.fromkeys(r.code for r in reasons)),
            messages=tuple(f"{r.code}: {sentence(r)}" for r in reasons),
            **more,
        )


class Finished(Frozen):
    """What a stage has finished with; kept, sealed, for the stages after it and a repeated run.

    It counts for the code that made it: after a correction a gate judges again.

    Parameters
    ----------
    result : StageResult
    verdict : Verdict, optional
        From a stage that judges.
    input_sha, version : str, optional
        From ingest: the input that landed, and the version that it will give.
    wrote : dict
        Name of each artefact that the stage wrote → SHA-256 of its bytes.
    """

    judging: int = JUDGING
    result: StageResult
    verdict: Verdict | None = None
    input_sha: str | None = None
    version: str | None = None
    wrote: dict[str, str] = Field(default_factory=dict)

    def agrees(self, policy_hash: str | None) -> bool:
        """Whether the result follows from the verdict, and the verdict from a policy of this hash.

        It is asked before a decision rests on it. A stage without a verdict holds nothing.
        """
        if self.verdict is None:
            return not self.result.holds
        judged = (self.result.outcome, self.result.holds, policy_hash)
        return judged == (self.verdict.outcome, self.verdict.holds, self.verdict.policy_hash)


def render_result(result: StageResult, runbooks: str = RUNBOOKS) -> str:
    """A stage's result as a person reads it in the task's log.

    ``runbooks`` is the folder or the address of the runbooks.
    """
    effect = " and holds the batch" if result.holds else ""
    decided = result.state is not None and result.outcome is not None
    word = batch_word(str(result.outcome), result.reasons) if decided else result.word
    lines = [f"{result.stage}: {word}{effect}"]
    lines += [f"  {message}" for message in folded(result.messages, _MOST, "reasons: the report")]
    if result.holds:
        lines += [f"  what to do: {runbooks}/{code}.md" for code in result.reasons]
    if result.rows:
        lines.append("  rows: " + ", ".join(f"{n} {k}" for k, n in result.rows.items()))
    if result.report:
        lines.append(f"  report: {result.report}")
    return "\n".join(lines)
