"""Personal data: searching for it, and what a person decided about a column."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import (
    now,
    open_project,
    open_services,
    print_json,
    progress,
    show,
    spill_zone,
)
from assay.cli._options import AsJson, Author, Dataset

if TYPE_CHECKING:
    from assay.stages.personal_data import Searched

app = typer.Typer(
    no_args_is_help=True,
    help="Personal data: find it, decide about it, measure how well people hide.",
)
_SHARE = 0.05


@app.command()
def scan(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="CSV or Parquet, by path or URL; a folder of such files; or a data set's name.",
        ),
    ],
    batch: Annotated[
        str | None, typer.Option(help="Of a data set: the batch to read from its source.")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Of a file: the data set whose contract and decisions count."),
    ] = None,
    least_share: Annotated[
        float | None,
        typer.Option(
            min=0.0001, max=1.0,
            help="Least share of a column's distinct values that look personal; the privacy "
            f"policy's by default, without one {_SHARE:g}.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Search data for columns that look personal: e-mail, phone, names, addresses, numbers.

    A column is found by the form of its values, by check digits (cards, IBAN, national numbers) and
    by its name. Each finding is a proposal with its evidence, in counts: no value is shown. Ways to
    reach an organisation, in a table without a column about people, aren't undeclared.

    The exit code is 1 if a column looks personal that no contract classifies and about which nobody
    has decided (`assay privacy confirm`), else 0.

    Example: assay privacy scan people.csv

    Example: assay privacy scan loans --batch 2024-01
    """
    with progress("searching"):
        searched = _searched(data, batch, dataset, least_share)
    code = 1 if any(one.undeclared for one in searched) else 0
    if as_json:
        return print_json([_plain(one) for one in searched], code)
    return show(None, False, [line for one in searched for line in _lines(one, searched)], code)


def _searched(
    data: str, batch: str | None, dataset: str | None, share: float | None
) -> list[Searched]:
    from assay import engine
    from assay.stages.personal_data import policy_of, search_batch, search_files

    if not Path(data).exists() and data in open_project().datasets():
        if batch is None:
            raise typer.BadParameter("name a batch of the data set", param_hint="--batch")
        services = open_services(data, reading=True)
        return [search_batch(services, data, batch, least_share=share, asked=_SHARE)]
    contract = policy = None
    if dataset is not None:
        services = open_services(dataset, reading=True)
        contract = services.project.contract(dataset)
        policy = policy_of(services, contract)
        share = share or (policy.finding.least_share if policy and policy.finding else None)
    with engine.open_session(spill_zone()) as session:
        return list(
            search_files(
                session, data, least_share=share or _SHARE, contract=contract, policy=policy
            )
        )


def _lines(one: Searched, among: list[Searched]) -> list[Any]:
    from assay.privacy.finding import render_findings

    lines: list[Any] = [one.name] if len(among) > 1 else []
    return [*lines, *render_findings(one.found, one.undeclared)]


def _plain(one: Searched) -> dict[str, object]:
    """A search as JSON data."""
    return {
        "data": one.name, "rows": one.found.rows, "columns": one.found.columns,
        "findings": [
            {**f.model_dump(mode="json"), "share": f.share, "undeclared": f in one.undeclared}
            for f in one.found.findings
        ],
    }  # fmt: skip


@app.command()
def confirm(
    dataset: Dataset,
    column: Annotated[str, typer.Argument(help="The column that looks personal.")],
    because: Annotated[str, typer.Option(help="Why; on record, so no personal data.")],
    personal: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="It is: the contract classifies the column."),
    ] = None,
    is_not_personal: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="It isn't: the privacy policy keeps the decision."),
    ] = None,
    identity_domain: Annotated[
        str | None,
        typer.Option(
            help="Of an identifier: the domain within which its pseudonyms join; one of the column "
            "alone by default."
        ),
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Decide once about a column that looks personal, and put the decision on record.

    The decision is about the column and one kind, such as `email`, `phone`, `person_name`: another
    kind that is found later holds the batch again. The files' comments and layout stay.

    Example: assay privacy confirm loans note --personal email --because "customers' addresses"

    Example: assay privacy confirm loans code --is-not-personal phone --because "part numbers"
    """
    from assay.stages.personal_data import declare, dismiss

    kind = personal or is_not_personal
    if kind is None or (personal and is_not_personal):
        raise typer.BadParameter("one of the two", param_hint="--personal, --is-not-personal")
    about = open_project(), dataset, column, kind
    by, at = author or getpass.getuser(), now().date()
    done = (
        declare(*about, because=because, by=by, at=at, domain=identity_domain)
        if personal
        else dismiss(*about, because=because, by=by, at=at)
    )
    lines = [f"wrote {done.path}: {column} is{'' if personal else ' not'} personal ({kind})."]
    if done.classification:
        lines += [
            f"The contract classifies it as {done.classification}. Next: write its treatment in "
            f"policies/{dataset}/privacy.yaml, then run `assay check`."
        ]
    return show(done, as_json, lines)
