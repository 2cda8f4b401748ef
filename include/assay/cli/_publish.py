"""The released snapshot as tables of PostgreSQL: what is to do, and doing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli._console import connection_credentials, open_services, progress, show
from assay.cli._options import AsJson, Dataset

if TYPE_CHECKING:
    from assay.publishing import PublishingPlan
    from assay.stages.services import Services

app = typer.Typer(
    no_args_is_help=True,
    help="Publish released rows to PostgreSQL, each reader with the rows and columns of its role.",
)


@app.command()
def plan(dataset: Dataset, as_json: AsJson = False) -> int:
    """What there is to do so that the database is as the policies say; nothing is changed.

    Where the snapshot is published already, each line is drift: somebody changed a view or a right
    in the database, or a policy has changed.

    Exit code 1: there is something to do.

    Example: assay publish plan flights
    """
    from assay.stages.publishing import plan_publish

    with progress("asking the database"):
        found = plan_publish(_services(dataset), dataset)
    return show(_body(found), as_json, _lines(found), 1 if found.steps else 0)


@app.command()
def apply(
    dataset: Dataset,
    plan_hash: Annotated[
        str | None,
        typer.Argument(
            metavar="[HASH]", help="Hash that `publish plan` printed; another plan is refused."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Load what is new, point `latest` at the snapshot, and set views and rights as declared.

    Versions are loaded one after the other; readers see the new snapshot at once, at the end. If it
    is stopped, run it again: it goes on where it was.

    Example: assay publish apply flights
    """
    from assay.stages.publishing import apply_publish

    with progress("asking the database") as step:
        done = apply_publish(_services(dataset), dataset, plan_hash, step)
    body = _body(done)
    return show(body, as_json, [f"done: {step.says}" for step in done.steps] or [_nothing(done)])


def _services(dataset: str) -> Services:
    return replace(open_services(dataset), credentials=connection_credentials)


def _body(found: PublishingPlan) -> dict[str, object]:
    return {
        "dataset": found.dataset, "snapshot": found.snapshot, "hash": found.hash,
        "drift": found.drift, "steps": [step.says for step in found.steps],
    }  # fmt: skip


def _lines(found: PublishingPlan) -> list[str]:
    if not found.steps:
        return [_nothing(found)]
    name = f"{found.dataset}, snapshot {found.snapshot}"
    what = "the database isn't as the policies say" if found.drift else "to do"
    return [
        f"{name}: {what}",
        *(f"  {step.says}" for step in found.steps),
        f"plan {found.hash[:12]}: assay publish apply {found.dataset} {found.hash[:12]}",
    ]


def _nothing(found: PublishingPlan) -> str:
    return f"{found.dataset}: snapshot {found.snapshot} is published as the policies say."
