"""Who may do what with a data set, and which line says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from assay.cli._console import coloured, now, open_project, print_json, results, table_of
from assay.cli._options import AsJson

app = typer.Typer(
    no_args_is_help=True, help="Who may do what with a data set, and which line says so."
)
_ANSWERS = {"yes": "green", "no": "red", "keep": "green", "mask": "yellow", "generalise": "yellow",
            "drop": "red"}  # fmt: skip


@app.command("list")
def list_roles(as_json: AsJson = False) -> int:
    """The roles of each data set, and what each may do.

    A data set without include/policies/<dataset>/access.yaml has none: whoever can read its files
    reads all released rows.
    """
    from assay.stages.access import listed_roles

    found = listed_roles(open_project())
    if as_json:
        said = {n: p and p.model_dump(mode="json")["roles"] for n, p in found.items()}
        return print_json({"datasets": said})
    table = table_of(("dataset", "role", "may", "purposes", "until", "members"))
    for dataset, policy in found.items():
        if policy is None:
            table.add_row(dataset, "–", "no access policy", "", "", "")
            continue
        for name, role in policy.roles.items():
            members = policy.members.get(name)
            table.add_row(
                dataset, name, ", ".join(role.may), ", ".join(role.purposes),
                str(role.until or "–"), "anybody" if members is None else ", ".join(members),
            )  # fmt: skip
    results.print(table)
    return 0


@app.command()
def explain(
    role: Annotated[str, typer.Option(help="Name of the role.")],
    dataset: Annotated[str, typer.Option(help="Name of the data set.")],
    as_json: AsJson = False,
) -> int:
    """What a role may do with a data set and see of it, each with the line that says so.

    Example: assay access explain --role scientist --dataset flights
    """
    from assay.stages.access import explain_access

    found = explain_access(open_project(), dataset, role, now().date())
    if as_json:
        return print_json({"role": role, "dataset": dataset, "lines": [asdict(x) for x in found]})
    table = table_of(("what", "", "answer", "why", "says"), title=f"{role} and {dataset}")
    for line in found:
        answer = coloured(line.answer, _ANSWERS)
        table.add_row(line.subject, line.what, answer, line.why, line.where)
    results.print(table)
    return 0


@app.command("diff")
def compare(
    old: Annotated[str, typer.Argument(help="A commit of the project's Git repository.")],
    new: Annotated[str, typer.Argument(help="A later one.")],
    as_json: AsJson = False,
) -> int:
    """What roles may do and see differently between two commits of the policies.

    `grants` marks what lets somebody do or see more.

    Example: assay access diff HEAD~5 HEAD
    """
    from assay.stages.access import access_changes

    found = access_changes(open_project().include, old, new)
    if as_json:
        return print_json({"datasets": {d.dataset: [asdict(c) for c in d.changes] for d in found}})
    table = table_of(("dataset", "role", "what", "before", "after", "grants"))
    for of_dataset in found:
        for c in of_dataset.changes:
            grants = coloured("yes" if c.grants else "", {"yes": "yellow"})
            table.add_row(of_dataset.dataset, c.role, c.what, c.before, c.after, grants)
    results.print(table if found else "Nobody may do anything else.")
    return 0
