"""The question whether a held batch is released all the same, as a second person reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.reasons import RUNBOOK_PAGES, RUNBOOKS
from assay.stages.run import chain
from assay.stages.run._result import StageResult
from assay.stages.run._run import Run
from assay.wording import folded

_MOST: Final = 10
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#|!~])")
_REPORTS: Final = "reports/"


def render_question(run: Run, pages: str | None = None) -> str:
    """Render the question as Markdown: the batch, what holds it, its reports, who asks and why.

    Parameters
    ----------
    pages : str, optional
        The address of Assay's pages; without it places are paths.
    """
    asked, rows = run.spec.asked, run.done[chain.COMMIT].rows
    holding = {name: r for name, r in run.done.items() if r.holds}
    titles = " and ".join(chain.find(name).title for name in holding)
    counts = ", ".join(f"{n:,} {name.removeprefix('rows_')}" for name, n in rows.items())
    lines = [
        f"**{_plain(run.dataset)} {run.batch}** is held by {titles}. "
        "Shall it be released all the same?",
        "",
        f"- Asked by {_plain(asked.by or 'nobody who is known')}, who says: "
        f"{_plain(asked.reason or 'nothing')}",
        f"- Version {run.version[:12]}" + (f"; rows: {counts}" if counts else ""),
        *(f"- {line}" for line in _reports(run, pages)),
        "",
        "Why it is held:",
        "",
    ]
    return "\n".join([*lines, *(line for r in holding.values() for line in _reasons(r, pages))])


def _reports(run: Run, pages: str | None) -> Iterator[str]:
    """The report of each stage, those that hold the batch first."""
    found = sorted(run.done.items(), key=lambda item: not item[1].holds)
    for name, result in found:
        if result.report and pages and result.report.startswith(_REPORTS):
            yield f"[Report of {chain.find(name).title}]({pages}/{result.report})"
        elif result.report:
            yield f"Report of {chain.find(name).title}: {_plain(result.report)}"


def _reasons(result: StageResult, pages: str | None) -> Iterator[str]:
    for message in folded(list(dict.fromkeys(result.messages)), _MOST, "reasons: the report"):
        yield f"- {_plain(message)}"
    for code in result.reasons:
        yield (
            f"- [What to do: {_plain(code)}]({pages}/{RUNBOOK_PAGES}/{code}.md)"
            if pages
            else f"- What to do: {_plain(f'{RUNBOOKS}/{code}.md')}"
        )


def _plain(words: str) -> str:
    """Words as Markdown that shows them as they are, in one line."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
