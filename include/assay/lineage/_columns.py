"""Lineage of columns: what each released column was, and what became of it on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ColumnStep:
    """One step on a column's way.

    Parameters
    ----------
    column : str
        The column after the step.
    stage : str
        ``source``, ``protect``, ``clean``, ``derive``, ``join``, or a version of a model.
    what : str
        What is done to it: a treatment, a step of cleaning, an expression, an encoder.
    sources : tuple of str
        The columns that it comes from, where they have other names.
    """

    column: str
    stage: str
    what: str
    sources: tuple[str, ...] = ()


def column_steps(
    sources: Mapping[str, str],
    treatments: Mapping[str, str],
    cleaning: Iterable[tuple[str, Iterable[str]]],
    derived: Mapping[str, Mapping[str, Any]],
    encoded: Mapping[str, Mapping[str, str]] | None = None,
) -> list[ColumnStep]:
    """The way of every column, by column, each step in its order.

    Parameters
    ----------
    sources : mapping of str to str
        Column of the contract → its name in the source.
    treatments : mapping of str to str
        Column → what protection does to it.
    cleaning : iterable of (str, iterable of str)
        Each step of cleaning with its columns, in order.
    derived : mapping
        Derived column → ``expression``, ``from`` and ``roots``.
    encoded : mapping, optional
        Version of a model → column → how it was encoded.

    Examples
    --------
    >>> for step in column_steps({"a": "A"}, {"a": "mask"}, [("clip", ["a"])],
    ...                          {"b": {"expression": "a * 2", "from": ["a"], "roots": ["a"]}}):
    ...     print(step.column, step.stage, step.what, step.sources)
    a source A ()
    a protect mask ()
    a clean clip ()
    b derive a * 2 ('a',)
    """
    cleaned = [(step, list(columns)) for step, columns in cleaning]
    names = [*sources, *(n for n in derived if n not in sources)]
    return [
        step
        for name in names
        for step in _way(name, sources, treatments, cleaned, derived, encoded or {})
    ]


def _way(
    name: str,
    sources: Mapping[str, str],
    treatments: Mapping[str, str],
    cleaned: Iterable[tuple[str, list[str]]],
    derived: Mapping[str, Mapping[str, Any]],
    encoded: Mapping[str, Mapping[str, str]],
) -> Iterator[ColumnStep]:
    if name in sources:
        yield ColumnStep(name, "source", sources[name])
    if name in treatments:
        yield ColumnStep(name, "protect", treatments[name])
    if name in derived:
        about = derived[name]
        yield ColumnStep(name, "derive", about["expression"], tuple(about["from"]))
    yield from (ColumnStep(name, "clean", step) for step, columns in cleaned if name in columns)
    for run, columns in encoded.items():
        if name in columns:
            yield ColumnStep(name, run, columns[name])
