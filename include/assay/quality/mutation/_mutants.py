"""Faults to plant in data: one kind a function, one fault in some rows of one column or two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import ibis
from ibis import Table

from assay.quality._frame import Frame, kind

_LISTED: Final = 200
_NEW: Final = "never seen before"


@dataclass(frozen=True)
class Mutant:
    """A table with a fault: its kind, the columns it is in, and which rows it harms."""

    operator: str
    columns: tuple[str, ...]
    table: Table
    harmed: Any


@dataclass(frozen=True)
class Facts:
    """What planting needs to know of a column: values, distinct ones, extremes."""

    present: int
    distinct: int
    low: Any = None
    high: Any = None


def measure_facts(frame: Frame) -> dict[str, Facts]:
    """The facts of every column, in one scan."""
    parts: dict[str, Any] = {}
    for i, name in enumerate(frame.columns):
        column = frame.table[name]
        parts |= {f"n{i}": column.count(), f"d{i}": column.nunique()}
        if kind(column) == "number":
            parts |= {f"a{i}": column.cast("float64").min(), f"b{i}": column.cast("float64").max()}
    row = frame.rows(frame.table.aggregate(**parts))[0] if parts else {}
    return {
        name: Facts(int(row[f"n{i}"]), int(row[f"d{i}"]), row.get(f"a{i}"), row.get(f"b{i}"))
        for i, name in enumerate(frame.columns)
    }


def plant(frame: Frame, every: int) -> Iterator[Mutant]:
    """Every fault that the columns allow, each in every Nth row.

    Missing values, values out of range, another unit, an unheard-of level, a slip of the pen, two
    columns exchanged, rows that stand twice, and half of the rows lost.
    """
    facts = measure_facts(frame)
    chosen = frame.table[frame.row] % every == 0
    for name, fact in facts.items():
        if fact.present:
            for operator, damage in _damages(frame.table[name], fact).items():
                yield _replaced(frame, chosen, operator, {name: damage(frame.table[name])})
    by_kind: dict[str, list[str]] = {}
    for name in frame.columns:
        by_kind.setdefault(kind(frame.table[name]), []).append(name)
    for names in by_kind.values():
        for a, b in pairwise(names):
            exchanged = {a: frame.table[b], b: frame.table[a]}
            yield _replaced(frame, chosen, "columns exchanged", exchanged)
    yield _doubled(frame, chosen)
    lost = frame.table[frame.row] % 2 == 1
    yield Mutant("half of the rows lost", (), frame.table.filter(~lost), lost)


def _damages(column: Any, fact: Facts) -> Mapping[str, Callable[[Any], Any]]:
    """The faults that a column of this kind can have."""
    dtype = column.type()
    damages: dict[str, Callable[[Any], Any]] = {"missing": lambda _: ibis.null(dtype)}
    what = kind(column)
    if what == "number" and fact.low is not None:
        far = fact.high + 3 * ((fact.high - fact.low) or max(abs(fact.high), 1.0)) + 1
        damages["out of range"] = lambda _: ibis.literal(far).try_cast(dtype)
        damages["another unit"] = lambda c: (c.cast("float64") * 1000).try_cast(dtype)
    if what == "text":
        damages["slip of the pen"] = lambda c: c.left(1) + ibis.literal("#") + c.substr(2)
        if fact.distinct <= _LISTED:
            damages["unheard-of level"] = lambda _: ibis.literal(_NEW)
    return damages


def _replaced(frame: Frame, chosen: Any, operator: str, new: Mapping[str, Any]) -> Mutant:
    """The table with new values in the chosen rows."""
    table = frame.table
    values = {n: ibis.ifelse(chosen, v.cast(table[n].type()), table[n]) for n, v in new.items()}
    differs = [~table[n].identical_to(v) for n, v in values.items()]
    harmed = differs[0] if len(differs) == 1 else differs[0] | differs[1]
    return Mutant(operator, tuple(new), table.mutate(**values), harmed)


def _doubled(frame: Frame, chosen: Any) -> Mutant:
    """The chosen rows a second time, under row numbers of their own."""
    table, row = frame.table, frame.row
    again = table.filter(chosen).mutate(**{row: table[row] + ibis.literal(1 << 40)})
    return Mutant("rows doubled", (), table.union(again.select(*table.columns)), chosen)
