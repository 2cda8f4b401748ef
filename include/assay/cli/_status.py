"""What became of every batch, and the catalog that remembers it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from assay.cli._console import (
    follow,
    open_services,
    print_json,
    progress,
    results,
    show,
    table_of,
)
from assay.cli._incidents import few, standing
from assay.cli._options import AsJson, Author, OneOrAll
from assay.errors import AssayError, InputError
from assay.reasons import batch_word

if TYPE_CHECKING:
    from assay.stages.services import Services

catalog = typer.Typer(no_args_is_help=True, help="The index and history of what happened.")
_OUT = {"released", "forced"}
_COLOUR = {
    "PASS": "green", "WARN": "yellow", "INCONCLUSIVE": "magenta", "FAIL": "red",
    "released": "green", "forced": "yellow", "held": "red",
}  # fmt: skip


def status(
    dataset: OneOrAll = None,
    most: Annotated[
        int, typer.Option(help="Show so many batches of a data set at most; 0 for all.")
    ] = 50,
    as_json: AsJson = False,
) -> int:
    """Per data set: batches, verdicts, states, the released snapshot, open incidents.

    With --json all batches are listed.
    """
    services = open_services(dataset, reading=True)
    follow(services)
    names = services.project.datasets() if dataset is None else [dataset]
    limit = None if as_json else most or None
    found = services.catalog.datasets(names, only=dataset is not None, most=limit)
    changed = {d.name: _outdated(services, d.name) for d in found}
    if as_json:
        return print_json({"datasets": [{**d.body(), "outdated": changed[d.name]} for d in found]})
    for one in found:
        _print(one.body())
        if old := changed[one.name]:
            was = "1 released batch was" if len(old) == 1 else f"{len(old)} released batches were"
            results.print(
                f"  {was} judged by rules that have changed since ({few(old)}): "
                f"assay rerun {one.name} runs them again"
            )
        if one.earlier:
            results.print(f"  {one.earlier} earlier batches: --most 0 shows all")
        for incident in one.incidents:
            results.print(
                f"  incident {incident.id}, {incident.check} since "
                f"{incident.opened:%Y-%m-%dT%H:%M}: {standing(incident)} ({few(incident.failing)})"
            )
    return 0


def data_docs(as_json: AsJson = False) -> int:
    """Build Great Expectations' Data Docs of every validation that has none yet."""
    from assay.stages.upkeep import build_data_docs

    services = open_services()
    with progress("building Data Docs"):
        built = build_data_docs(services)
    return show({"built": built}, as_json, [f"{len(built)} built", *map(str, built)])


def digest(
    owner: Annotated[str | None, typer.Argument(help="Team that answers for data sets.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="For all owners.")] = False,
    week: Annotated[
        str | None, typer.Option(help="Like 2013-W06; the last whole week by default.")
    ] = None,
    by_batch: Annotated[
        bool, typer.Option(help="Choose by the date of the batch, not by the date of the decision.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """An owner's week: released, held, quarantined, oldest open incident, what was muted.

    Example: assay digest --all --week 2013-W06 --by-batch
    """
    from assay.alerting.weekly import render_weekly
    from assay.stages.incidents import weekly_digests

    if (owner is None) != everybody:
        raise InputError("whose digest?", expected="an owner, or --all")
    found = weekly_digests(
        open_services(reading=True), owner, week, "batch" if by_batch else "decided"
    )
    text = "\n".join(render_weekly(w) for w in found).rstrip()
    return show({"digests": [w.body() for w in found]}, as_json, text)


@catalog.command()
def rebuild(
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-history",
            help="Go on, on record, from a registry that has lost history (what is lost stays "
            "lost) or that another catalog's hosts write to (they are refused from then on).",
        ),
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why it is accepted; on record for ever.")
    ] = None,
    author: Author = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read the registry from its beginning, not what is new.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Restore versions, their verdicts and lineage, snapshots and pointers from the registry.

    It goes on from what was indexed last, also after it was stopped. A registry whose history
    doesn't follow from the last one seen is refused: restore it first. So is one whose hosts share
    another catalog: is that one lost, accept this one in its place.
    """
    from assay.stages.upkeep import accept_history, rebuild_catalog

    if accept != (reason is not None):
        raise InputError("which is it?", expected="--accept-history with --reason, or neither")
    services = open_services()
    if reason is not None:
        accept_history(services, reason=reason, author=author or getpass.getuser())
    with progress("reading the registry") as step:
        counts = rebuild_catalog(services, whole=whole, progress=step)
    lines = [f"{name}: {count} versions" for name, count in counts.items()]
    return show({"versions": counts}, as_json, lines)


def _print(dataset: dict[str, Any]) -> None:
    out = dataset["released"]
    pointer = f"snapshot {out['snapshot']}, newest batch {out['batch']}" if out else "not released"
    counts = ("in", "released", "held", "quarantined", "dropped")
    heads = ("batch", "verdict", "state", *counts, "reasons", "version")
    table = table_of(heads, right=counts, title=f"{dataset['name']}: {pointer}")
    for b in dataset["batches"]:
        table.add_row(
            b["batch"],
            _verdict(b),
            Text(_stands(b), style=_COLOUR.get(b["state"], "")),
            *(f"{b['rows_' + n]:,}" for n in counts),
            "\n".join(b["reasons"]),
            (b["version"] or "–")[:12],
        )
    results.print(table)


def _outdated(services: Services, dataset: str) -> list[str]:
    """Released batches that other rules judged; none where the contract is gone or broken."""
    from assay.stages.versions import outdated_batches

    try:
        return outdated_batches(services, dataset)
    except AssayError:
        return []


def _verdict(batch: Mapping[str, Any]) -> Text:
    """The verdict's word, and what was not judged."""
    verdict = batch["verdict"]
    word = batch_word(verdict, batch["reasons"]).replace(", ", "\n") if verdict else "–"
    return Text(word, style=_COLOUR.get(verdict or "", ""))


def _stands(batch: Mapping[str, Any]) -> str:
    """The state of the latest attempt, and what readers have of the batch beside it."""
    read, state = batch["with_readers"], batch["state"]
    beside = read is not None and (state not in _OUT or read != batch["version"])
    return f"{state}, released as {read[:12]}" if beside else str(state)
