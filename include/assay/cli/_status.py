"""What became of every batch, and the catalog that remembers it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from assay.cli._console import (
    AsJson,
    check_dataset,
    coloured,
    open_office,
    print_json,
    progress,
    results,
    show,
)

catalog = typer.Typer(no_args_is_help=True, help="The index and history of what happened.")
_COLOUR = {
    "PASS": "green", "WARN": "yellow", "INCONCLUSIVE": "magenta", "FAIL": "red",
    "released": "green", "forced": "yellow", "held": "red",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(status)
    app.command("data-docs")(data_docs)


def status(
    dataset: Annotated[str | None, typer.Argument(help="Only this data set.")] = None,
    as_json: AsJson = False,
) -> int:
    """Per data set: batches, verdicts, states, the released snapshot, open incidents."""
    office = open_office()
    if dataset is not None:
        check_dataset(office, dataset)
    names = office.project.datasets() if dataset is None else [dataset]
    found = office.catalog.status(names)
    kept = [d for d in found["datasets"] if dataset in {None, d["name"]}]
    if as_json:
        print_json({"datasets": kept})
    else:
        for one in kept:
            _print(one)
    return 0


def data_docs(as_json: AsJson = False) -> int:
    """Build Great Expectations' Data Docs of every validation that has none yet."""
    from assay.stages import build_data_docs

    office = open_office()
    with progress("building Data Docs"):
        built = build_data_docs(office)
    text = "\n".join([f"{len(built)} built", *(str(p) for p in built)])
    show({"built": [str(p) for p in built]}, as_json, text)
    return 0


@catalog.command()
def rebuild(as_json: AsJson = False) -> int:
    """Restore versions, their verdicts and lineage, snapshots and pointers from the registry."""
    from assay.stages import rebuild_catalog

    office = open_office()
    with progress("reading the registry"):
        told = rebuild_catalog(office)
    if as_json:
        print_json({"versions": told})
    else:
        for name, count in told.items():
            results.print(f"{name}: {count} versions")
    return 0


def _print(dataset: dict[str, Any]) -> None:
    console = results
    out = dataset["released"]
    pointer = f"snapshot {out['snapshot']}, newest batch {out['batch']}" if out else "not released"
    table = Table(title=f"{dataset['name']}: {pointer}", title_justify="left", box=None)
    for name in ("batch", "verdict", "state"):
        table.add_column(name)
    for name in ("in", "released", "held", "quarantined", "dropped"):
        table.add_column(name, justify="right")
    table.add_column("reasons")
    table.add_column("version")
    for b in dataset["batches"]:
        table.add_row(
            b["batch"],
            coloured(b["verdict"] or "–", _COLOUR),
            coloured(b["state"], _COLOUR),
            *(f"{b['rows_' + n]:,}" for n in ("in", "released", "held", "quarantined", "dropped")),
            ", ".join(b["reasons"]),
            (b["version"] or "–")[:12],
        )
    console.print(table)
    for incident in dataset["incidents"]:
        batches = ", ".join(incident["batches"])
        console.print(f"  open since {incident['opened'][:16]}: {incident['check']} ({batches})")
