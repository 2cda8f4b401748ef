"""Conditions: which level of which column a made row must have, so that rare ones are learned.

A column is drawn, then a level of it, by the logarithm of its frequency in training, by its
frequency in generation; then a real row that has it (training by sampling, Xu et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.synthesis._columns import Array
from assay.synthesis._encoding import Encoding, Head


@dataclass(frozen=True)
class Drawn:
    """Conditions of n rows: as numbers (n, width), and their head and place in it."""

    vectors: Array
    head: Array
    place: Array


class Conditions:
    """Draws conditions, and real rows that meet them.

    Parameters
    ----------
    encoding : Encoding
    encoded : array (n, width)
        The real rows.
    """

    def __init__(self, encoding: Encoding, encoded: Array) -> None:
        chosen = [
            h for h in encoding.heads if h.kind == "choice" and h.column not in encoding.modes
        ]
        self.heads: list[Head] = chosen or [h for h in encoding.heads if h.kind == "choice"]
        self.starts = np.cumsum([0, *(h.stop - h.start for h in self.heads)])
        places = [encoded[:, h.start : h.stop].argmax(axis=1) for h in self.heads]
        self.order = [np.argsort(place, kind="stable") for place in places]
        self.counts = [
            np.bincount(place, minlength=h.stop - h.start)
            for place, h in zip(places, self.heads, strict=True)
        ]
        self.frequency = [_shares(counts.astype(float)) for counts in self.counts]
        self.log_frequency = [_shares(np.log1p(counts)) for counts in self.counts]

    @property
    def width(self) -> int:
        """Numbers of a condition."""
        return int(self.starts[-1])

    def draw(self, rows: int, random: np.random.Generator, *, learning: bool) -> Drawn:
        """Draw conditions: by log-frequency for learning, else by frequency."""
        shares = self.log_frequency if learning else self.frequency
        head = random.integers(0, len(self.heads), rows)
        uniform = random.random(rows)
        place = np.empty(rows, dtype=np.intp)
        for i, ends in enumerate(shares):
            mine = head == i
            place[mine] = np.searchsorted(ends, uniform[mine], side="right")
        vectors = np.zeros((rows, self.width), dtype=np.float32)
        vectors[np.arange(rows), self.starts[head] + place] = 1.0
        return Drawn(vectors, head, place)

    def rows_of(self, drawn: Drawn, random: np.random.Generator) -> Array:
        """The place (n,) of a real row for each condition, at random among those that meet it."""
        uniform = random.random(len(drawn.head))
        found = np.empty(len(drawn.head), dtype=np.intp)
        for i, counts in enumerate(self.counts):
            mine = drawn.head == i
            place = drawn.place[mine]
            start = np.cumsum(counts) - counts
            found[mine] = self.order[i][start[place] + (uniform[mine] * counts[place]).astype(int)]
        return found


def _shares(weight: Array) -> Array:
    """Ends of the shares of each level between 0 and 1; none is beyond the last that occurs."""
    ends = np.cumsum(weight) / weight.sum()
    ends[np.flatnonzero(weight)[-1] :] = 1.0
    return np.asarray(ends)
