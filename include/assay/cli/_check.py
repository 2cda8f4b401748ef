"""Whether contracts, suites and policies can be believed."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli._console import AsJson, errors, open_project, print_json, progress, show
from assay.stages import check_project


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    gx: Annotated[
        bool, typer.Option(help="Load each suite through Great Expectations too (10 s).")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """Every fault of every contract, suite and policy at once, each with file and line."""
    project = open_project()
    with progress("checking contracts, suites and policies"):
        problems = check_project(project, gx=gx)
    if as_json:
        print_json({"problems": [{"where": p.where, "what": p.what, "do": p.do} for p in problems]})
    elif not problems:
        show(None, False, f"{len(project.datasets())} data sets: nothing to mend.")
    for problem in problems:
        errors.print(str(problem), markup=False, soft_wrap=True)
    return 2 if problems else 0
