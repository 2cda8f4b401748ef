"""What was measured, as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from assay.page.lines import Grid, TabledText
from assay.privacy.anonymity._found import Anonymity

_EDGES: Final = (1, 2, 3, 5, 10, 20, 50, 100)
_MOST: Final = 2**63
"""More than any number of people that the engine counts."""


def render_text(found: Anonymity) -> TabledText:
    """Render k and the risks, the classes by size, l and t of each sensitive column."""
    return TabledText(_parts(found))


def size_bands(found: Anonymity) -> Iterator[tuple[str, int, int]]:
    """Bands of sizes of classes, each with its classes and the people in them; empty ones too."""
    for low, end in pairwise((*_EDGES, _MOST)):
        inside = [(n, c) for n, c in found.sizes if low <= n < end]
        name = f"{low} to {end - 1}" if end > low + 1 else f"{low}"
        name = f"{low} or more" if end == _MOST else name
        yield name, sum(c for _, c in inside), sum(n * c for n, c in inside)


def _parts(found: Anonymity) -> Iterator[str | Grid]:
    if found.k is None:
        yield "There are no rows."
        return
    yield (
        f"k = {found.k:,}: {found.people:,} people in {found.classes:,} classes "
        f"of {', '.join(found.quasi_identifiers)}"
    )
    yield f"prosecutor risk: highest {found.highest_risk:.4g}, average {found.average_risk:.4g}"
    if found.population is None:
        yield "journalist and marketer risk: not judged, for no population was given"
    else:
        risks = found.population
        yield (
            f"journalist risk: highest {risks.journalist_highest:.4g}, average "
            f"{risks.journalist_average:.4g}; marketer risk: {risks.marketer:.4g}"
        )
    if found.population is not None and found.population.beyond:
        yield f"{found.population.beyond:,} classes have more people here than in the population"
    rows = [(name, f"{c:,}", f"{n:,}", f"{n / found.people:.4f}")
            for name, c, n in size_bands(found)]  # fmt: skip
    yield ""
    yield Grid(("people in a class", "classes", "people", "share of people"), rows, {1, 2, 3})
    if found.sensitive:
        yield ""
        yield _sensitive(found)


def _sensitive(found: Anonymity) -> Grid:
    levels = [least for least, _ in found.sensitive[0].recursive]
    heads = ("sensitive", "l", "entropy l", *(f"c at l = {n}" for n in levels), "t", "distance")
    rows = [
        (
            d.column, f"{d.distinct:,}", f"{d.entropy:.4f}",
            *("none" if c is None else f"> {c:.4g}" for _, c in d.recursive),
            f"{d.closeness:.6f}", "ordered" if d.ordered else "equal",
        )
        for d in found.sensitive
    ]  # fmt: skip
    return Grid(heads, rows, set(range(1, len(heads) - 1)))
