"""Objects that were set aside in the registry's store, and their way back."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli._console import open_services, print_json, progress, results, show, table_of
from assay.cli._options import AsJson
from assay.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    help="Objects that sweeps set aside: they are deleted when their days are over.",
)


@app.command("list")
def list_trash(as_json: AsJson = False) -> int:
    """What lies in the trash: what it was, why and when it went, and until when it stays."""
    found = open_services(reading=True).registry.trash.find()
    if as_json:
        return print_json({"objects": [e.model_dump(mode="json") for e in found]})
    table = table_of(("object", "of", "since", "until", "plan", "why"))
    for e in found:
        days = (f"{e.at:%Y-%m-%d}", f"{e.until:%Y-%m-%d}")
        table.add_row(e.md5[:12], e.name if e.key else "–", *days, e.plan[:12], e.why)
    results.print(table if found else "The trash is empty.")
    return 0


@app.command("restore")
def restore_trash(
    objects: Annotated[
        list[str] | None, typer.Argument(help="Beginnings of their hashes, as `list` shows them.")
    ] = None,
    plan: Annotated[
        str | None, typer.Option(help="All that the sweep of this plan set aside.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of the trash.")] = False,
    as_json: AsJson = False,
) -> int:
    """Put objects back in their places. To bring a version back: `assay retention restore`.

    An object that no version names two days later is set aside again.

    Example: assay versions trash restore --plan 3f2a9c01
    """
    if sum((bool(objects), plan is not None, everything)) != 1:
        raise InputError("which objects?", expected="their hashes, --plan or --all")
    trash = open_services().registry.trash
    wanted = {
        e.md5
        for e in trash.find()
        if everything
        or (plan is not None and e.plan.startswith(plan))
        or any(e.md5.startswith(o) for o in objects or ())
    }
    with progress("putting objects back"):
        back = trash.restore(wanted)
    return show({"restored": back}, as_json, f"{len(back)} objects are back in their places.")
