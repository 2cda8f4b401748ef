"""Leases: which run works on which batch, and the end of one whose holder is gone."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from assay.cli._console import now, open_services, print_json, results, show, table_of
from assay.cli._options import AsJson, Author, Dataset, OneOrAll

app = typer.Typer(no_args_is_help=True, help="Which run works on which batch.")


@app.command("list")
def list_leases(dataset: OneOrAll = None, as_json: AsJson = False) -> int:
    """What runs work on now, and the leases that people broke."""
    leases = open_services(dataset, reading=True).catalog.leases
    live = [x for x in leases.live(now()) if dataset in {None, x.dataset}]
    broken = [x for x in leases.broken() if dataset in {None, x.dataset}]
    if as_json:
        return print_json({"leases": [vars(x) for x in live], "broken": [vars(x) for x in broken]})
    table = table_of(("data set", "batch", "run", "until"))
    for x in live:
        table.add_row(x.dataset, x.batch, x.owner, f"{x.expires:%Y-%m-%d %H:%M:%S} UTC")
    results.print(table if live else "No batch is worked on.")
    for x in broken:
        results.print(
            f"  broken {x.at:%Y-%m-%d %H:%M} by {x.author}: {x.dataset} {x.batch}, {x.owner}: "
            f"{x.reason}"
        )
    return 0


@app.command("break")
def break_lease(
    dataset: Dataset,
    batch: Annotated[str, typer.Argument(help="The batch whose lease is to end.")],
    reason: Annotated[str, typer.Option(help="Why; on record for ever.")],
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """End the lease of a run that is gone. Is it still there, it may write nothing more.

    Example: assay leases break flights 2013-02-04 --reason "the worker's disk is lost"
    """
    services, who = open_services(dataset), author or getpass.getuser()
    broken = services.catalog.leases.break_off(dataset, batch, reason=reason, author=who, at=now())
    text = f"{dataset} {batch} is free; {broken.owner} may write nothing more about it."
    return show(vars(broken), as_json, text)
