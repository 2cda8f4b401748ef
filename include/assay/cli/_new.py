"""The first files of a data set, from a sample of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from assay.cli._console import open_project, print_json, progress, results, spill_zone
from assay.cli._options import AsJson
from assay.cli._suite_tables import print_remarks, proposals_table


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
    from assay import engine
    from assay.onboarding import write_dataset
    from assay.stages.authoring import draft_dataset

    if grain not in {"day", "month", "year"}:
        raise typer.BadParameter("day, month or year", param_hint="--grain")
    kind: Literal["day", "month", "year"] = grain  # type: ignore[assignment]
    with progress("reading the sample"), engine.open_session(spill_zone()) as session:
        plan = draft_dataset(session, sample, name, grain=kind, first=first, owner=owner)
    written = write_dataset(plan, open_project().include)
    if as_json:
        proposals = [{"stage": p.stage, **p.expectation()} for p in plan.proposals]
        return print_json({"written": written, "proposals": proposals, "remarks": plan.remarks})
    results.print(f"What the suites of {name} expect, in addition to its contract")
    results.print(proposals_table(plan.proposals))
    print_remarks(plan.remarks)
    lines = ["", *(f"wrote {path}" for path in written), *_next(plan.profile, name)]
    results.print("\n".join(lines))
    return 0


def _next(profile: Any, name: str) -> list[str]:
    """What a person does next, the most certain first."""
    people = [c.name for c in profile.columns if c.guess is not None]
    lines = ["", "Next:"]
    if people:
        lines += [
            f"  {len(people)} columns may be about people: {', '.join(people)}.",
            f"  Confirm each in contracts/{name}.odcs.yaml, then write its treatment in "
            f"policies/{name}/privacy.yaml.",
        ]
    if profile.key is None:
        lines.append("  No column is unique and never null: name the primary key in the contract.")
    return [*lines, "  Read what is marked `confirm`, tighten it, then run `assay check`."]
