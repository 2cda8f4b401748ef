"""Output of the command: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay.project import Project

if TYPE_CHECKING:
    from assay.page.lines import Grid
    from assay.stages.services import Services

errors = Console(stderr=True, highlight=False, markup=False)
results = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
"""For tables; 160 columns wide without a terminal. Both print brackets as they are."""
OUTCOMES: Final = {"PASS": "green", "WARN": "yellow", "INCONCLUSIVE": "magenta", "FAIL": "red"}
"""The colours of verdicts."""


def coloured(word: str, styles: Mapping[str, str]) -> Text:
    """Style a word as the mapping says; plain if it doesn't name the word."""
    return Text(word, style=styles.get(word, ""))


def now() -> datetime:
    """Read the time, in UTC; the library itself reads no clock."""
    return datetime.now(UTC)


def open_services(dataset: str | None = None, *, reading: bool = False) -> Services:
    """Open the services that the environment describes; ``reading`` changes nothing.

    A data set that has neither a contract nor a version is refused. What was released can be read
    even if the contract is removed or broken.
    """
    from assay.stages import services as opened

    services = opened.open_services(os.environ, now, reading=reading)
    if dataset is not None:
        opened.check_dataset(services, dataset)
    return services


def follow(services: Services) -> None:
    """Let the catalog know what the registry has, before a list is shown; warn if it can't."""
    from assay.stages.index import follow_to_read

    with progress("indexing the registry"):
        error = follow_to_read(services)
    if error is not None:
        errors.print(f"The list is what the catalog knows: {error}", style="yellow")


def open_project() -> Project:
    """Open the project that the environment describes, or that of the current folder."""
    return Project.of_here(os.environ)


def connection_credentials(connection: str | None) -> Mapping[str, str]:
    """What a connection of Airflow holds: address, login, password, extras; none without a name."""
    from assay.launcher import find_connection
    from assay.stages.services import source_credentials

    if connection is None:
        return {}
    found: dict[str, Any] = find_connection(open_project().home, connection)
    return source_credentials(
        found["get_uri"], found["login"], found["password"], found["extra_dejson"] or {}
    )


def spill_zone() -> Path | None:
    """The spill zone of the project's home, for temporary files; None if there is no such home."""
    lake = open_project().lake
    zone = lake.path("spill")
    mine = os.access(zone if zone.exists() else lake.home, os.W_OK | os.X_OK)
    return lake.make("spill") if mine else None


def show(value: Any, as_json: bool, text: str | Sequence[str], code: int = 0) -> int:
    """Print a result, as JSON if asked for, otherwise as text or its lines; return the code."""
    if as_json:
        return print_json(value, code)
    from assay.page.lines import Grid, TabledText

    for line in [text] if isinstance(text, str) else text:
        for part in line.parts if isinstance(line, TabledText) else [line]:
            if isinstance(part, Grid):
                results.print(_drawn(part))
            else:
                print(part)  # noqa: T201 - the command's result
    return code


def _drawn(grid: Grid) -> Table:
    """A table of a text, its outcomes in their colours."""
    table = table_of(grid.heads, right=[grid.heads[i] for i in grid.numbers])
    for row in grid.rows:
        table.add_row(*(coloured(cell, OUTCOMES) for cell in row))
    return table


def print_json(value: Any, code: int = 0) -> int:
    """Print a value as JSON on stdout, and return the code; a text must be JSON already."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_data)
    sys.stdout.write(text.rstrip("\n") + "\n")
    return code


def _data(value: Any) -> Any:
    """JSON data of a model or a dataclass; the text of anything else."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return vars(value) if is_dataclass(value) else str(value)


def table_of(heads: Sequence[str], right: Sequence[str] = (), title: str | None = None) -> Table:
    """Begin a table with these heads, of which some columns are set flush right."""
    table = Table(title=title, title_justify="left", box=None)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left")
    return table


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done, and the steps that are given; only on a terminal."""
    if not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status(what) as status:
        yield lambda step: status.update(Text(step))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show on stderr how many of some steps are done, and the next one; only on a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of, next_: bar.update(task, completed=done, total=of, description=next_)
