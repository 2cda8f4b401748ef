"""The page of the ``assay`` command, from Typer."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from assay.cli._main import app
from docgen._markdown import GENERATED, code, table

_SHARED: Final = ("--help",)


def render_cli() -> str:
    """The page ``include/docs/cli.md``."""
    root = typer.main.get_command(app)
    lines = ["# The assay command", "", GENERATED, "", *_about(root)]
    lines += ["", "Results go to stdout, progress and errors to stderr. Each command has `--help`."]
    for path, command in _commands(root, ("assay",)):
        lines += ["", *_section(" ".join(path), command)]
    return "\n".join(lines) + "\n"


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None or command.invoke_without_command:
            yield (*path, name), command
        if inner:
            yield from _commands(command, (*path, name))


def _about(command: Any) -> list[str]:
    return inspect.cleandoc(command.help or "").splitlines()


def _section(called: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    shown = " ".join([called, *(_usage(p) for p in arguments)])
    yield from (f"## {called}", "", "```", f"{shown} [OPTIONS]", "```", "", *_about(command))
    if arguments:
        rows = [(code(_metavar(p)), _default(p), p.help or "") for p in arguments]
        yield from ("", *table(("argument", "default", "meaning"), rows))
    rows = [
        (", ".join(map(code, [*p.opts, *p.secondary_opts])), _default(p), p.help or "")
        for p in options
        if p.opts[0] not in _SHARED
    ]
    if rows:
        yield from ("", *table(("option", "default", "meaning"), rows))


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _usage(parameter: Any) -> str:
    return _metavar(parameter) if parameter.required else f"[{_metavar(parameter)}]"


def _default(parameter: Any) -> str:
    # An option of a group can't be required of the group's own verbs, so its help says so.
    if parameter.required or getattr(parameter, "show_default", None) == "required":
        return "**required**"
    value = parameter.default
    if isinstance(value, bool) and value:
        return "on"
    return "–" if not value or callable(value) else code(value)
