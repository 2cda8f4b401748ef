"""Output of the command: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from assay.errors import InputError, did_you_mean
from assay.project import Project

if TYPE_CHECKING:
    from assay.stages.services import Services

Author = Annotated[str | None, typer.Option(help="User id on record; yours by default.")]
Dataset = Annotated[str, typer.Argument(help="Name of the data set.")]
OneOrAll = Annotated[str | None, typer.Argument(help="Only this data set.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", help="NAME=VALUE of a $PARAMETER.")
]
Data = Annotated[str, typer.Argument(metavar="DATA", help="CSV or Parquet, by path or URL.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to stdout.")]

errors = Console(stderr=True, highlight=False, markup=False)
results = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
"""For tables; 160 columns wide without a terminal. Both print brackets as they are."""


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
    from assay.stages.services import Services

    secrets = {
        "registry_key": os.environ.get("ASSAY_REGISTRY_KEY", ""),
        "pseudonym_key": os.environ.get("ASSAY_PSEUDONYM_KEY", ""),
    }
    given = {k: v for k, v in secrets.items() if v}
    services = Services(project=open_project(), clock=now, secrets=given, reading=reading)
    if dataset is not None:
        _check_dataset(services, dataset)
    return services


def open_project() -> Project:
    """Open the project that the environment describes, or that of the current folder."""
    environ = dict(os.environ)
    here = Path.cwd()
    if "ASSAY_PROJECT" not in environ and (here / "include" / "contracts").is_dir():
        environ["ASSAY_PROJECT"] = str(here)
    return Project.from_environment(environ)


def _check_dataset(services: Services, name: str) -> None:
    known = services.project.datasets()
    if name in known:
        return
    known = sorted({*known, *services.registry.datasets()})
    if name not in known:
        raise InputError(
            "no such data set",
            got=name,
            expected="one of: " + (", ".join(known) or "none has a contract yet"),
            do=did_you_mean(name, known) or "assay new NAME --from FILE makes one.",
        )


def show(value: Any, as_json: bool, text: str) -> None:
    """Print a result: as JSON if asked for, otherwise as text."""
    if as_json:
        print_json(value)
    else:
        print(text)  # noqa: T201 - the command's result


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout; a text must be JSON already."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.write(text.rstrip("\n") + "\n")


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done, and the steps that are given; only on a terminal."""
    if not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status(what) as status:
        yield lambda step: status.update(Text(step))
