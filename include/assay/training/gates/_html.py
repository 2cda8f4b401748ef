"""The pages of the flip test and of a model's sanity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from assay.page import Lead, PageContext, Section, reasons, render_page, table
from assay.statistics.scores.estimate import Estimate
from assay.training.gates._flip import Flip
from assay.training.gates._sanity import Sanity
from assay.verdict import NOT_JUDGED, Verdict

_FIGURE: Final = ("figure", "from", "to", "test rows")
_ONE: Final = "A small tree over one feature alone, beside the model on the same test rows."
_PROXIES: Final = (
    "How well a feature tells one level of a protected attribute from the others, on rows that it "
    "wasn't fitted on. A feature is one line an attribute, the level that it tells best."
)


def render_flip(verdict: Verdict, found: Sequence[Flip], context: PageContext) -> str:
    """Render the flip test as a page."""
    rows = [(f.attribute, "yes" if f.seen else "no", *_cells(f.share)) for f in found]
    heads = ("attribute", "the model sees it", *_FIGURE)
    note = "Share of test rows whose prediction changes if the attribute alone is changed."
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "No prediction follows an attribute.")]),
        Section("By attribute", [table(heads, rows, numbers=range(2, 6))], note),
    ]
    changed = ", ".join(flip.attribute for flip in found)
    lead = Lead.of(verdict, f"Changed alone: {changed or 'nothing'}.", (), "version")
    return render_page(context.title("Flip test"), lead, sections, context.back)


def render_sanity(verdict: Verdict, found: Sanity, context: PageContext) -> str:
    """Render the sanity of a model as a page."""
    sections = [
        Section("Reasons", [reasons(verdict.reasons, "Nothing gives the answer away.")]),
        Section("Figures", [_figures(found)], _not_permuted(found)),
        Section("One feature alone", [_one_feature(found)], _ONE),
        Section("Proxies", [_proxies(found)], _PROXIES),
    ]
    lead = Lead.of(verdict, f"The score is {found.score}.", (), "version")
    return render_page(context.title("Sanity"), lead, sections, context.back)


def _figures(found: Sanity) -> Markup:
    named = [
        ("gain over a constant", found.gain),
        (f"better on training rows, in {found.metric}", found.gap),
        ("share of test rows with an equal training row", found.duplicates),
        *(
            ("gain of a refit on permuted labels", gain)
            for gain in (*found.permuted, *found.permuted_again)
        ),
    ]
    rows = [(name, *_cells(estimate)) for name, estimate in named]
    return table(("of what", *_FIGURE), rows, numbers=range(1, 5))


def _not_permuted(found: Sanity) -> str:
    if not found.not_permuted:
        return ""
    return f"{NOT_JUDGED}: whether permuted labels give chance. Why: {found.not_permuted}."


def _one_feature(found: Sanity) -> Markup:
    rows = [(one.feature, *_cells(one.gain)) for one in found.one_feature]
    return table(("feature", *_FIGURE), rows, numbers=range(1, 5))


def _proxies(found: Sanity) -> Markup:
    best = {}
    for proxy in sorted(found.proxies, key=lambda p: p.area.value or 0.0):
        best[proxy.attribute, proxy.feature] = proxy
    ordered = sorted(best.values(), key=lambda p: -(p.area.value or 0.0))
    rows = [(p.feature, f"{p.attribute} = {p.level}", *_cells(p.area)) for p in ordered]
    return table(("feature", "attribute", "AUC", "from", "to", "rows"), rows, numbers=range(2, 6))


def _cells(estimate: Estimate) -> tuple[str, ...]:
    ends = (estimate.value, estimate.low, estimate.high)
    return (*("–" if v is None else f"{round(v, 3) + 0.0:.3f}" for v in ends), f"{estimate.n:,}")
