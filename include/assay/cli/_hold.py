"""Legal holds: what nothing in Assay deletes, whatever its period."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli._console import open_services, print_json, results, show, table_of
from assay.cli._options import AsJson, Author, Dataset, OneOrAll, Role

if TYPE_CHECKING:
    from assay.stages.upkeep.holds import PlacedHold

app = typer.Typer(
    no_args_is_help=True,
    help="Legal holds: what nothing deletes, whatever its period, until the hold is lifted.",
)
Reason = Annotated[str, typer.Option(help="The case or order, no personal data; kept for ever.")]


@app.command()
def place(
    dataset: Dataset,
    which: Annotated[
        str,
        typer.Argument(
            metavar="all|BATCH|FIRST..LAST|VERSION",
            help="What is held. A year holds its months and days; a version holds its whole batch.",
        ),
    ],
    reason: Reason,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day; by default until it is lifted."),
    ] = None,
    role: Role = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Place a legal hold: the sweep keeps all that is held, and its plan says why.

    Where the data set has an access policy, the role needs the right place_hold.

    Example: assay hold place flights 2013-02 --reason "case 2026/114"
    """
    from assay.stages.upkeep.holds import place_hold

    hold = place_hold(
        open_services(dataset), dataset, which, reason=reason, role=role,
        author=author or getpass.getuser(), until=until.date() if until else None,
    )  # fmt: skip
    return show(hold, as_json, f"{dataset} {hold.what} is held ({hold.id[:12]}).")


@app.command()
def lift(
    dataset: Dataset,
    hold: Annotated[str, typer.Argument(help="Id of the hold or its beginning, as `list` says.")],
    reason: Reason,
    role: Role = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Lift a hold: what is past its period goes at the next sweep. Both stay on record.

    Example: assay hold lift flights 3f2a9c01 --reason "case 2026/114 is closed"
    """
    from assay.stages.upkeep.holds import lift_hold

    who = author or getpass.getuser()
    found = lift_hold(open_services(dataset), dataset, hold, reason=reason, author=who, role=role)
    return show(found, as_json, f"The hold on {dataset} {found.what} is lifted.")


@app.command("list")
def list_holds(
    dataset: OneOrAll = None,
    everything: Annotated[bool, typer.Option("--all", help="Lifted holds too.")] = False,
    as_json: AsJson = False,
) -> int:
    """The holds that people placed. Those that a policy states are in its file."""
    from assay.stages.index import follow_registry
    from assay.stages.upkeep.holds import listed_holds

    services = open_services(dataset)
    follow_registry(services)
    found = [h for h in listed_holds(services, dataset) if everything or h.lifted is None]
    if as_json:
        return print_json({"holds": [h.model_dump(mode="json") for h in found]})
    table = table_of(("hold", "dataset", "what", "since", "by", "until", "reason"))
    for h in found:
        until = str(h.covers.until or "it is lifted")
        since = f"{h.at:%Y-%m-%d}"
        table.add_row(h.id[:12], h.dataset, h.what, since, h.by, _end(h) or until, h.covers.reason)
    results.print(table if found else "Nothing is held.")
    return 0


def _end(hold: PlacedHold) -> str:
    if hold.lifted is None:
        return ""
    return f"lifted {hold.lifted.at:%Y-%m-%d} by {hold.lifted.by}: {hold.lifted.reason}"
