"""A run on one page: is the batch good, fair and legal, what changed, and where its rows are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from markupsafe import Markup

from assay.page import Lead, Section, mark, percent, render_page, table
from assay.page.draw import bar, share_axis
from assay.page.markdown import runbooks
from assay.reasons import batch_word
from assay.stages.run import chain
from assay.stages.run._approval import approval_of
from assay.stages.run._result import StageResult
from assay.stages.run._run import Run
from assay.stages.run._spec import RunSpec
from assay.verdict import NOT_JUDGED, Outcome, worst
from assay.wording import folded

Results = Mapping[str, StageResult]

_ROWS: Final = ("released", "held", "quarantined", "dropped", "suppressed")
_MOST: Final = 3


def write_overview(run: Run, result: StageResult) -> StageResult:
    """Write the run's page beside the gates' reports; the result then names it.

    A batch that never landed has no folder, and so no page.
    """
    if run.spec.version is None:
        return result
    page = render_overview(run, result)
    return result.model_copy(update={"report": run.workspace.overview.write(page)})


def render_overview(run: Run, result: StageResult) -> str:
    """The page; pure."""
    spec, done = run.spec, run.done
    sections = [
        Section("In short", [_questions(run)]),
        Section("What to do", [runbooks(result.reasons)] if result.state == "held" else []),
        Section("Who released it all the same", [_forced(run, result)]),
        Section("Where the rows are", [_rows(result)]),
        Section("Every stage", [_stages(run)]),
        Section("Made from", [_made_from(spec)], folded=True),
    ]
    word = batch_word(str(result.outcome), result.reasons)
    lead = Lead(word, _answer(run, result), _facts(spec, done, result))
    return render_page(f"{spec.dataset} {spec.batch}", lead, sections)


def _answer(run: Run, result: StageResult) -> str:
    done = run.done
    holding = " and ".join(chain.find(name).title for name, r in done.items() if r.holds)
    if result.state == "held":
        return f"Held by {holding}. Readers still get the earlier snapshot."
    if result.state == "forced":
        return f"Released as snapshot {result.snapshot} although {holding} held it: forced."
    if result.state == "released":
        passed = result.outcome is Outcome.PASS
        left = "every gate that judged it passed." if passed else "with remarks."
        aside = ", ".join(chain.find(name).title for name in _not_judging(run))
        unjudged = f" Not judged: {aside}." if aside else ""
        return f"Released as snapshot {result.snapshot}: {left}{unjudged}"
    return f"A {result.state}: it was judged and not released."


def _not_judging(run: Run) -> list[str]:
    """The gates that judged nothing of the batch, by their policy."""
    idle = set(run.spec.pinned.idle)
    return [n for n in chain.names() if n in idle or (n in run.done and _is_idle(run.done[n]))]


def _is_idle(result: StageResult) -> bool:
    return result.word == NOT_JUDGED


def _facts(spec: RunSpec, done: Results, result: StageResult) -> list[tuple[str, str]]:
    facts = [("Rows in", f"{result.rows.get('in', 0):,}"), ("Version", (spec.version or "")[:12])]
    facts += [("Run", spec.run_id), ("Started", f"{spec.started:%Y-%m-%d %H:%M} UTC")]
    late = done[chain.INGEST].hours_after_batch if chain.INGEST in done else None
    return facts if late is None else [*facts, ("Arrived", _arrived(late))]


def _arrived(late: float) -> str:
    """When a batch arrived, in the unit that fits the hours after its end."""
    hours = abs(late)
    duration = f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
    return f"{duration} {'before' if late < 0 else 'after'} the batch’s end"


def _questions(run: Run) -> Markup:
    return table(
        ["", "", "", "look here"],
        ([question.value, *_answers(run, names)] for question, names in chain.questions()),
    )


def _answers(run: Run, names: list[str]) -> Iterator[str | Markup]:
    ran = {name: run.done[name] for name in names if name in run.done}
    if not ran:
        blocked = next((held for name in names if (held := run.blocked_by(name))), None)
        why_not = _why_idle(run, names)
        if blocked:
            why_not = f"because {chain.find(blocked).title} already held the batch"
        yield from (mark(NOT_JUDGED), why_not, "")
        return
    outcome = worst(r.outcome for r in ran.values() if r.outcome is not None)
    at_fault = [r for r in ran.values() if r.outcome is outcome]
    yield mark(_word(ran.values(), outcome))
    if outcome is Outcome.PASS:
        yield " ".join(m for r in at_fault for m in r.messages) or "nothing beyond its limits"
    else:
        yield _few([m for r in at_fault for m in r.messages])
    yield _links(ran)


def _why_idle(run: Run, names: list[str]) -> str:
    pinned = run.spec.pinned
    if absent := [n for n in names if n in pinned.idle and _is_unasked(run, n)]:
        return f"because {pinned.idle[absent[0]]}"
    why = {pinned.idle.get(name) for name in names} - {None}
    because = f": {' '.join(sorted(map(str, why)))}" if why else ""
    return f"because its policy says that the gate doesn’t apply{because}"


def _is_unasked(run: Run, name: str) -> bool:
    """Whether no policy of the data set asks for a stage."""
    stage = chain.find(name)
    return stage.on_request and f"policy {stage.noun}" not in run.spec.pinned.hashes


def _word(results: Collection[StageResult], outcome: Outcome) -> str:
    """The outcome of some gates, or that none of them judged."""
    return NOT_JUDGED if all(map(_is_idle, results)) else outcome.value


def _few(messages: list[str]) -> Markup:
    unique = list(dict.fromkeys(m.split(": ", 1)[-1] for m in messages))
    return Markup("<br>").join(Markup("{}").format(line) for line in folded(unique, _MOST))


def _links(ran: Results) -> Markup:
    return Markup(", ").join(
        Markup('<a href="{}">{}</a>').format(PurePosixPath(r.report).name, chain.find(name).title)
        for name, r in ran.items()
        if r.report
    )


def _forced(run: Run, result: StageResult) -> Markup:
    """Who asked for the release of a held batch, who approved it, and why; empty otherwise."""
    asked, approval = run.spec.asked, approval_of(run)
    if result.state != "forced" or approval is None:
        return Markup("")
    when = f"{approval.at:%Y-%m-%d %H:%M} UTC" if approval.at else "–"
    rows = [("asked by", asked.by or "–"), ("reason", asked.reason or "–")]
    return table(["", ""], [*rows, ("approved by", approval.by or "–"), ("approved", when)])


def _rows(result: StageResult) -> Markup:
    total = max(result.rows.get("in", 0), 1)
    return table(
        ["", share_axis(1), "rows", "of those that came in"],
        (
            (name, bar(n, total, f"{name}: {n:,}"), f"{n:,}", percent(n / total))
            for name in _ROWS
            if (n := result.rows.get(name, 0)) or name in {"released", "held"}
        ),
        drawn=(1,),
        numbers=(2, 3),
    )


def _stages(run: Run) -> Markup:
    rows = [
        (
            chain.find(name).title,
            mark(r.word, "holds" if r.holds else ""),
            _few(list(r.messages)),
            _links({name: r}),
        )
        for name, r in run.done.items()
    ]
    idle = [n for n in chain.names() if n in run.spec.pinned.idle and n not in run.done]
    skipped = [(chain.find(n).title, mark(NOT_JUDGED), _why_idle(run, [n]), "") for n in idle]
    return table(["stage", "", "what it found", "report"], [*rows, *skipped])


def _made_from(spec: RunSpec) -> Markup:
    rows = [("input", "sha256", (spec.input_sha or "")[:12])]
    for kind, pinned in (("reference", spec.pinned.references), ("table", spec.pinned.tables)):
        rows += [
            (f"{kind} {name}", batch, version[:12])
            for name, batches in pinned.items()
            for batch, version in sorted(batches.items())
        ]
    return table(["what", "batch", "version"], rows)
