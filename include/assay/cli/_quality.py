"""Quality as a number, over the batches of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from assay.cli._console import (
    open_services,
    print_json,
    progress,
    results,
    show,
    spill_zone,
    table_of,
)
from assay.cli._options import AsJson, Dataset, Parameters
from assay.cli._suite_tables import print_score

app = typer.Typer(no_args_is_help=True, help="Quality as a number, and how good a suite is.")
_BLOCKS = "▁▂▃▄▅▆▇█"


@app.command()
def history(
    dataset: Dataset,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the newest batches.")] = 30,
    html: Annotated[Path | None, typer.Option(help="Write the history as an HTML page.")] = None,
    as_json: AsJson = False,
) -> int:
    """The scores of each batch: completeness, uniqueness, validity, consistency, timeliness.

    A score is the share of the judged cells that meet what the contract and the suite expect of
    them; `–` where nothing of the dimension could be judged. Limits are the quality policy's.

    Example: assay quality history flights --html scores.html
    """
    from assay.stages.versions import score_history

    services = open_services(dataset, reading=True)
    found = score_history(services, dataset, last=last)
    if html is not None:
        from assay.cli._score_page import render_score_page

        html.write_text(render_score_page(found), encoding="utf-8")
    if as_json or not found["stages"]:
        return show(found, as_json, f"{dataset}: no batch has been scored yet.")
    for stage in found["stages"]:
        results.print(_table(dataset, stage))
    return 0


@app.command()
def mutate(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Data that the suite accepts.")],
    suite: Annotated[Path, typer.Option("--suite", help="The suite to try.")],
    every: Annotated[int, typer.Option(min=2, help="A fault is in every Nth row.")] = 20,
    rows: Annotated[int, typer.Option(min=20, help="Use the first so many rows.")] = 50_000,
    param: Parameters = None,
    as_json: AsJson = False,
) -> int:
    """Plant faults in good data, and print the share of them that a suite detects.

    The faults: missing values, values out of range, another unit, an unknown value, a typing
    error, two exchanged columns, duplicated rows, half of the rows lost. They are planted one at a
    time, column by column. For each fault that the suite doesn't detect, add an expectation;
    `assay suggest` proposes some.

    Example: assay quality mutate good-day.parquet --suite include/suites/loans/raw.json
    """
    from assay import engine
    from assay.quality import load_suite, parameters_from
    from assay.quality.mutation import measure_mutation

    loaded = load_suite(suite, parameters_from(param or []))
    with progress("reading the data") as step, engine.open_session(spill_zone()) as session:
        table = session.open_data(data)
        score = measure_mutation(session, table, loaded, every=every, most_rows=rows, progress=step)
    if as_json:
        return print_json(score.document())
    print_score(score)
    return 0


def _table(dataset: str, stage: Mapping[str, Any]) -> Table:
    dimensions = list(stage["dimensions"])
    title = f"{dataset}, {stage['stage']} rows"
    table = table_of(["batch", *dimensions], right=dimensions, title=title)
    for i, batch in enumerate(stage["batches"]):
        cells = [_cell(stage["dimensions"][d], i) for d in dimensions]
        table.add_row(batch, *cells)
    lines = [sparkline(stage["dimensions"][d]["scores"]) for d in dimensions]
    limits = [_limit(stage["dimensions"][d]["limit"]) for d in dimensions]
    table.add_section()
    table.add_row("limit", *limits, style="dim")
    table.add_row("history", *lines)
    return table


def _cell(series: Mapping[str, Any], i: int) -> Text:
    value, limit = series["scores"][i], series["limit"]
    if value is None:
        return Text("not judged", style="dim")
    # Cut, not rounded: what isn't whole never reads as 1.
    text = f"{int(value * 10_000) / 10_000:.4f}"
    below = limit is not None and value < limit["min"]
    style = "" if not below else "red" if limit["severity"] == "critical" else "yellow"
    return Text(text, style=style)


def _limit(limit: Mapping[str, Any] | None) -> str:
    return "–" if limit is None else f"{limit['min']:g} ({limit['severity']})"


def sparkline(values: Sequence[float | None]) -> str:
    """A series as one line of blocks, from its least to its greatest; a gap where there is none.

    Examples
    --------
    >>> sparkline([0.9, None, 0.95, 1.0])
    '▁ ▄█'
    >>> sparkline([1.0, 1.0])
    '██'
    """
    known = [v for v in values if v is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(_BLOCKS) - 1
    return "".join(
        " " if v is None else _BLOCKS[round((v - low) / span * top) if span else top]
        for v in values
    )
