"""A validation as one HTML page: what is unmet first, rows set aside by reason, then the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from markupsafe import Markup

from assay.page import (
    Lead,
    PageContext,
    Section,
    mark,
    number,
    percent,
    reasons,
    render_page,
    table,
    text,
)
from assay.page.draw import bar, scale_end, share_axis
from assay.quality._finding import Finding
from assay.quality._finding_words import (
    count_of,
    found_words,
    named_words,
    share_of,
    state_word,
    unjudged,
    unmet_first,
)
from assay.quality._validation import Validation
from assay.verdict import NOT_JUDGED, Verdict

_STAGES: Final = {"validate_raw": ", raw rows", "validate_clean": ", cleaned rows"}


def render_html(verdict: Verdict, report: Validation, context: PageContext) -> str:
    """Render the validation as a page; of classified columns counts only, as in its result."""
    aside = unjudged(report.findings)
    unmet = unmet_first(report.findings)
    met = [f for f in report.findings if f.not_judged is None and f.success]
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Every judged expectation is met.")]),
        Section("Unmet expectations", list(_unmet(unmet, report, context))),
        Section("Not judged", [_not_judged(aside, report)], _NOT_JUDGED),
        Section("Quarantined rows by reason", list(_quarantined(report)), _QUARANTINE),
        Section("Met expectations", [_met(met)], folded=len(met) > 8),
    ]
    lead = Lead.of(verdict, _answer(report), _facts(report))
    title = context.title("Validation") + _STAGES.get(verdict.gate, "")
    return render_page(title, lead, sections, context.back)


_QUARANTINE: Final = (
    "Shares of the rows that were judged. A row that fails two expectations counts in both lines, "
    "and is quarantined once."
)


def _answer(found: Validation) -> str:
    of = [f for f in found.findings if f.not_judged is None]
    met, unjudged = sum(f.success for f in of), len(found.findings) - len(of)
    left = f", {unjudged} not judged" if unjudged else ""
    judged = found.rows_in - found.dropped
    share = percent(found.quarantined / judged if judged else 0)
    aside = f"{found.quarantined:,} of {judged:,} rows are quarantined ({share})."
    return f"{met} of {len(of)} judged expectations are met{left}. {aside}"


def _facts(found: Validation) -> list[tuple[str, str]]:
    facts = [("Rows in", f"{found.rows_in:,}"), ("Quarantined", f"{found.quarantined:,}")]
    if found.dropped:
        facts.append(("Dropped as exact duplicates", f"{found.dropped:,}"))
    facts += [("Rows left", f"{found.rows_left:,}"), ("Suite", found.suite_name)]
    return facts


def _unmet(
    findings: Sequence[Finding], found: Validation, context: PageContext
) -> Iterator[Markup]:
    if not findings:
        yield text("Every judged expectation is met.")
        return
    most = scale_end(max((share_of(f) for f in findings), default=0.0))
    rows = (
        (_named(f), mark(state_word(f)), _bar(f, most),
         found_words(f, found.redact, context.named),
         f"{count_of(f):,}" if f.row_level else "–")
        for f in findings
    )  # fmt: skip
    heads = ["expectation", "", share_axis(most), "what was found", "rows"]
    yield table(heads, rows, drawn=(2,), numbers=(4,))


_NOT_JUDGED: Final = (
    "Nothing is known of these. An expectation that could not be judged holds the batch or warns, "
    "by its severity; one without a row or a value to judge, and what a contract says in words, "
    "changes nothing."
)


def _not_judged(findings: Sequence[Finding], found: Validation) -> Markup:
    rows: list[tuple[Any, ...]] = [
        (_named(f), mark(f.verdict if f.problem is not None else NOT_JUDGED), f.not_judged)
        for f in findings
    ]
    rows += [(what, mark(NOT_JUDGED), f"{why}; {where}") for where, what, why in found.not_judged]
    return table(["expectation", "", "why"], rows)


def _named(f: Finding) -> Markup:
    of, what, words = named_words(f)
    small = Markup('; <br><span class="dim">{}</span>').format(words) if words else ""
    return Markup("<b>{}</b> {}{}").format(of, what, small)


def _bar(f: Finding, most: float) -> Markup:
    label = f"{f.expectation.label}: {percent(share_of(f))} of rows"
    return bar(share_of(f), most, label) if f.row_level else Markup("")


def _quarantined(found: Validation) -> Iterator[Markup]:
    setting = sorted((f for f in found.findings if f.quarantines), key=lambda f: -count_of(f))
    if not setting:
        return
    most = scale_end(max(share_of(f) for f in setting))
    rows = (
        (_named(f), bar(share_of(f), most, f"{count_of(f):,} rows"), f"{count_of(f):,}",
         percent(share_of(f)))
        for f in setting
    )  # fmt: skip
    heads = ["reason", share_axis(most), "rows", "share"]
    yield table(heads, rows, drawn=(1,), numbers=(2, 3))


def _met(findings: Sequence[Finding]) -> Markup:
    rows = (
        (_named(f), f.expectation.severity,
         f"{number(count_of(f))} tolerated" if f.row_level and count_of(f) else "")
        for f in findings
    )  # fmt: skip
    return table(["expectation", "severity", ""], rows)
