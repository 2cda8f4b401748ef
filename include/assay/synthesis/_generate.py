"""Rows out of a fitted model, until there are enough that keep every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from assay.errors import InputError
from assay.synthesis._coded import CodedTable, decode_table
from assay.synthesis._columns import Array, Column
from assay.synthesis._copies import row_hashes

BLOCK: Final = 16_384
_LEAST_KEPT: Final = 1 / 200
"""Share of drawn rows that must keep the rules; below it the model doesn't fit them."""


class Generator(Protocol):
    """A fitted model that draws rows."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""

    def draw(self, rows: int, random: np.random.Generator) -> CodedTable:
        """Draw rows."""


@dataclass(frozen=True)
class Rules:
    """What a generated row must keep.

    Parameters
    ----------
    refused : callable, optional
        Gives a block of rows a mask (n,) of those that break a rule.
    copies : array of uint64
        Hashes of real rows that must not come out.
    unique : sequence of sequence of str
        Columns whose values, taken together, may come out once.
    """

    refused: Callable[[pa.Table], Array] | None = None
    copies: Array | None = None
    unique: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Generated:
    """Rows that keep every rule, and how many were drawn for them.

    ``refused`` counts the rows that were not kept, by what refused them.
    """

    rows: CodedTable
    drawn: int
    refused: dict[str, int]

    @property
    def table(self) -> pa.Table:
        """The rows with values in their columns' types."""
        return decode_table(self.rows)


def generate(
    model: Generator, rows: int, *, seed: int, rules: Rules | None = None,
    step: Callable[[int, int], None] = lambda *_: None,
) -> Generated:  # fmt: skip
    """Draw rows until enough of them keep every rule.

    Parameters
    ----------
    rows : int
        Rows that are wanted.
    seed : int
        The same gives the same rows; fewer rows are the first of more.
    rules : Rules, optional
        What each row must keep.
    step : callable
        Called with the number of rows kept and wanted, for a display of progress.

    Raises
    ------
    InputError
        If fewer than one drawn row in 200 keeps the rules.
    """
    from threadpoolctl import threadpool_limits

    asked = rules or Rules()
    seen = [np.empty(0, dtype=np.uint64) for _ in asked.unique]
    kept: list[CodedTable] = []
    refused: dict[str, int] = {}
    number = drawn = 0
    with threadpool_limits(1):
        for place in count():
            block = model.draw(BLOCK, np.random.default_rng([seed, place]))
            drawn += len(block)
            good = _keeping(block, asked, seen, refused)
            kept.append(good)
            number += len(good)
            step(min(number, rows), rows)
            if number >= rows:
                break
            if number < drawn * _LEAST_KEPT:
                raise _too_many(number, drawn, refused)
    whole = {
        c.name: np.concatenate([part.values[c.name] for part in kept])[:rows] for c in model.columns
    }
    return Generated(CodedTable(model.columns, whole), drawn, refused)


def _keeping(
    block: CodedTable, rules: Rules, seen: list[Array], refused: dict[str, int]
) -> CodedTable:
    for name, bad in _faults(rules):
        mask = bad(block)
        refused[name] = refused.get(name, 0) + int(mask.sum())
        block = block.take(~mask)
    for place, names in enumerate(rules.unique):
        hashes = row_hashes(block, names)
        _, first = np.unique(hashes, return_index=True)
        new = np.zeros(len(block), dtype=bool)
        new[first] = True
        new &= ~np.isin(hashes, seen[place])
        refused["unique"] = refused.get("unique", 0) + int((~new).sum())
        block = block.take(new)
        seen[place] = np.concatenate([seen[place], hashes[new]])
    return block


def _faults(rules: Rules) -> Iterator[tuple[str, Callable[[CodedTable], Array]]]:
    if rules.copies is not None:
        copies = rules.copies
        yield "copies", lambda block: np.isin(row_hashes(block), copies)
    if rules.refused is not None:
        check = rules.refused
        yield "rules", lambda block: check(decode_table(block))


def _too_many(number: int, drawn: int, refused: dict[str, int]) -> InputError:
    why = ", ".join(f"{name}: {n:,}" for name, n in refused.items() if n)
    return InputError(
        "nearly every drawn row breaks a rule", got=f"{number:,} of {drawn:,} rows kept ({why})",
        expected="one of 200 at least",
        do="Look which rule it is: leave out its columns, or learn from rows that keep it.",
    )  # fmt: skip
