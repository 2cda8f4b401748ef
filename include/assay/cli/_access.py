"""Who may do what with a data set, and which line says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from assay.cli._console import (
    coloured,
    now,
    open_project,
    open_services,
    print_json,
    results,
    show,
    table_of,
)
from assay.cli._options import AsJson, Purpose, Role

app = typer.Typer(
    no_args_is_help=True, help="Who may do what with a data set, and which line says so."
)
_ANSWERS = {"yes": "green", "no": "red", "keep": "green", "mask": "yellow", "generalise": "yellow",
            "drop": "red"}  # fmt: skip


@app.command("list")
def list_roles(as_json: AsJson = False) -> int:
    """The roles of each data set, and what each may do.

    A data set without include/policies/<dataset>/access.yaml has none: everybody who can read its
    files reads all released rows.
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


@app.command("log")
def show_log(
    dataset: Annotated[str | None, typer.Option(help="Only reads of this data set.")] = None,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the newest lines.")] = 50,
    role: Role = None,
    purpose: Purpose = None,
    as_json: AsJson = False,
) -> int:
    """Who read what, in which role, for which purpose, and how many rows.

    Lines about a data set with an access policy are shown to roles with the right `read_log`. A
    person whose key was shredded is `–`.

    Example: assay access log --dataset flights --as auditor
    """
    from assay.stages.access import person
    from assay.stages.access.log import read_log

    found = read_log(open_services(reading=True), dataset, last, person(role, purpose))
    if as_json:
        return print_json({"lines": [asdict(x) for x in found]})
    table = table_of(("n", "at", "user", "role", "dataset", "action", "purpose", "rows", "what"),
                     right=("n", "rows"))  # fmt: skip
    for x in found:
        about = x.about
        what = f"snapshot {about['snapshot']}, {about['batches']} batches" if about else ""
        rows = "" if x.rows is None else f"{x.rows:,}"
        table.add_row(str(x.n), x.at[:16], x.user or "–", x.role, x.dataset, x.action, x.purpose,
                      rows, what)  # fmt: skip
    results.print(table if found else "Nobody has read anything.")
    return 0


@app.command()
def verify(as_json: AsJson = False) -> int:
    """Check that no line of the access log was edited, moved, added or cut off.

    Each line is compared with the one before, the last one with the signed head, and every head
    that was anchored in the registry's Git remote with its line. What came after the last anchor
    could be cut off unseen: --json says how many lines.

    Exit codes: 0 whole, 1 not.

    Example: assay access verify
    """
    from assay.stages.access.log import verify_log

    found = verify_log(open_services(reading=True))
    lines = [
        f"{found.lines:,} lines, {found.anchored:,} of them anchored by {found.anchors:,} anchors"
        + (f", the last of {found.last_anchor}" if found.last_anchor else "")
    ]
    lines += [f"anchored here too, by another host or another key: {o}" for o in found.others]
    lines += [f"line {f.line or '–'}: {f.what}" for f in found.faults]
    lines.append("the log is whole" if found.whole else "THE LOG IS NOT WHOLE")
    return show(asdict(found), as_json, lines, 0 if found.whole else 1)


@app.command()
def anchor(as_json: AsJson = False) -> int:
    """Put the signed head of the access log into the registry's Git remote now.

    Reads do so by themselves, `log.anchor_minutes` of the policy after the last anchor.

    Example: assay access anchor
    """
    from assay.stages.access.log import anchor_log

    done = anchor_log(open_services())
    return show({"anchored": done}, as_json, "anchored" if done else "the log has no line yet")
