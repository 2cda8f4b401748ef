"""Findings in plain words: what was asked for, and how far the data are from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from assay.page import percent
from assay.quality._finding import Finding
from assay.quality._wording import asked_words, shown_value

_EXAMPLES: Final = 5
Named = Callable[[str, object], str]


def unmet_first(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that were judged and aren't met, the worst first."""
    unmet = [f for f in findings if not f.success and f.not_judged is None]
    return sorted(unmet, key=lambda f: (-f.verdict.severity, -count_of(f)))


def unjudged(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of which nothing was judged, those that hold the batch first."""
    return sorted((f for f in findings if f.not_judged), key=lambda f: -f.verdict.severity)


def table_row(finding: Finding, redact: Collection[str]) -> tuple[str, str, str, str]:
    """A finding as a row of a table: its word, expectation, failing rows, what was found."""
    judged = finding.not_judged is None
    rows = f"{count_of(finding):,}" if judged and finding.row_level else "–"
    of, what, rest = named_words(finding)
    asked = f"{of} {what}" + (f" ({rest})" if rest else "")
    found = finding.not_judged or found_words(finding, redact)
    return state_word(finding), asked, rows, found


def state_word(finding: Finding) -> str:
    """What became of an expectation in a word; ``info`` for an unmet one that changes nothing."""
    if finding.problem is not None:
        return finding.verdict.value
    return "info" if finding.state == "UNMET" else finding.state


def named_words(finding: Finding) -> tuple[str, str, str]:
    """What a finding is about, what is asked of it, and in small print the rest with the notes."""
    e = finding.expectation
    what, rest = asked_words(e)
    note = e.notes if isinstance(e.notes, str) else ""
    return ", ".join(e.columns) or "the table", what, ". ".join(filter(None, [rest, note]))


def found_words(finding: Finding, redact: Collection[str], named: Named | None = None) -> str:
    """What was found; of the columns to redact counts only.

    ``named`` says a level of a column with its label.
    """
    result = finding.document(redact)["result"]
    if result.get("redacted"):
        return "the values are not shown, because the column is classified"
    if finding.row_level:
        return f"{percent(share_of(finding))} of rows{_examples(finding, result, named)}"
    observed = result.get("observed_value")
    return "" if observed is None else f"observed {shown_value(observed)}"


def _examples(finding: Finding, result: Mapping[str, Any], named: Named | None) -> str:
    counts = (result.get("partial_unexpected_counts") or [])[:_EXAMPLES]
    column = ",".join(finding.expectation.columns)
    values = [shown_value(one["value"]) for one in counts]
    names = [named(column, value) if named else value for value in values]
    shown = [f"{name} ×{one['count']}" for name, one in zip(names, counts, strict=True)]
    shown = [s for s in shown if not s.startswith("None ")]
    return f"; among the first: {', '.join(shown)}" if shown else ""


def count_of(finding: Finding) -> int:
    """How many rows don't meet the expectation."""
    return int(finding.result.get("unexpected_count") or 0)


def share_of(finding: Finding) -> float:
    """Which share of the rows doesn't meet the expectation."""
    total = int(finding.result.get("element_count") or 0)
    return count_of(finding) / total if total else 0.0
