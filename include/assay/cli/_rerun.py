"""Released batches that are judged again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli._console import errors, follow, open_services, print_json, results, table_of
from assay.cli._options import AsJson, Dataset
from assay.errors import AssayError
from assay.wording import few

if TYPE_CHECKING:
    from assay.stages.services import Services


def rerun(
    dataset: Dataset,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show the batches and the commands, and start nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run again the released batches that were judged by rules which have changed since.

    Rules are the contract, the suites and the policies, by content. Each of these batches gets a
    run, and no other. Readers keep what they have until a run releases a new version. A later
    batch waits for an earlier one that its reference needs.
    """
    from assay.launcher import commands, start_runs
    from assay.stages.versions import outdated

    services = open_services(dataset, reading=True)
    follow(services)
    found = outdated(services, dataset)
    batches, dag_id = [one.batch for one in found], f"release__{dataset}"
    if as_json:
        started = [] if plan else list(start_runs(services.project.home, dag_id, batches))
        return print_json({"dataset": dataset, "outdated": found, "started": started})
    if not found:
        results.print(f"{dataset}: every released batch was judged by the rules in force.")
        return 0
    table = table_of(("batch", "version", "changed since"))
    for one in found:
        table.add_row(one.batch, one.version[:12], ", ".join(one.changed))
    results.print(table)
    if plan:
        results.print("\n".join(["", *commands(dag_id, batches)]), soft_wrap=True)
        return 0
    for run_id in start_runs(services.project.home, dag_id, batches):
        results.print(f"started {run_id}")
    errors.print("A DAG that is paused runs nothing: switch it on in the UI.", style="yellow")
    return 0


def outdated_of(services: Services, dataset: str) -> list[str]:
    """Released batches that other rules judged; none where the contract is gone or broken."""
    from assay.stages.versions import outdated_batches

    try:
        return outdated_batches(services, dataset)
    except AssayError:
        return []


def print_outdated(dataset: str, batches: Sequence[str]) -> None:
    """Say which released batches other rules judged, and how they are run again."""
    if batches:
        one = len(batches) == 1
        was = "1 released batch was" if one else f"{len(batches)} released batches were"
        results.print(
            f"  {was} judged by rules that have changed since ({few(batches)}): "
            f"assay rerun {dataset} runs {'it' if one else 'them'} again"
        )
