"""Faults of contracts, suites and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import errors, now, open_project, print_json, progress, show
from assay.cli._options import AsJson

if TYPE_CHECKING:
    from assay.records.incidents import Silence


def check(
    dataset: Annotated[
        str | None,
        typer.Option(help="Only what is about this data set; the others are read all the same."),
    ] = None,
    gx: Annotated[
        bool, typer.Option(help="Load each suite through Great Expectations too (10 s).")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """List every fault of every contract, suite and policy, each with file and line.

    It also prints three lists that aren't faults:

    1. What a contract says and nothing judges, each with file and line and the reason.

    2. Incidents that are snoozed or dismissed, and until when (with a catalog).

    3. What a person still has to decide.

    To decide are: lines marked `confirm`, columns that may be about people while a contract in
    the status `draft` classifies none, and an alerting policy without a route.
    """
    from assay.stages.authoring import check_project, not_judged, open_drafts
    from assay.stages.incidents import list_silences

    project = open_project()
    with progress("checking contracts, suites and policies"):
        problems = check_project(project, gx=gx, only=dataset)
    silences, unread = list_silences(project, now())
    silences = [s for s in silences if dataset in {None, s.incident.dataset}]
    drafts = [d for d in open_drafts(project) if dataset in {None, d.dataset}]
    unjudged = not_judged(project, dataset)
    if as_json:
        faults = [{"where": p.where, "what": p.what, "do": p.do} for p in problems]
        notes = [note.model_dump() for note in unjudged]
        silent = [*map(_plain, silences)]
        print_json({"problems": faults, "not_judged": notes, "silences": silent, "open": drafts})
    elif not problems:
        show(None, False, f"{dataset or f'{len(project.datasets())} data sets'}: no faults.")
    for problem in problems:
        errors.print(str(problem), soft_wrap=True)
    lines = [*map(str, unjudged), *map(_line, silences), *map(str, drafts)]
    for line in lines * (not as_json) + [unread] * bool(unread):
        errors.print(line, soft_wrap=True)
    return 2 if problems else 0


def _plain(silence: Silence) -> dict[str, Any]:
    """A silence as JSON data."""
    i, did = silence.incident, silence.response
    return {
        "incident": i.id, "dataset": i.dataset, "check": i.check, "kind": silence.kind,
        "state": silence.state, "until": silence.until, "batches": silence.batches,
        "by": did and did.author, "reason": did and did.reason,
    }  # fmt: skip


def _line(silence: Silence) -> str:
    """A silence in a line; one that is over, or has no end, says so first."""
    i, did = silence.incident, silence.response
    until = f"until {silence.until:%Y-%m-%d %H:%M} UTC" if silence.until else "without an end"
    over = {"expired": "EXPIRED ", "unbounded": "UNBOUNDED "}.get(silence.state, "")
    batches = f" ({', '.join(silence.batches)})" if silence.batches else ""
    why = f", by {did.author}: {did.reason}" if did else ""
    return (
        f"muted: {over}incident {i.id}, {i.dataset} {i.check}{batches}, {silence.kind} {until}{why}"
    )
