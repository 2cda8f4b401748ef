"""What is kept until when, and the sweep of what is past it."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli._console import AsJson, open_office, progress, show
from assay.retention import render_plan, render_result
from assay.stages import apply_sweep, plan_sweep

app = typer.Typer(
    no_args_is_help=True, help="Remove what is past its period: first plan, then apply that plan."
)


@app.command()
def plan(as_json: AsJson = False) -> int:
    """What a sweep would remove now, and why; nothing is changed."""
    with progress("looking at the zones"):
        found = plan_sweep(open_office())
    told = {**found.model_dump(mode="json"), "hash": found.hash}
    show(told, as_json, render_plan(found))
    return 0


@app.command()
def apply(
    plan_hash: Annotated[str, typer.Argument(metavar="HASH", help="Of the plan looked at.")],
    as_json: AsJson = False,
) -> int:
    """Remove exactly what the plan of this hash names; refuses if the world has changed."""
    with progress("sweeping"):
        result = apply_sweep(open_office(), plan_hash)
    show(result.model_dump(mode="json"), as_json, render_result(result))
    return 0
