"""The page of made rows: what they are like, and whether they may be used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from assay.page import Lead, PageContext, Section, percent, reasons, render_page, table
from assay.statistics.scores.estimate import Estimate
from assay.synthesis.judging._fidelity import Distance
from assay.synthesis.judging._report import SynthesisReport
from assay.verdict import NOT_JUDGED, Verdict

_FIGURE: Final = ("figure", "from", "to", "rows")
_MOST_PAIRS: Final = 30
_SYNTHETIC: Final = "These rows are synthetic: none of them is about anybody."
_FIDELITY: Final = (
    "0 is alike, 1 is wholly different. Two random halves of the real rows differ by up to the "
    "number beside it."
)
_PRIVACY: Final = (
    "Made rows are compared with the half of the real rows that was learned from, and with the "
    "other half. Where they are equally far from both, they say nothing about who was learned from."
)


def render_html(verdict: Verdict, found: SynthesisReport, context: PageContext) -> str:
    """Render what was measured of made rows, and the verdict, as a page."""
    pairs = sorted(found.pairs, key=lambda d: -d.value)
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Every limit is kept.")]),
        Section("Utility", [_utility(found)], _utility_note(found)),
        Section("Privacy", [_privacy(found)], _PRIVACY),
        Section("Groups", [_groups(found)], _groups_note(found)),
        Section("Columns", [_distances(found.columns)], _FIDELITY),
        Section("Pairs", [_distances(pairs[:_MOST_PAIRS])], "The farthest first.", folded=True),
    ]
    answer = (
        f"{_SYNTHETIC} Columns are {percent(found.column_fidelity)} alike, pairs "
        f"{percent(found.pair_fidelity)}."
    )
    facts = [("Made", f"{found.made:,} rows"), ("Learned from", f"{found.learned:,} rows"),
             ("Compared with", f"{found.held:,} others")]  # fmt: skip
    lead = Lead.of(verdict, answer, facts, "data set")
    return render_page(context.title("Synthetic rows"), lead, sections, context.back)


def _distances(found: Iterable[Distance]) -> Markup:
    rows = [(" × ".join(d.columns), f"{d.value:.3f}", f"{d.null:.3f}", f"{d.n:,}") for d in found]
    return table(("of what", "distance", "two real halves", "rows"), rows, numbers=range(1, 4))


def _utility(found: SynthesisReport) -> Markup:
    one = found.utility
    if one is None:
        return Markup("")
    named = [("learned from real rows", one.real), ("learned from made rows", one.made),
             ("lost", one.lost)]  # fmt: skip
    rows = [(f"{one.metric}, {name}", *cells(figure)) for name, figure in named]
    return table(("of what", *_FIGURE), rows, numbers=range(1, 5))


def _utility_note(found: SynthesisReport) -> str:
    if found.utility is None:
        return f"{NOT_JUDGED}: the policy names no label."
    return f"Models predict {found.utility.label} in real rows that no model has learned from."


def _privacy(found: SynthesisReport) -> Markup:
    one = found.privacy
    named = [
        ("made rows that are nearer to a row that was learned from", one.nearer),
        ("ratio of nearest distances: held minus learned", one.ratio_gap),
        ("AUC of guessing who was learned from", one.membership),
        ("made rows with rare quasi-identifiers", one.rare),
    ]
    rows: list[tuple[str, ...]] = [(name, *cells(figure)) for name, figure in named]
    rows += [
        ("median distance to the rows that were learned from", f"{one.distance_learned:.3f}",
         "–", "–", ""),
        ("median distance to the others", f"{one.distance_held:.3f}", "–", "–", ""),
        ("copies of rare real rows", f"{one.copies:,}", "–", "–", f"{found.made:,}"),
    ]  # fmt: skip
    return table(("of what", *_FIGURE), rows, numbers=range(1, 5))


def _groups(found: SynthesisReport) -> Markup:
    rows = [
        (f"{g.attribute} = {g.group}", f"{g.n:,}", percent(g.real_share), percent(g.made_share),
         percent(g.real_rate), percent(g.made_rate),
         "reference" if g.impact is None else "–".join(cells(g.impact)[1:3]))
        for g in found.groups
    ]  # fmt: skip
    heads = ("group", "real rows", "share, real", "made", "favourable, real", "made",
             "impact changes by")  # fmt: skip
    return table(heads, rows, numbers=range(1, 7))


def _groups_note(found: SynthesisReport) -> str:
    if not found.groups:
        return f"{NOT_JUDGED}: the policy names no attribute."
    return "A factor of disparate impact below 1 is worse for the group in made rows."


def cells(figure: Estimate) -> tuple[str, str, str, str]:
    """A figure, the ends of its interval, and its rows."""
    ends = (figure.value, figure.low, figure.high)
    value, low, high = ("–" if v is None else f"{round(v, 3) + 0.0:.3f}" for v in ends)
    return value, low, high, f"{figure.n:,}"
