"""The first files of a data set, from a sample of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli._console import open_project, print_json, progress, results, spill_zone
from assay.cli._options import AsJson, Decimal, Delimiter, Encoding, tab_for
from assay.cli._sampled import Batches, Query, Rows, draft, is_source
from assay.cli._suite_tables import print_remarks, proposals_table

if TYPE_CHECKING:
    from assay.onboarding import DatasetPlan


def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits, underscores.")],
    sample: Annotated[
        list[str],
        typer.Option(
            "--from",
            help="CSV or Parquet, best a whole batch; repeat for several batches, or write "
            "`{batch}` in the place of their keys. Or the id of an Airflow connection, with "
            "`--query`. Or a YAML file with an entry of `servers`: a REST endpoint or a database.",
        ),
    ],
    query: Query = None,
    batches: Batches = None,
    rows: Rows = 50_000,
    grain: Annotated[str, typer.Option(help="How long a batch is: day, month, year.")] = "day",
    first: Annotated[
        str | None, typer.Option(help="Key of the first batch; from the sample by default.")
    ] = None,
    owner: Annotated[str, typer.Option(help="Team that answers for the data.")] = "unassigned",
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    as_json: AsJson = False,
) -> int:
    """Write contract, suites and policies of a new data set, ready to be tightened.

    From one batch, limits are wide: it doesn't show how much batches differ. Several batches show
    it. Nothing is overwritten. Then read the files, tighten them, and run `assay check`.

    Example: assay new loans --from 'loans-{batch}.csv' --grain month

    Example: assay new loans --from warehouse --query "SELECT * FROM loans WHERE day = :batch"
    --batch 2024-01-03

    Example: assay new loans --from endpoint.yaml --batch 2024-01-03
    """
    from assay import engine
    from assay.engine.text_form import TextForm
    from assay.onboarding import write_dataset
    from assay.stages.authoring import draft_dataset

    if grain not in {"day", "month", "year"}:
        raise typer.BadParameter("day, month or year", param_hint="--grain")
    kind: Literal["day", "month", "year"] = grain  # type: ignore[assignment]
    form = TextForm(tab_for(delimiter), encoding, decimal)
    with progress("reading the sample"), engine.open_session(spill_zone()) as session:
        plan = (
            draft(session, sample[0], name, query, batches, rows, kind, first, owner)
            if is_source(sample, query)
            else draft_dataset(
                session, sample, name, form=form, grain=kind, first=first, owner=owner
            )
        )
    written = write_dataset(plan, open_project().include)
    if as_json:
        proposals = [{"stage": p.stage, **p.expectation()} for p in plan.proposals]
        return print_json({"written": written, "proposals": proposals, "remarks": plan.remarks})
    results.print(f"What the suites of {name} expect, in addition to its contract")
    results.print(proposals_table(plan.proposals))
    print_remarks(plan.remarks)
    lines = ["", *(f"wrote {path}" for path in written), *_next(plan, name)]
    results.print("\n".join(lines))
    return 0


_MOST_KEYS = 3


def _next(plan: DatasetPlan, name: str) -> list[str]:
    """What a person does next, the most certain first."""
    profile = plan.profile
    people = [c.name for c in profile.columns if c.guess is not None]
    lines = ["", "Next:"]
    if people:
        lines += [
            f"  {len(people)} columns may be about people: {', '.join(people)}.",
            f"  Confirm each in contracts/{name}.odcs.yaml, then write its treatment in "
            f"policies/{name}/privacy.yaml.",
        ]
    key = next((p.kwargs["column_list"] for p in plan.proposals if "compound" in p.type), ())
    if profile.key is None and profile.keys:
        lines.append(f"  {profile.keys[0]} is unique, but in {profile.rows} rows only: if it is "
                     "the primary key, say so in the contract.")  # fmt: skip
    elif profile.key is None and 0 < len(key) <= _MOST_KEYS:
        lines.append(f"  {', '.join(key)} are unique together: if they are the primary key, name "
                     "each as `primaryKey` in the contract.")  # fmt: skip
    elif profile.key is None:
        lines.append("  No column is unique and never null: name the primary key in the contract.")
    if profile.distances.batches == 1:
        lines.append("  One batch doesn't show how much batches differ, so limits are wide: draft "
                     "from several, or run `assay drift calibrate` after some.")  # fmt: skip
    return [*lines, "  Read what is marked `confirm`, tighten it, then run `assay check`."]
