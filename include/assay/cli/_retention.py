"""What is kept until when, and the sweep of what is past it."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from assay.cli._console import open_services, print_json, progress, show
from assay.cli._options import AsJson, Author, Dataset
from assay.errors import InputError

if TYPE_CHECKING:
    from assay.stages.services import Services

_DIGITS: Final = 12
app = typer.Typer(
    no_args_is_help=True, help="Remove what is past its period: first plan, then apply that plan."
)


@app.command()
def plan(
    html: Annotated[Path | None, typer.Option(help="Write the plan as an HTML page, too.")] = None,
    as_json: AsJson = False,
) -> int:
    """What a sweep would remove now, why, and what keeps the rest; nothing is changed.

    Each item shows its period and the legal basis under which it was kept. What is past its maximum
    age and stays shows the rule that keeps it, the strongest first: a legal hold, the statutory
    minimum, a stay, a run at work, a snapshot, a rollback point.

    Example: assay retention plan --html plan.html
    """
    from assay.cli._retention_tables import plan_json, print_plan
    from assay.stages.upkeep import asked_of_sweep, plan_sweep

    services = open_services()
    with progress("looking at the zones"):
        found = plan_sweep(services)
        asked = asked_of_sweep(services, found)
    if html is not None:
        from assay.retention.page import render_plan_page

        html.write_text(render_plan_page(found), encoding="utf-8")
    if as_json:
        return print_json(plan_json(found, asked))
    print_plan(found, asked)
    return 0


@app.command()
def apply(
    plan_hash: Annotated[
        str, typer.Argument(metavar="HASH", help="Hash that `retention plan` printed.")
    ],
    approve: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="The hash again, to approve a plan above `approve_above`."
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--as", help="Role that approves, where the data set has an access policy."),
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Remove exactly what the plan of this hash names; refuses if the world has changed.

    Afterwards it searches for everything that should be gone, and keeps what it found beside the
    plan: `assay retention evidence HASH`. Exit code 1 if anything is left. A plan that takes more
    than `approve_above` of a policy needs --approve with its hash; it is on record who approved.
    """
    from assay.retention import render_result
    from assay.retention.evidence import render_evidence
    from assay.stages.upkeep import apply_sweep, read_evidence

    services = open_services()
    if approve is not None:
        _approve(services, plan_hash, approve, author or getpass.getuser(), role)
    with progress("sweeping"):
        result = apply_sweep(services, plan_hash)
    found = read_evidence(services, plan_hash)
    text = render_result(result) + (render_evidence(found) if found else "")
    return show(result, as_json, text.rstrip(), code=0 if found is None or found.clean else 1)


def _approve(services: Services, plan_hash: str, said: str, by: str, role: str | None) -> None:
    """Put a person's approval of a plan on record; the first twelve digits name it."""
    from assay.stages.upkeep import asked_of_sweep, plan_sweep
    from assay.stages.upkeep.approval import approve_sweep

    if len(said) < _DIGITS or not plan_hash.startswith(said):
        raise InputError(
            "what is approved isn't the plan that is applied", got=said, expected=plan_hash,
            do="Give --approve the hash of the plan, or its first twelve digits.",
        )  # fmt: skip
    plan = plan_sweep(services)
    if plan.hash == plan_hash:
        approve_sweep(services, plan_hash, asked_of_sweep(services, plan), by=by, role=role)


@app.command()
def evidence(
    plan_hash: Annotated[
        str, typer.Argument(metavar="HASH", help="Hash of a plan that was applied.")
    ],
    html: Annotated[Path | None, typer.Option(help="Write it as an HTML page, too.")] = None,
    as_json: AsJson = False,
) -> int:
    """What a search found, after a sweep, of all that it removed; counts and times only.

    Example: assay retention evidence 3f2a9c01… --html evidence.html
    """
    from assay.cli._retention_tables import print_evidence
    from assay.retention.evidence import render_evidence_page
    from assay.stages.upkeep import read_evidence

    found = read_evidence(open_services(reading=True), plan_hash)
    if found is None:
        raise InputError(
            "no sweep of this plan has ended", got=plan_hash,
            expected="the whole hash of a plan that was applied",
            do="The zone `retention` has a file of each.",
        )  # fmt: skip
    if html is not None:
        html.write_text(render_evidence_page(found), encoding="utf-8")
    if as_json:
        return print_json(found, 0 if found.clean else 1)
    print_evidence(found)
    return 0 if found.clean else 1


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
