"""Experiments: what was trained, from which data, how it did, and what made the difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from assay.cli._console import (
    open_services,
    print_json,
    progress,
    progress_bar,
    results,
    show,
    table_of,
)
from assay.cli._options import AsJson
from assay.errors import InputError
from assay.wording import few

if TYPE_CHECKING:
    from assay.stages.models._compare import VersionComparison

app = typer.Typer(
    no_args_is_help=True, help="Training runs: their data, their figures, their differences."
)
Version = Annotated[
    str, typer.Argument(metavar="MODEL[@N]", help="A version, or the model for its champion.")
]


@app.command("list")
def list_experiments(
    model: Annotated[str | None, typer.Argument(help="Only this model.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 30,
    as_json: AsJson = False,
) -> int:
    """Show the training runs, each with its data, its figures and what became of it.

    Example: assay experiments list late_arrival
    """
    from assay.stages.models import champion_of, versions_of

    services = open_services(reading=True)
    subjects = {use.subject for use in services.registry.uses("model_version")}
    names = [model] if model else sorted(subjects)
    champions = {n: c.name for n in names if (c := champion_of(services, n)) is not None}
    found = sorted((v for n in names for v in versions_of(services, n)), key=lambda v: v.at)
    shown = found[: -last - 1 : -1]
    if as_json:
        bodies = [{**v.model_dump(mode="json"), "name": v.name} for v in shown]
        return print_json({"experiments": bodies, "champions": champions})
    if not shown:
        results.print("Nothing is trained yet: assay train MODEL")
        return 0
    table = table_of(("version", "", "data", "trained", "figures"))
    for version in shown:
        state = "champion" if champions.get(version.model) == version.name else version.state
        data = f"{version.dataset}@{version.snapshot}"
        metrics = "; ".join(f"{n} {text}" for n, text in list(version.metrics.items())[:2])
        table.add_row(version.name, state, data, f"{version.at:%Y-%m-%d %H:%M}", metrics)
    results.print(table)
    return 0


@app.command("show")
def show_version(version: Version, as_json: AsJson = False) -> int:
    """Show all that is on record of one version: data, making, figures, verdicts.

    Example: assay experiments show late_arrival@3
    """
    from assay.stages.models import find_version, load_record
    from assay.wording import sentence

    services = open_services(reading=True)
    found = find_version(services, version)
    record = load_record(services, found)
    if as_json:
        return print_json({"version": found, "record": record})
    results.print(f"{found.name}: {found.state}, training run {record.training_run[:12]}")
    for used in record.data:
        keys = sorted(used.versions)
        results.print(
            f"  {used.name}: {len(keys)} batches, {keys[0]} … {keys[-1]}, {used.digest[:12]}"
        )
    results.print(f"  rows: {record.rows_train:,} to learn, {record.rows_test:,} to test")
    for line in (*record.preprocessing, *(f"{n} = {v}" for n, v in record.parameters.items())):
        results.print(f"  {line}")
    table = table_of(("metric", "figure", "how"))
    for name, figure in record.metrics.items():
        table.add_row(name, figure.text, figure.how)
    results.print(table)
    for verdict in record.verdicts:
        said = "; ".join(sentence(reason) for reason in verdict.reasons)
        results.print(f"  {verdict.gate}: {verdict.outcome.value} {said}", soft_wrap=True)
    return 0


@app.command()
def compare(
    a: Version,
    b: Version,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Refit the crossings of data, preprocessing and hyperparameters, and split the "
            "change of each metric into their parts.",
        ),
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="With --explain: write the page to this file.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare two versions: data, making, figures, and how they do on the same rows.

    The paired figures are over the test rows of the second one that the first hasn't learned from.
    A difference whose interval holds 0 is inconclusive.

    With --explain the parts of data, preprocessing and hyperparameters in each change are shown.
    They add up to it. The model file says how many refits that may take (`compare.refits`). What
    was refitted before is found.

    Exit code 3: with --explain, a version of the data that one of them learned from is gone.

    Example: assay experiments compare late_arrival@2 late_arrival@3 --explain
    """
    from assay.stages.models import compare_versions

    if explain:
        return _explain(a, b, html, as_json)
    if html is not None:
        raise InputError("only an explanation has a page", where="--html", do="Add --explain.")
    services = open_services(reading=True)
    with progress("comparing on the same rows"):
        found = compare_versions(services, a, b)
    if as_json:
        return print_json(found)
    _print(found)
    return 0


def _explain(a: str, b: str, html: Path | None, as_json: bool) -> int:
    """Show what made the difference between two versions, and write its page."""
    from assay.stages.models import explain_difference
    from assay.training.compare import render_html, render_text

    services = open_services()
    with progress_bar("refits") as done:
        found = explain_difference(services, a, b, done)
    if html is not None:
        html.write_text(render_html(found), encoding="utf-8")
    return show(found.model_dump_json(), as_json, render_text(found), 3 if found.missing else 0)


@app.command()
def trend(
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    metric: Annotated[
        str | None, typer.Option(help="The metric; by default the first that its file limits.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write a drawing to this file.")] = None,
    by_time: Annotated[
        bool, typer.Option("--by-time", help="With --svg: by time, not by data version.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show a metric over the versions of a model: its value, interval, limit and what became of it.

    Each figure is on the test rows of its own version, so that a change may come from the rows,
    too: `assay experiments compare` has the same rows for both. The page shows the trend by data
    version and by time.

    Example: assay experiments trend late_arrival --metric roc_auc --html trend.html
    """
    from assay.stages.models import trend_of
    from assay.training.trend import render_html, render_svg, render_text

    found = trend_of(open_services(reading=True), model, metric)
    if html is not None:
        html.write_text(render_html(found), encoding="utf-8")
    if svg is not None:
        by: Literal["data", "time"] = "time" if by_time else "data"
        svg.write_text(render_svg(found, by), encoding="utf-8")
    return show(found.model_dump_json(), as_json, render_text(found))


def _print(found: VersionComparison) -> None:
    _print_data(found)
    table = table_of(("", found.a, found.b), title="Made otherwise")
    for name, pair in found.making.items():
        table.add_row(name, *pair)
    results.print(table if found.making else "Made alike.")
    table = table_of(("metric", found.a, found.b), title="Each on its own test rows")
    for name, pair in found.metrics.items():
        table.add_row(name, *pair)
    results.print(table)
    if found.not_paired:
        results.print(f"Not compared on the same rows: {found.not_paired}", soft_wrap=True)
        return
    table = table_of(("metric", f"{found.b} minus {found.a}", "p", ""), title="On the same rows")
    for one in found.paired:
        p = "" if one.difference.p is None else f"{one.difference.p:.3g}"
        table.add_row(one.metric, one.difference.text, p, one.says)
    results.print(table)


def _print_data(found: VersionComparison) -> None:
    for one in found.data:
        results.print(f"{one.dataset}: snapshot {one.a or 'none'} → {one.b or 'none'}")
        changes: dict[str, Any] = {
            "added": one.added, "removed": one.removed, "replaced": one.replaced,
        }  # fmt: skip
        for word, batches in changes.items():
            if batches:
                results.print(f"  {len(batches)} batches {word}: {few(list(batches))}")
        results.print(f"  {one.kept} batches are the same")
    for side, (was, now) in found.rows.items():
        results.print(f"{side} rows: {was:,} → {now:,}")
