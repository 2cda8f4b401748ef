"""Alarms of a verdict, and the verdict with their causes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from assay.drift.attribution._cause import Cause
from assay.drift.attribution._render import cause_line
from assay.policy.drift import DriftPolicy, Slice
from assay.reasons import ReasonCode
from assay.verdict import Outcome, Verdict

_EXPLAINED: Final = (
    ReasonCode.DRIFT_DETECTED,
    ReasonCode.UNSEEN_CATEGORY,
    ReasonCode.MISSING_SHARE_CHANGED,
    ReasonCode.COLUMN_MISSING,
    ReasonCode.COLUMN_TYPE,
)


@dataclass(frozen=True)
class Alarm:
    """One reason why one column failed, in all rows or in a slice."""

    table: str
    reference: str
    column: str
    code: str
    part: Slice | None = None

    @property
    def place(self) -> dict[str, Any]:
        """The fields of a cause that name the alarm."""
        return {
            "table": self.table,
            "reference": self.reference,
            "column": self.column,
            "slice": self.part.name if self.part else None,
            "code": self.code,
        }


def alarms(verdict: Verdict, policy: DriftPolicy) -> list[Alarm]:
    """List the reasons to explain: those of columns that failed, each once.

    A failure in the observed rows is not explained again for the candidate, which is those rows
    after cleaning.
    """
    parts = {part.name: part for part in policy.slices}
    found: dict[tuple[str, ...], Alarm] = {}
    for row in verdict.detail.get("columns", ()):
        failed = row["outcome"] == Outcome.FAIL.value
        for code in (c for c in _EXPLAINED if failed and c in row["codes"]):
            key = (row["reference"], row["column"], str(row["slice"]), code)
            place = row["table"], row["reference"], row["column"]
            found.setdefault(key, Alarm(*place, code, parts.get(row["slice"])))
    return list(found.values())


def with_causes(verdict: Verdict, causes: Iterable[Cause]) -> Verdict:
    """Add causes to a verdict: all under ``detail["causes"]``, and one line to each reason."""
    found = list(causes)
    if not found:
        return verdict
    lines: dict[tuple[Any, ...], str] = {
        (c.reference, c.column, c.slice, c.code): cause_line(c) for c in found
    }
    detail = verdict.detail | {"causes": [c.model_dump(mode="json") for c in found]}
    reasons = []
    for reason in verdict.reasons:
        place = (reason.numbers.get("reference"), reason.column, reason.numbers.get("slice"))
        line = lines.get((*place, reason.code))
        reasons.append(reason.model_copy(update={"cause": line}) if line else reason)
    return verdict.model_copy(update={"detail": detail, "reasons": tuple(reasons)})


def causes_of(verdict: Verdict) -> list[Cause]:
    """Read the causes of a verdict."""
    return [Cause.model_validate(one) for one in verdict.detail.get("causes", ())]
