"""Models: their versions, champions and moves; reproduction of a version."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli._console import open_services, print_json, progress, results, table_of
from assay.cli._options import AsJson, Author
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.stages.services import Services

app = typer.Typer(no_args_is_help=True, help="Models: versions, champions, promotion.")
Version = Annotated[
    str, typer.Argument(metavar="MODEL[@N]", help="A version, or the model for its champion.")
]


@app.command("list")
def list_models(
    model: Annotated[str | None, typer.Argument(help="Only this model, with all versions.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show each model with its champion and its newest version; of one model, every version.

    Example: assay models list late_arrival
    """
    services = open_services(reading=True)
    names = [model] if model else _known(services)
    bodies = [_body(services, name) for name in names]
    if as_json:
        return print_json({"models": bodies})
    if not bodies:
        results.print("There is no model yet: write a file in include/models.")
    for body in bodies:
        _print(body, whole=model is not None)
    return 0


@app.command()
def promote(
    version: Version,
    reason: Annotated[str, typer.Option(help="Why, kept on record.")],
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Make a version the champion: one that waits for a person, or an earlier one.

    A held version never becomes the champion, nor does one that has learned from recalled data.
    Where the model file asks for a person, it isn't the one who trained it.

    Example: assay models promote late_arrival@2 --reason "3 is worse at night"
    """
    from assay.stages.models import promote_by_person
    from assay.stages.tracking import mirror_aliases

    services = open_services()
    said = promote_by_person(services, version, author=author or getpass.getuser(), reason=reason)
    mirror_aliases(services, version.partition("@")[0], os.environ)
    if as_json:
        return print_json({"said": said})
    results.print(said)
    return 0


def reproduce(version: Version, as_json: AsJson = False) -> int:
    """Train a version again from the registry, and compare data, model, predictions and figures.

    Nothing is registered. If a version of the data is gone, it is named. Exit code 1: something
    differs; 3: the data are gone.

    Example: assay reproduce late_arrival@3
    """
    from assay.stages.models import reproduce as train_again

    services = open_services(reading=True)
    with progress(f"training {version} again"):
        found = train_again(services, version)
    code = {True: 0, False: 1, None: 3}[found.same]
    if as_json:
        return print_json({**found.model_dump(mode="json"), "same": found.same}, code)
    for line in found.missing:
        results.print(f"gone: {line}", soft_wrap=True)
    table = table_of(("what", "registered", "now", ""), title=found.version)
    for one in found.comparisons:
        mark = {True: "same", False: "DIFFERS", None: ""}[one.same]
        table.add_row(one.what, one.registered, one.now, mark)
    if found.comparisons:
        results.print(table)
    results.print({
        0: f"{found.version} is what its data give again.",
        1: f"{found.version} isn't what its data give now.",
        3: f"{found.version} can't be trained again: some of its data are gone.",
    }[code])  # fmt: skip
    return code


def _known(services: Services) -> list[str]:
    """Models that have a file, or a version."""
    registered = {use.subject for use in services.registry.uses("model_version")}
    return sorted({*services.project.models(), *registered})


def _body(services: Services, model: str) -> dict[str, Any]:
    from assay.stages.models import champion_of, promotions_of, versions_of

    champion = champion_of(services, model)
    return {
        "model": model,
        "problem": _problem(services, model),
        "champion": champion.name if champion else None,
        "versions": [v.model_dump(mode="json") for v in versions_of(services, model)],
        "promotions": [p.model_dump(mode="json") for p in promotions_of(services, model)],
    }


def _problem(services: Services, model: str) -> str | None:
    """Why the model can't be trained now; None where its file loads."""
    try:
        services.project.model(model)
    except AssayError as error:
        return str(error)
    return None


def _print(body: dict[str, Any], *, whole: bool) -> None:
    versions = body["versions"]
    shown = versions if whole else versions[-1:]
    table = table_of(("version", "", "snapshot", "trained", "by", "figures"), title=body["model"])
    for version in shown:
        name = f"{body['model']}@{version['number']}"
        state = "champion" if name == body["champion"] else version["state"]
        state += f": {' '.join(version['reasons'])}" if version["reasons"] else ""
        metrics = [f"{n} {text}" for n, text in list(version["metrics"].items())[:3]]
        data = f"{version['dataset']}@{version['snapshot']}"
        table.add_row(name, state, data, version["at"][:16], version["author"], "; ".join(metrics))
    results.print(table if shown else f"{body['model']}: no version yet")
    results.print(f"  champion: {body['champion'] or 'none'}")
    if whole:
        for move in body["promotions"]:
            results.print(f"  {move['at'][:16]} {move['version']}: {move['reason']}, {move['by']}")
    if body["problem"]:
        results.print(f"  doesn't load: {body['problem']}", soft_wrap=True)
