"""Agreement as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from assay.labelling.agreement._disagreement import FEWEST_TASKS
from assay.labelling.agreement._measure import Agreement, AgreementReport
from assay.page.lines import aligned
from assay.statistics.scores.estimate import Estimate

NAMES: Final = {
    "krippendorff_alpha": "Krippendorff’s alpha",
    "fleiss_kappa": "Fleiss’ kappa",
    "cohen_kappa": "Cohen’s kappa",
    "raw_agreement": "raw agreement",
}
_SHOWN: Final = len("v1:") + 8
"""Signs of a pseudonym that are shown: enough to distinguish thousands of annotators."""
_MOST_PAIRS: Final = 20


def render_agreement(report: AgreementReport) -> str:
    """The figures as lines for a terminal: all tasks, then classes, slices and pairs."""
    lines = [
        f"{report.annotations:,} annotations of {report.tasks:,} tasks by {report.annotators:,} "
        f"annotators, labels {report.level}"
    ]
    if report.skipped:
        lines.append(f"{report.skipped:,} rows have no label and take no part")
    lines += ["", *_table("all tasks", [report.overall], [""], report.alpha)]
    for title, found in (("class", report.classes), ("slice", report.slices)):
        names = [" = ".join(one.of) for one in found]
        lines += ["", *_table(title, found, names, report.alpha)] if found else []
    pairs = sorted(report.pairs, key=_shared, reverse=True)[:_MOST_PAIRS]
    if pairs:
        names = [" and ".join(name[:_SHOWN] for name in one.of) for one in pairs]
        lines += ["", *_table("annotators", pairs, names, report.alpha)]
    if more := len(report.pairs) - len(pairs):
        lines.append(f"  {more:,} more pairs share fewer tasks; JSON has them")
    if few := report.pairs_of_few_tasks:
        lines += ["", f"{few:,} pairs of annotators share fewer than {FEWEST_TASKS} tasks"]
    return "\n".join([*lines, *_reasons(report)])


def _shared(pair: Agreement) -> int:
    """Tasks that two annotators share."""
    return max(one.n for one in pair.figures.values())


def _table(title: str, found: Iterable[Agreement], names: Iterable[str], alpha: float) -> list[str]:
    rows = [(title, "figure", "", f"{1 - alpha:.4g} interval", "tasks")]
    for one, name in zip(found, names, strict=True):
        for i, (figure, estimate) in enumerate(one.figures.items()):
            rows.append((name if not i else "", NAMES[figure], *_cells(estimate)))
    return aligned(rows, numbers={2, 4})


def _cells(estimate: Estimate) -> tuple[str, str, str]:
    if estimate.value is None:
        return "–", "inconclusive", f"{estimate.n:,}"
    low, high = estimate.low, estimate.high
    ends = "inconclusive" if low is None or high is None else f"{low:.3f} to {high:.3f}"
    return f"{estimate.value:.3f}", ends, f"{estimate.n:,}"


def _reasons(report: AgreementReport) -> Iterator[str]:
    """Why figures have no interval, each reason once."""
    parts = (report.overall, *report.classes, *report.slices, *report.pairs)
    missing = [e for one in parts for e in one.figures.values() if e.inconclusive]
    counts = {why: sum(e.how == why for e in missing) for why in dict.fromkeys(
        e.how for e in missing)}  # fmt: skip
    if counts:
        yield from ("", "inconclusive:")
    for why, times in counts.items():
        yield f"  {times} figure{'s' if times > 1 else ''}: {why}"
