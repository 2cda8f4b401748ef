"""Raking: draw rows of a model so often that columns and pairs have the shares of real rows.

References
----------
Deming WE, Stephan FF (1940), On a least squares adjustment of a sampled frequency table when the
expected marginal totals are known, https://doi.org/10.1214/aoms/1177731829.
Azadi S, Olsson C, Darrell T, Goodfellow I, Odena A (2019), Discriminator rejection sampling,
https://doi.org/10.48550/arXiv.1810.06758 (rows of a GAN that are kept by chance).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from assay.synthesis._bins import Bins, bins_of
from assay.synthesis._coded import CodedTable
from assay.synthesis._columns import Array, Column
from assay.synthesis._generate import Generator

_NUMBERS: Final = 8
_LEVELS: Final = 10
_SWEEPS: Final = 12
_DRAWN: Final = 60_000
_LEAST: Final = 20
"""Real rows of a cell whose share is adjusted: of fewer nothing is learned."""
_FARTHEST: Final = 2.0
"""Greatest factor of a cell, up or down, in one sweep."""
_TOP: Final = 6.0
"""Greatest weight, in mean weights: so many rows are drawn for each that is kept."""


@dataclass(frozen=True)
class Raked:
    """A model whose rows are kept by chance, by the product of the factors of their cells.

    Parameters
    ----------
    model : Generator
    bins : dict of str to Bins
    factors : dict of tuple of str to array
        One or two columns to the factor of each cell.
    top : float
        The weight from which on a row is always kept.
    """

    model: Generator
    bins: dict[str, Bins]
    factors: dict[tuple[str, ...], Array]
    top: float

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        return self.model.columns

    def draw(self, rows: int, random: np.random.Generator) -> CodedTable:
        """Draw rows; several are drawn for each that is kept."""
        kept: list[CodedTable] = []
        number = 0
        while number < rows:
            block = self.model.draw(rows, random)
            weight = _weights(_codes(block, self.bins), self.bins, self.factors)
            kept.append(block.take(random.random(rows) * self.top < weight))
            number += len(kept[-1])
        whole = {
            c.name: np.concatenate([part.values[c.name] for part in kept])[:rows]
            for c in self.columns
        }
        return CodedTable(self.columns, whole)


def rake(model: Generator, real: CodedTable, *, seed: int) -> Raked:
    """Adjust a model's shares of columns and pairs to those of real rows.

    Notes
    -----
    Iterative proportional fitting: cell by cell, a factor is multiplied by real over made share.
    Cells of fewer than 20 real rows keep theirs, so that no single row is followed. No weight is
    above six mean ones, so that what the model lacks stays amiss.
    """
    bins = {
        c.name: bins_of(c, real.values[c.name], numbers=_NUMBERS, levels=_LEVELS)
        for c in real.columns
    }
    made = model.draw(_DRAWN, np.random.default_rng([seed, 2**30]))
    sides = [_codes(table, bins) for table in (real, made)]
    names = [c.name for c in real.columns]
    tables: list[tuple[str, ...]] = [*((n,) for n in names), *combinations(names, 2)]
    factors = {table: np.ones(_size(table, bins)) for table in tables}
    cells = {table: _cells(table, sides[1], bins) for table in tables}
    wanted = {
        table: np.bincount(_cells(table, sides[0], bins), minlength=_size(table, bins))
        for table in tables
    }
    weight, top = np.ones(len(made)), _TOP
    for _ in range(_SWEEPS):
        for table in tables:
            change = _change(wanted[table], cells[table], np.minimum(weight, top))
            factors[table] *= change
            weight *= change[cells[table]]
        top = _TOP * float(np.minimum(weight, top).mean())
    return Raked(model, bins, factors, top)


def _change(wanted: Array, cells: Array, weight: Array) -> Array:
    """The factor of each cell from made to real share."""
    made = np.bincount(cells, weights=weight, minlength=len(wanted)) / weight.sum()
    enough = (wanted >= _LEAST) & (made > 0)
    ratio = np.divide(wanted / wanted.sum(), made, out=np.ones(len(wanted)), where=enough)
    return np.asarray(np.clip(ratio, 1 / _FARTHEST, _FARTHEST))


def _weights(
    codes: dict[str, Array], bins: dict[str, Bins], factors: dict[tuple[str, ...], Array]
) -> Array:
    weight = np.ones(len(next(iter(codes.values()))))
    for table, factor in factors.items():
        weight *= factor[_cells(table, codes, bins)]
    return weight


def _codes(rows: CodedTable, bins: dict[str, Bins]) -> dict[str, Array]:
    return {name: one.codes(rows.values[name]) for name, one in bins.items()}


def _size(table: tuple[str, ...], bins: dict[str, Bins]) -> int:
    return int(np.prod([bins[name].size for name in table]))


def _cells(table: tuple[str, ...], codes: dict[str, Array], bins: dict[str, Bins]) -> Array:
    cells = codes[table[0]]
    for name in table[1:]:
        cells = cells * bins[name].size + codes[name]
    return cells
