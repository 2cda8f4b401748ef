"""A run on one page: is the batch good, fair and legal, what changed, and where its rows are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from markupsafe import Markup

from assay.page import Lead, Section, mark, percent, render_page, table
from assay.page.draw import bar
from assay.stages.run._spec import StageResult, Ticket
from assay.stages.run._work import OVERVIEW, report_path, write_text
from assay.stages.services import Services
from assay.verdict import Outcome, worst

_QUESTIONS: Final = {
    "Is it good?": ("ingest", "validate_raw", "clean", "validate_clean"),
    "Is it fair?": ("fairness",),
    "Is it legal?": ("protect",),
    "What changed?": ("drift",),
}
_BESIDE: Final = frozenset({"drift", "fairness"})
"""Gates that run side by side: what one holds the other still judges."""
_ROWS: Final = ("released", "held", "quarantined", "dropped", "suppressed")
_MOST: Final = 3


def write_overview(
    services: Services, ticket: Ticket, done: dict[str, StageResult], result: StageResult
) -> StageResult:
    """Write the run's page beside the gates' reports; the result then names it.

    A batch that never landed has no folder, and so no page.
    """
    if ticket.version is None:
        return result
    path = write_text(
        report_path(services, ticket, OVERVIEW), render_overview(ticket, done, result)
    )
    return result.model_copy(update={"report": services.relative(path)})


def render_overview(ticket: Ticket, done: dict[str, StageResult], result: StageResult) -> str:
    """The page; pure."""
    sections = [
        Section("In short", [_questions(done, forced=ticket.asked.force)]),
        Section("Where the rows are", [_rows(result)]),
        Section("Every stage", [_stages(done)]),
        Section("Made from", [_made_from(ticket)], folded=True),
    ]
    lead = Lead(result.outcome, _answer(done, result), _facts(ticket, done, result))
    return render_page(f"{ticket.dataset} {ticket.batch}", lead, sections)


def _answer(done: dict[str, StageResult], result: StageResult) -> str:
    state, snapshot = result.detail["state"], result.detail["snapshot"]
    holding = [name.replace("_", " ") for name, r in done.items() if r.holds]
    if state == "held":
        return f"Held by {' and '.join(holding)}: readers keep the snapshot that they have."
    if state == "forced":
        return f"Released as snapshot {snapshot} although {' and '.join(holding)} held it: forced."
    if state == "released":
        left = "every gate let it out." if result.outcome is Outcome.PASS else "with remarks."
        return f"Released as snapshot {snapshot}: {left}"
    return f"A {state}: it was judged and not released."


def _facts(
    ticket: Ticket, done: dict[str, StageResult], result: StageResult
) -> list[tuple[str, str]]:
    facts = [("Rows in", f"{result.rows.get('in', 0):,}"), ("Version", (ticket.version or "")[:12])]
    facts += [("Run", ticket.run_id), ("Started", f"{ticket.started:%Y-%m-%d %H:%M} UTC")]
    if "ingest" in done and (late := done["ingest"].detail.get("hours_after_batch")) is not None:
        facts.append(("Came after the batch’s end", _long(late)))
    return facts


def _long(hours: float) -> str:
    """A duration in the unit that fits it; below 0 where the batch hadn't ended."""
    return f"{hours:.1f} hours" if abs(hours) < 48 else f"{hours / 24:,.0f} days"


def _questions(done: dict[str, StageResult], *, forced: bool) -> Markup:
    unjudged = f"not judged: {_why_not(done, forced=forced)}"
    return table(
        ["", "", "", "look here"],
        ([question, *_told(done, stages, unjudged)] for question, stages in _QUESTIONS.items()),
    )


def _why_not(done: dict[str, StageResult], *, forced: bool) -> str:
    """Why a gate didn't run: one before it held the batch, or its policy says so."""
    held = [name for name, r in done.items() if r.holds and name not in _BESIDE]
    if held and (not forced or "ingest" in held):
        return f"{held[0].replace('_', ' ')} held the batch before"
    return "its policy says that the gate doesn’t apply"


def _told(
    done: dict[str, StageResult], stages: tuple[str, ...], unjudged: str
) -> Iterator[str | Markup]:
    ran = {name: done[name] for name in stages if name in done}
    if not ran:
        yield from ("–", unjudged, "")
        return
    outcome = worst(r.outcome for r in ran.values())
    at_fault = [r for r in ran.values() if r.outcome is outcome]
    messages = [m for r in at_fault for m in r.detail.get("messages", [])]
    yield mark(outcome)
    yield _few(messages) if outcome is not Outcome.PASS else _passed(ran)
    yield _links(ran)


def _passed(ran: dict[str, StageResult]) -> str:
    said = [m for name, r in ran.items() if name == "protect" for m in r.detail.get("messages", [])]
    return " ".join(said) or "nothing beyond the limits that its owner chose"


def _few(messages: list[str]) -> Markup:
    unique = list(dict.fromkeys(m.split(": ", 1)[-1] for m in messages))
    lines = [Markup("{}").format(m) for m in unique[:_MOST]]
    if unique[_MOST:]:
        lines.append(Markup("and {} more").format(len(unique) - _MOST))
    return Markup("<br>").join(lines)


def _links(ran: dict[str, StageResult]) -> Markup:
    return Markup(", ").join(
        Markup('<a href="{}">{}</a>').format(PurePosixPath(r.report).name, name.replace("_", " "))
        for name, r in ran.items()
        if r.report
    )


def _rows(result: StageResult) -> Markup:
    total = max(result.rows.get("in", 0), 1)
    return table(
        ["", "", "rows", "of those that came in"],
        (
            (name, bar(n, total, f"{name}: {n:,}"), f"{n:,}", percent(n / total))
            for name in _ROWS
            if (n := result.rows.get(name, 0)) or name in {"released", "held"}
        ),
        drawn=(1,),
        numbers=(2, 3),
    )


def _stages(done: dict[str, StageResult]) -> Markup:
    return table(
        ["stage", "", "what it said", "report"],
        (
            (
                name.replace("_", " "),
                mark(r.outcome, "holds" if r.holds else ""),
                _few(list(r.detail.get("messages", []))),
                _links({name: r}),
            )
            for name, r in done.items()
        ),
    )


def _made_from(ticket: Ticket) -> Markup:
    rows = [("input", "sha256", (ticket.input_sha or "")[:12])]
    rows += [
        (f"reference {name}", batch, version[:12])
        for name, batches in ticket.pinned.references.items()
        for batch, version in sorted(batches.items())
    ]
    rows += [
        (f"table {name}", batch, version[:12])
        for name, batches in ticket.pinned.tables.items()
        for batch, version in sorted(batches.items())
    ]
    return table(["what", "batch", "version"], rows)
