"""Where output goes: results to stdout, all else to stderr."""

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

Data = Annotated[str, typer.Argument(metavar="DATA", help="CSV or Parquet, by path or URL.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to stdout.")]

errors = Console(stderr=True, highlight=False, markup=False)
results = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
"""For tables; wide where nobody's window limits it. Brackets are text on both."""


def coloured(word: str, styles: Mapping[str, str]) -> Text:
    """A word in the style that it has among these, plain if it has none."""
    return Text(word, style=styles.get(word, ""))


def now() -> datetime:
    """The time, in UTC; the library itself reads no clock."""
    return datetime.now(UTC)


def open_services(*, reading: bool = False) -> Services:
    """The services that the environment describes; ``reading`` to look only."""
    from assay.stages.services import Services

    secrets = {
        "registry_key": os.environ.get("ASSAY_REGISTRY_KEY", ""),
        "pseudonym_key": os.environ.get("ASSAY_PSEUDONYM_KEY", ""),
    }
    given = {k: v for k, v in secrets.items() if v}
    return Services(project=open_project(), clock=now, secrets=given, reading=reading)


def open_project() -> Project:
    """The project that the environment describes, or the one that the shell stands in."""
    environ = dict(os.environ)
    here = Path.cwd()
    if "ASSAY_PROJECT" not in environ and (here / "include" / "contracts").is_dir():
        environ["ASSAY_PROJECT"] = str(here)
    return Project.from_environment(environ)


def check_dataset(services: Services, name: str) -> None:
    """Refuse the name of a data set that has neither a contract nor a version.

    A contract that has gone or is broken keeps nobody from looking at what was released.
    """
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
    """Print a result: as JSON where it was asked for, else the text for a person."""
    if as_json:
        print_json(value)
    else:
        print(text)  # noqa: T201 - the command's result


def print_json(value: Any) -> None:
    """Print JSON to stdout; text that is JSON already is printed as it is."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.write(text.rstrip("\n") + "\n")


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on stderr what is being done, with a spinner where a person looks on."""
    if not errors.is_terminal:
        yield
        return
    with errors.status(what):
        yield


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """Say on stderr what is being done, step by step, where a person looks on."""
    if not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status(what) as status:
        yield lambda step: status.update(Text(step))
