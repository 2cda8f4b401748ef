"""Explanations of a version, for readers of the data that it learned from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli._console import open_services, progress, results
from assay.cli._options import AsJson

if TYPE_CHECKING:
    from assay.stages.models._explain import VersionExplanation


def explain(
    version: Annotated[
        str, typer.Argument(metavar="MODEL[@N]", help="A version, or the model for its champion.")
    ],
    row: Annotated[
        int | None, typer.Option("--row", help="Number of one row (`__id`); its counterfactuals.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", help="The row's batch, where several have the number.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it to this file, as a page.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Explain a version: what its predictions rest on, and what would change them.

    It reads the released rows that the version learned from and shows their values, so it is for
    those who may read the data. Nothing of it is kept. The page of the training run shows the same
    by row numbers, without a value of a classified column.

    Example: assay explain late_arrival@3 --row 4711 --batch 2013-02-11
    """
    from assay.stages.models import explain_version, explanation_body

    services = open_services(reading=True)
    asked = None if row is None else (batch, row)
    with progress(f"explaining {version}"):
        found = explain_version(services, version, asked)
    if html is not None:
        _write(found, html)
    if as_json:
        typer.echo(explanation_body(found))
    elif html is None:
        from assay.training.explain import render_text

        results.print(render_text(found.verdict, found.report), soft_wrap=True, highlight=False)
    else:
        results.print(f"{html}: the explanation of {found.version}")
    return 0


def _write(found: VersionExplanation, file: Path) -> None:
    """Write the page, with values, for its reader alone."""
    from assay.lake import write_text
    from assay.page import PageContext
    from assay.training.explain import render_html

    write_text(file, render_html(found.verdict, found.report, PageContext(found.version)))
