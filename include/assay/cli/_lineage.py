"""Where data came from, and where it went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli._console import errors, follow, open_services, print_json, progress, show
from assay.cli._options import AsJson

if TYPE_CHECKING:
    from assay.lineage import ColumnStep, Graph
    from assay.stages.lineage import RowLineage, Target
    from assay.stages.services import Services


def lineage(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A source file or its SHA-256, DATASET@BATCH, a version id, DATASET@N for "
            "snapshot N, MODEL or MODEL@N, KIND/ID of a use, or DATASET@BATCH#ID for a row.",
        ),
    ],
    up: Annotated[bool, typer.Option("--up", help="Only what it comes from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what came of it.")] = False,
    columns: Annotated[
        bool, typer.Option("--columns", help="With the way of each column, step by step.")
    ] = False,
    most: Annotated[
        int, typer.Option(min=0, help="Show so many neighbours of one kind; 0 for all.")
    ] = 10,
    as_json: AsJson = False,
    dot: Annotated[bool, typer.Option("--dot", help="Print it for Graphviz: dot -Tsvg.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as a page here.")] = None,
) -> int:
    """Where data came from, and what came of it: from source file to model and feedback.

    A row of a version is shown with the landed row that it was and the rules that changed it: for
    those who may read landing.

    Example: assay lineage flights@2013-02-08 --down
    """
    from assay.lineage import as_json as graph_json
    from assay.lineage import render_columns, render_dot, render_html, render_text
    from assay.stages.lineage import find_target, trace

    services = open_services(reading=True)
    follow(services)
    with progress("following the links"):
        target = find_target(services, what)
        graph = trace(services, target.nodes, up=up or not down, down=down or not up)
        steps = _columns_of(services, graph) if columns else []
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_html(graph, f"Lineage of {what}", steps), encoding="utf-8")
        errors.print(f"wrote {html}")
        return 0
    if dot:
        return show(None, False, render_dot(graph))
    row = _row_of(services, target)
    if as_json:
        return print_json({**graph_json(graph), "columns": steps, "row": row})
    ways: tuple[Literal["up", "down"], ...] = ("up", "down")
    if up != down:
        ways = ("up",) if up else ("down",)
    lines = [*(row.lines(_file_of(graph)) if row else []), render_text(graph, ways, most)]
    return show(None, False, [*lines, *([render_columns(steps)] if steps else [])])


def _file_of(graph: Graph) -> str:
    """The name of the file of the version that was asked about; empty where it isn't known."""
    near = {link.source for link in graph.links if link.target in graph.targets}
    return next((graph.nodes[n].get("file", "") for n in near if n.kind == "landing"), "")


def _columns_of(services: Services, graph: Graph) -> list[ColumnStep]:
    """The way of each column; its module loads the engine, which the graph doesn't need."""
    from assay.stages.lineage import trace_columns

    return trace_columns(services, graph)


def _row_of(services: Services, target: Target) -> RowLineage | None:
    """The lineage of the row that is meant, if one is."""
    from assay.stages.lineage import trace_rows

    if target.row is None:
        return None
    with services.session() as session:
        (row,) = trace_rows(services, session, target.nodes[0].key, [target.row])
    return row
