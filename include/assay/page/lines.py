"""Tables of a terminal: columns one below the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence


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
