"""The demo's output: progress while it runs, and a table of every batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assay.lake import Lake
from demo.plan import Stand, Wish

_MANY = 20
_LEAST_WIDTH = 131
_COLOURS = {
    "PASS": "green", "WARN": "yellow", "INCONCLUSIVE": "magenta", "FAIL": "red",
    "released": "green", "held": "red", "forced": "yellow",
}  # fmt: skip


class Screen:
    """Messages and progress; bars on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self.console.width = max(self.console.width, _LEAST_WIDTH)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        self.console.print(f"[dim]{time.monotonic() - self._began:5.0f} s[/dim]  {text}")

    @contextmanager
    def progress(self, wanted: Mapping[str, int]) -> Iterator[Callable[[str, int, int], None]]:
        """Yield a function that shows how many runs of a data set are finished and running."""
        if not self.console.is_terminal:
            yield _Lines(self, wanted)
            return
        columns = (
            TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), TextColumn("{task.fields[running]}"),
        )  # fmt: skip
        with Progress(*columns, console=self.console) as bars:
            tasks = {name: bars.add_task(name, total=n, running="") for name, n in wanted.items()}

            def report(name: str, finished: int, running: int) -> None:
                note = f"{running} running" if running else ""
                bars.update(tasks[name], completed=finished, running=note)

            yield report

    def table(self, wishes: Sequence[Wish], stand: Stand) -> None:
        """Print every wanted batch; if there are many, those with a warning or a failure."""
        table = Table(
            title="The batches and their outcomes", title_justify="left", box=SIMPLE_HEAD, padding=0
        )
        for name in ("data set", "batch", "verdict", "state"):
            table.add_column(name, no_wrap=True)
        for name in ("rows in", "quarantined", "released"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("reasons", overflow="fold")
        table.add_column("version", no_wrap=True, min_width=8)
        for wish in wishes:
            _add(table, wish, stand.records.get(wish.dataset, {}))
        self.console.print(table)

    def learned(self, lines: Iterable[Sequence[str]]) -> None:
        """Print what the model has learned, and how its predictions did."""
        table = Table(
            title="The model, its predictions and their outcomes", title_justify="left",
            box=SIMPLE_HEAD, padding=0, show_header=False,
        )  # fmt: skip
        for _ in range(5):
            table.add_column(no_wrap=True)
        for what, name, word, more, figure in lines:
            table.add_row(what, name, _coloured(word), more, figure)
        self.console.print(table)

    def where_next(self, lake: Lake) -> None:
        """Print what to do next."""
        for what, how in (
            ("see it in Airflow's UI", "make up, then log in as admin; make down stops it"),
            ("passwords", str(lake.path("secrets", "airflow_passwords.json"))),
            ("reports of every batch", str(lake.path("reports"))),
            ("quarantined rows, with reasons", str(lake.path("quarantine"))),
            ("messages (no connection is set up)", str(lake.path("messages"))),
            ("status of every batch", ".venv/bin/assay status"),
        ):
            self.console.print(f"  {what:<36}{how}", highlight=False, soft_wrap=True)


class _Lines:
    """Progress as lines, one for each change."""

    def __init__(self, screen: Screen, wanted: Mapping[str, int]) -> None:
        self._screen = screen
        self._wanted = wanted
        self._said: dict[str, int] = {}

    def __call__(self, name: str, finished: int, running: int) -> None:
        if self._said.get(name, 0) != finished:
            self._said[name] = finished
            self._screen.say(f"{name}: {finished} of {self._wanted[name]} done, {running} running")


def _add(table: Table, wish: Wish, records: Mapping[str, Mapping[str, Any]]) -> None:
    shown = wish.batches
    if len(shown) > _MANY:
        shown = tuple(b for b in shown if not _plain(records.get(b, {})))
    plain = [records[b] for b in wish.batches if b not in shown]
    names = [wish.dataset] + [""] * len(wish.batches)
    for name, batch in zip(names, shown, strict=False):
        table.add_row(name, *_cells(batch, records.get(batch, {})))
    if plain:
        table.add_row(
            names[len(shown)], f"{len(plain)} more", "", _coloured("released"), *_sums(plain)
        )
    table.add_section()


def _plain(record: Mapping[str, Any]) -> bool:
    """Whether a batch is released without a warning, judged by every gate that applies."""
    passed = record.get("state") == "released" and record.get("verdict") == "PASS"
    return passed and not record.get("not_judged")


def _cells(batch: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    reasons = [r if isinstance(r, str) else r.get("code", "") for r in record.get("reasons") or ()]
    return (
        batch,
        _verdict(record),
        _coloured(record.get("state") or "not judged"),
        *(_number(record.get(key)) for key in ("rows_in", "rows_quarantined", "rows_released")),
        "\n".join(dict.fromkeys(reasons)),
        (record.get("version") or "")[:8],
    )


def _verdict(record: Mapping[str, Any]) -> str:
    """The verdict, and below it what was not judged."""
    word, rooms = _coloured(record.get("verdict") or "–"), record.get("not_judged")
    return f"{word}\n{' and '.join(rooms)} not judged" if rooms else word


def _sums(records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    keys = ("rows_in", "rows_quarantined", "rows_released")
    return tuple(_number(sum(r.get(key) or 0 for r in records)) for key in keys)


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", " ")


def _coloured(word: str) -> str:
    colour = _COLOURS.get(word)
    return f"[{colour}]{word}[/{colour}]" if colour else word
