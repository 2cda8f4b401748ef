"""Advice: of which rows more labels would help a model, and by how much."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli._console import open_services, print_json, progress, results
from assay.cli._options import AsJson


def advise(
    model: Annotated[str, typer.Argument(help="Name of the model: its file in include/models.")],
    rows: Annotated[
        int, typer.Option(min=1, help="Rows of each slice that would be labelled more.")
    ] = 400,
    slices: Annotated[int, typer.Option(min=1, help="Slices with most errors, at most.")] = 3,
    repetitions: Annotated[
        int, typer.Option(min=3, help="Refits of each size, each on other rows.")
    ] = 5,
    as_json: AsJson = False,
) -> int:
    """Say of which rows more labels would help the champion, and by how much.

    The slices with most errors on its test rows are found; for each the model is refitted on an
    eighth, a quarter and a half of the slice's training rows, and the curve is extended. Levels
    that are rarer in training than in the rows released since are named. The result is also a file,
    a labelling request: data set, filter and number of rows. Nothing else changes.

    Example: assay advise late_arrival --rows 400
    """
    from assay.stages.feedback import advise as ask

    services = open_services()
    with progress(f"{model}: advice") as step:
        found = ask(
            services, model, more=rows, slices=slices, repetitions=repetitions,
            progress=lambda what: step(f"{model}: {what}"),
        )  # fmt: skip
    if as_json:
        return print_json(found)
    results.print(f"{found.version}, by the errors on its test rows")
    for one in found.slices:
        results.print(f"  {one.says}", soft_wrap=True)
    if not found.slices:
        results.print("  No slice with enough rows has more errors than the rest, beyond chance.")
    for rare in found.underrepresented:
        results.print(f"  {rare.says}", soft_wrap=True)
    path = services.project.home.joinpath(found.report)
    results.print(f"labelling request: {path}", soft_wrap=True)
    return 0
