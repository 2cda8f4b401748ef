"""The search for counterfactuals: few changes first, then real rows as donors.

For some dozens of rows at once: all changes of one feature are predicted in one call of the model;
then an additive model's optimum by integer programming, or pairs and larger sets as long as there
are few; for the rest, changes towards real rows. Numbers are then brought nearer to the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from assay.training.explain._additive import Program, log_odds, sums_up
from assay.training.explain._donors import donated
from assay.training.explain._exhaustive import Row, closer, combined, kept_values, single_changes
from assay.training.explain._options import Options
from assay.training.explain._plausible import Neighbours
from assay.training.explain._queue import Chosen, Flip
from assay.training.explain._space import Array, Space, margins

_TIGHTENED: Final = 4
"""Flips of a row and a kind whose numbers are brought nearer."""
_NEARER: Final = 24
"""Flips of a row whose numbers are brought nearer, the nearest of all kinds."""
_STEPS: Final = 15
"""Values between a number and its row's that are tried in one round, of two."""
_PROBES: Final = 8
"""Sets of changes that must be the sum of their effects before a model counts as additive."""
_TRIES: Final = 12
"""Optima of one row that may turn out not to be plausible."""


@dataclass
class Search:
    """The search for flips of some rows.

    Parameters
    ----------
    scores : callable
        Gives the probabilities of candidates.
    rows : array (m, p) of int32
        Codes of the explained rows.
    own : array (m,) of int
        Their predicted classes.
    target : int, optional
        The class that they should get; any other by default.
    released_class : callable
        Gives the predicted classes of some released rows; only asked for donors.
    """

    scores: Callable[[Array], Array]
    options: Options
    rows: Array
    own: Array
    target: int | None
    released_class: Callable[[Array], Array]
    bound: float
    each: Array
    seed: int
    alone: list[dict[int, Array]] = field(default_factory=list)

    @property
    def space(self) -> Space:
        """The values of the features."""
        return self.options.space

    @cached_property
    def choices(self) -> list[dict[int, Array]]:
        """Codes that each row may get, by feature."""
        return [self.options.of_row(row) for row in self.rows]

    def run(self) -> list[list[Flip]]:
        """Find the flips of each row, the best first."""
        neighbours = Neighbours.of(self.space, self.rows)
        chosen = Chosen(neighbours, self.each, self.bound)
        largest = max((len(choice) for choice in self.choices), default=0)
        self._exhaust(1, chosen)
        if chosen.open(2) and self._additive:
            self._optimise(chosen)
        for size in range(2, largest + 1):
            self._exhaust(size, chosen)
        if chosen.empty:
            of, flips = donated(
                np.array(chosen.empty), self._unlike, neighbours, self.options, self._margins
            )
            self._offer(of, flips, chosen)
        return chosen.flips

    def _margins(self, owners: Array, candidates: Array) -> Array:
        return margins(self.scores(candidates), self.own[owners], self.target)

    def _unlike(self, owners: Array, rows: Sequence[Array]) -> list[Array]:
        """Which released rows are predicted as each explained one should be, all in one call."""
        classes = np.split(
            self.released_class(np.concatenate(rows)), np.cumsum([len(r) for r in rows])[:-1]
        )
        if self.target is not None:
            return [found == self.target for found in classes]
        return [found != self.own[at] for at, found in zip(owners, classes, strict=True)]

    def _exhaust(self, size: int, chosen: Chosen) -> None:
        """Try all sets of so many changes of the rows that want more."""
        owners, parts = [], []
        for at in chosen.open(size):
            options = self._options(at, size)
            if options:
                found = chosen.new(at, combined(self.rows[at], options, size))
                parts.append(found)
                owners.append(np.full(len(found), at))
        if not parts:
            if size == 1:
                self.alone = [{} for _ in self.rows]
            return
        of, candidates = np.concatenate(owners), np.concatenate(parts)
        gained = self._margins(of, candidates)
        if size == 1:
            self._remember(of, candidates, gained)
        self._offer(of[gained > 0], candidates[gained > 0], chosen)

    def _options(self, at: int, size: int) -> Row | None:
        if size == 1:
            return self.choices[at]
        return kept_values(self.choices[at], self.alone[at], size)

    def _remember(self, of: Array, candidates: Array, gained: Array) -> None:
        """Keep what each change does alone, in the order of the row's options."""
        self.alone = []
        for at in range(len(self.rows)):
            mine, rows = gained[of == at], candidates[of == at]
            changed = (rows != self.rows[at]).argmax(axis=1) if len(rows) else np.empty(0, int)
            self.alone.append({j: mine[changed == j] for j in self.choices[at]})

    def _offer(self, of: Array, flips: Array, chosen: Chosen) -> None:
        """Bring numbers of the nearest flips nearer, then choose among all."""
        every_of, every = [of], [flips]
        for window in (None, self.options.spacing // _STEPS + 1) if self.options.thinned else ():
            near_of, near = self._nearest(every_of[-1], every[-1])
            parts = [
                closer(self.options, self.rows[at], flip, window, _STEPS)
                for at, flip in zip(near_of, near, strict=True)
            ]
            tried_of = np.repeat(near_of, [len(part) for part in parts])
            if not len(tried_of):
                break
            tried = np.concatenate(parts)
            still = self._margins(tried_of, tried) > 0
            every_of.append(tried_of[still])
            every.append(tried[still])
        of, flips = np.concatenate(every_of), np.concatenate(every)
        if len(of):
            whole = np.unique(np.column_stack([of, flips]), axis=0)
            chosen.offer(whole[:, 0], whole[:, 1:].astype(flips.dtype))

    def _nearest(self, of: Array, flips: Array) -> tuple[Array, Array]:
        """The nearest flips of each row and kind, of those that change a number of many values."""
        rows = self.rows[of]
        many = np.flatnonzero((flips != rows)[:, list(self.options.thinned)].any(axis=1))
        of, flips, rows = of[many], flips[many], rows[many]
        numbers = [f.kind == "number" for f in self.space.features]
        kinds = np.where(flips == rows, -2, np.where(numbers, -1, flips))
        keys = np.column_stack([of, kinds])
        distances = self.space.gower(flips, rows)
        order = np.lexsort((distances, *keys.T[::-1]))
        keys = keys[order]
        first = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=-9), axis=1))
        rank = np.arange(len(keys)) - np.repeat(first, np.diff(first, append=len(keys)))
        kept = np.sort(order[rank < _TIGHTENED])
        far = np.lexsort((distances[kept], (flips[kept] != rows[kept]).sum(axis=1), of[kept]))
        starts = np.searchsorted(of[kept][far], of[kept][far])
        kept = kept[far[np.arange(len(far)) - starts < _NEARER]]
        return of[kept], flips[kept]

    @cached_property
    def _additive(self) -> bool:
        """Whether the log-odds of two classes are sums of what each change does alone."""
        random = np.random.default_rng(self.seed)
        owners: list[int] = []
        candidates: list[Array] = []
        for at, choice in enumerate(self.choices):
            if len(choice) > 1 and len(owners) < _PROBES:
                changed = self.rows[at].copy()
                for j, codes in choice.items():
                    changed[j] = random.choice(codes)
                owners.append(at)
                candidates.append(changed)
        if not owners:
            return False
        return self._sums_up(np.array(owners), np.stack(candidates))

    def _sums_up(self, owners: Array, candidates: Array) -> bool:
        rows, singles = self.rows[owners], []
        for j in self.options.allowed:
            singles.append(rows.copy())
            singles[-1][:, j] = candidates[:, j]
        scores = self.scores(np.concatenate([rows, candidates, *singles]))
        if scores.shape[1] != 2:
            return False
        aim = np.tile(1 - self.own[owners], 2 + len(singles))
        start, whole, *single = log_odds(scores, aim).reshape(2 + len(singles), -1)
        return sums_up(whole, start + sum(one - start for one in single))

    def _optimise(self, chosen: Chosen) -> None:
        """Solve the integer program of each row that wants more flips."""
        for at in chosen.open(2):
            program = self._program(at)
            for kind in chosen.kinds[at]:
                program.forbid_kind(kind)
            for _ in range(_TRIES):
                changes = program.solve()
                if changes is None or at not in chosen.open(len(changes)):
                    break
                flip = self.rows[at].copy()
                for j, code in changes.items():
                    flip[j] = code
                of, before = np.array([at]), len(chosen.flips[at])
                if float(self._margins(of, flip[None])[0]) > 0:
                    self._offer(of, flip[None], chosen)
                if len(chosen.flips[at]) > before:
                    program.forbid_kind(chosen.kinds[at][-1])
                else:
                    program.forbid(changes)

    def _program(self, at: int) -> Program:
        choice, row = self.choices[at], self.rows[at]
        changes = single_changes(row, choice)
        aim = np.full(len(changes), 1 - self.own[at])
        start = float(log_odds(self.scores(row[None]), aim[:1])[0])
        effects = log_odds(self.scores(changes), aim) - start if len(changes) else aim
        features = np.repeat(list(choice), [len(codes) for codes in choice.values()]).astype(int)
        codes = np.concatenate(list(choice.values())) if choice else np.empty(0, int)
        costs = [
            float(self.space.apart(j, row[j], code)) / len(row)
            for j, code in zip(features, codes, strict=True)
        ]
        return Program(features, codes, effects, -start, np.array(costs))


def in_chunks(rows: int, size: int) -> Iterator[slice]:
    """Ranges of so many rows."""
    return (slice(at, min(at + size, rows)) for at in range(0, rows, size))
