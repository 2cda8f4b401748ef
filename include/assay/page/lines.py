"""Texts for a terminal that hold tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Grid:
    """A table of texts: its heads, its rows, and the places of the columns set flush right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Collection[int] = ()

    def lines(self) -> list[str]:
        """The table as plain lines."""
        return aligned([self.heads, *self.rows], self.numbers)


class TabledText(str):
    """Lines and tables as one text, which keeps its ``parts`` for a terminal to draw the tables.

    Examples
    --------
    >>> text = TabledText(["found:", Grid(("step", "rows"), [("impute", "7")], {1})])
    >>> print(text)
    found:
      step    rows
      impute     7
    >>> len(text.parts)
    2
    """

    parts: tuple[str | Grid, ...]

    def __new__(cls, parts: Iterable[str | Grid]) -> Self:
        """Write the parts one below the other."""
        kept = tuple(parts)
        lines = (line for part in kept for line in ([part] if isinstance(part, str)
                                                    else part.lines()))  # fmt: skip
        self = super().__new__(cls, "\n".join(lines))
        self.parts = kept
        return self


def aligned(rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> list[str]:
    """Write rows as indented lines, their columns one below the other.

    Parameters
    ----------
    rows : sequence of sequences of str
        All of the same length, the heads first.
    numbers : collection of int
        Columns that are set flush right.

    Examples
    --------
    >>> aligned([("step", "rows"), ("impute", "7")], numbers={1})
    ['  step    rows', '  impute     7']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines
