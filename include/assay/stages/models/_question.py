"""The question whether a version becomes the champion, as a person reads it."""

from __future__ import annotations

import json

from assay.stages.models import chain
from assay.stages.models._record import gates_done
from assay.stages.models._training import Training

_REPORTS = "reports/"


def render_promotion(run: Training, pages: str | None = None) -> str:
    """Render the question as Markdown: what the version is, and what has changed.

    Parameters
    ----------
    pages : str, optional
        The address of Assay's pages; without it places are paths.
    """
    figures = json.loads(run.workspace.figures.path.read_bytes())
    lines = [
        f"**{run.model}**, trained on {run.spec.data.name}, has passed its gates. "
        "Shall it become the champion?",
        "",
        f"- The champion now: {run.spec.champion or 'none'}",
        *([f"- Why it was trained: {run.spec.asked.reason}"] if run.spec.asked.reason else []),
        *(f"- {chain.find(n).title}: {_said(run, n, pages)}" for n in gates_done(run)),
        "",
        "| metric | this version | champion |",
        "|---|---|---|",
    ]
    champion = figures["champion"]
    for name, figure in figures["metrics"].items():
        lines.append(f"| {name} | {_text(figure)} | {_text(champion.get(name))} |")
    return "\n".join(lines)


def _said(run: Training, name: str, pages: str | None) -> str:
    result = run.done[name]
    if result.report and pages and result.report.startswith(_REPORTS):
        return f"[{result.word}]({pages}/{result.report})"
    return result.word


def _text(figure: dict[str, float] | None) -> str:
    if not figure or figure.get("value") is None:
        return "–"
    if figure.get("low") is None:
        return f"{figure['value']:.4g}"
    return f"{figure['value']:.4g} ({figure['low']:.4g} to {figure['high']:.4g})"
