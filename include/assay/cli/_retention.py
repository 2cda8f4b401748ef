"""What is kept until when, and the sweep of what is past it."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from assay.cli._console import open_services, progress, show
from assay.cli._options import AsJson, Author, Dataset

app = typer.Typer(
    no_args_is_help=True, help="Remove what is past its period: first plan, then apply that plan."
)


@app.command()
def plan(as_json: AsJson = False) -> int:
    """What a sweep would remove now, and why; nothing is changed."""
    from assay.retention import render_plan
    from assay.stages.upkeep import plan_sweep

    with progress("looking at the zones"):
        found = plan_sweep(open_services())
    return show({**found.model_dump(mode="json"), "hash": found.hash}, as_json, render_plan(found))


@app.command()
def apply(
    plan_hash: Annotated[
        str, typer.Argument(metavar="HASH", help="Hash that `retention plan` printed.")
    ],
    as_json: AsJson = False,
) -> int:
    """Remove exactly what the plan of this hash names; refuses if the world has changed."""
    from assay.retention import render_result
    from assay.stages.upkeep import apply_sweep

    with progress("sweeping"):
        result = apply_sweep(open_services(), plan_hash)
    return show(result, as_json, render_result(result))


@app.command()
def restore(
    dataset: Dataset,
    batch: Annotated[str, typer.Argument(help="The batch whose version was archived.")],
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day before it is archived again.")
    ],
    reason: Annotated[str, typer.Option(help="Why; on record for ever.")],
    version: Annotated[
        str | None, typer.Option(help="Version id or its beginning, where there are several.")
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Give it to readers again, in a new snapshot.")
    ] = False,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Bring an archived version back and verify its bytes; it is archived again after --until.

    Example: assay retention restore flights 2013-02-04 --until 2026-12-31 --reason "an audit"
    """
    from assay.stages.versions import restore_version

    services = open_services(dataset)
    with progress("restoring"):
        found = restore_version(
            services, dataset, batch, version, until=until.date(), reason=reason,
            author=author or getpass.getuser(), release=release,
        )  # fmt: skip
    where = "readers get it again" if release else "it is in no snapshot"
    text = f"{dataset} {batch} {found.version} is back until {until:%Y-%m-%d}; {where}."
    return show(found, as_json, text)
