"""What became of every batch, and the catalog that remembers it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from assay.cli._console import (
    OUTCOMES,
    follow,
    open_services,
    print_json,
    progress,
    results,
    show,
    table_of,
)
from assay.cli._incidents import standing
from assay.cli._options import AsJson, Author, OneOrAll
from assay.cli._rerun import outdated_of, print_outdated
from assay.errors import InputError
from assay.reasons import RUNBOOKS, batch_word
from assay.wording import few, folded

if TYPE_CHECKING:
    from assay.catalog._status import DatasetStatus
    from assay.records.runs import BatchRecord

catalog = typer.Typer(no_args_is_help=True, help="The index and history of what happened.")
_OUT = {"released", "forced"}
_COLOUR = {**OUTCOMES, "released": "green", "forced": "yellow", "held": "red"}
_SHOWN: Final = 50
_HELD: Final = 3
_REASONS: Final = 3


def status(
    dataset: OneOrAll = None,
    held: Annotated[
        bool, typer.Option("--held", help="Only batches that are held, each with all its reasons.")
    ] = False,
    last: Annotated[
        int | None,
        typer.Option(
            "--last",
            "--most",
            min=0,
            help="Only so many of a data set's newest batches; 0 for all.",
            show_default="50; with --json all",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Per data set: batches, verdicts, states, the released snapshot, late batches, incidents.

    Below the table stands why the newest held batches are held.

    Example: assay status flights --held --last 5
    """
    from assay.records.runs import BatchState
    from assay.stages.incidents.late import late_since

    services = open_services(dataset, reading=True)
    follow(services)
    names = services.project.datasets() if dataset is None else [dataset]
    limit = (None if as_json else _SHOWN) if last is None else last or None
    found = services.catalog.datasets(
        names, only=dataset is not None, most=limit, state=BatchState.HELD if held else None
    )
    changed = {d.name: outdated_of(services, d.name) for d in found}
    late = {d.name: late_since(services, d.name) for d in found}
    if as_json:
        more = {n: {"outdated": changed[n], "late": late[n]} for n in changed}
        return print_json({"datasets": [d.body() | more[d.name] for d in found]})
    for one in found:
        if one.batches or not held:
            _print(one, changed[one.name], whole=held)
        lines = [f"late: {batch} was due on {due}" for batch, due in late[one.name].items()]
        for line in folded(lines, _HELD, "late batches: --json lists them"):
            results.print(f"  {line}")
    if held and not any(one.batches for one in found):
        results.print("No batch is held.")
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


def _print(found: DatasetStatus, outdated: list[str], *, whole: bool) -> None:
    """A data set: its batches, why some are held, and its open incidents."""
    results.print(_table(found.body()))
    print_outdated(found.name, outdated)
    if found.earlier:
        results.print(f"  {found.earlier} earlier batches: --last 0 shows all")
    for line in _why(found, whole=whole):
        results.print(line, soft_wrap=True)
    for incident in found.incidents:
        results.print(
            f"  incident {incident.id}, {incident.check} since "
            f"{incident.opened:%Y-%m-%dT%H:%M}: {standing(incident)} ({few(incident.failing)})"
        )


def _why(found: DatasetStatus, *, whole: bool) -> Iterator[str]:
    """Lines that say why batches aren't out: the newest ones in short, or all of them whole."""
    kept = [b for b in reversed(found.batches) if _is_kept(b) and b.batch in found.why]
    batches, reasons = (len(kept), None) if whole else (_HELD, _REASONS)
    for batch in kept[:batches]:
        yield f"  {batch.batch} is {'held' if batch.state == 'held' else 'undecided'}:"
        lines = list(found.why[batch.batch])
        yield from (f"    {line}" for line in folded(lines, reasons or len(lines), "reasons"))
        yield from (f"    what to do: {RUNBOOKS}/{code}.md" for code in batch.reasons[:1])
    if (more := len(kept) - batches) > 0:
        yield f"  … and {more} more: assay status {found.name} --held"


def _is_kept(batch: BatchRecord) -> bool:
    """Whether a batch is held, or its run ended in an error."""
    return batch.state == "held" or (batch.state == "running" and bool(batch.reasons))


def _table(dataset: dict[str, Any]) -> Table:
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
    return table


def _verdict(batch: Mapping[str, Any]) -> Text:
    """The verdict's word, and what was not judged."""
    verdict = batch["verdict"]
    word = batch_word(verdict, batch["reasons"]).replace(", ", "\n") if verdict else "–"
    return Text(word, style=_COLOUR.get(verdict or "", ""))


def _stands(batch: Mapping[str, Any]) -> str:
    """The state of the latest attempt, and what readers have of the batch beside it."""
    read, state = batch["with_readers"], batch["state"]
    beside = read is not None and (state not in _OUT or read != batch["version"])
    said = str(state).replace("_", " ")
    return f"{said}, released as {read[:12]}" if beside else said
