"""The page of reason codes, each with its room, its meaning and its runbook."""

from __future__ import annotations

from typing import Final

from assay.reasons import ReasonCode, gate_word
from docgen._markdown import GENERATED, code, table

_INTRO: Final = """\
A verdict, a message, `assay status` and a task's log show reason codes. Each links to its runbook:
what it means, how to look, what to do. A reason may have another outcome than the usual one; then
its runbook says when."""


def render_reasons() -> str:
    """The page ``include/docs/reasons.md``."""
    rows = [
        (
            f"[{c.value}](runbooks/{c.value}.md)",
            ", ".join(map(code, c.rooms)),
            gate_word(c.outcome, [c]),
            c.meaning,
        )
        for c in ReasonCode
    ]
    head = ("code", "given by", "usual outcome", "meaning")
    return "\n".join(["# Reason codes", "", GENERATED, "", _INTRO, "", *table(head, rows)]) + "\n"
