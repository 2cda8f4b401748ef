"""The first files of a data set, from a sample of it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from assay import engine
from assay.cli._console import AsJson, open_project, progress, show


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(new)


def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits, underscores.")],
    sample: Annotated[str, typer.Option("--from", help="CSV or Parquet; best a whole batch.")],
    grain: Annotated[str, typer.Option(help="How long a batch is: day, month, year.")] = "day",
    first: Annotated[
        str | None, typer.Option(help="Key of the first batch; from the sample by default.")
    ] = None,
    owner: Annotated[str, typer.Option(help="Team that answers for the data.")] = "unassigned",
    as_json: AsJson = False,
) -> int:
    """Write contract, suites and policies of a new data set, ready to be tightened.

    Nothing is overwritten. Then read the files, tighten them, and run `assay check`.

    Example: assay new loans --from loans-2024-01.csv --grain month
    """
    from assay.onboarding import plan_dataset, write_dataset

    if grain not in {"day", "month", "year"}:
        raise typer.BadParameter("day, month or year", param_hint="--grain")
    kind: Literal["day", "month", "year"] = grain  # type: ignore[assignment]
    with progress("reading the sample"), engine.session() as con:
        plan = plan_dataset(con, sample, name, grain=kind, first=first, owner=owner)
    written = write_dataset(plan, open_project().include)
    text = "\n".join(
        [*(f"wrote {path}" for path in written), "Next: read them, tighten them, `assay check`."]
    )
    show({"written": [str(p) for p in written]}, as_json, text)
    return 0
