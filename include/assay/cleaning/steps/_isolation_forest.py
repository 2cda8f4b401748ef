"""Isolation forest: rows that few random cuts set apart.

References
----------
Liu, F. T., Ting, K. M. & Zhou, Z.-H. (2008). Isolation forest. ICDM 2008, 413–422.
doi:10.1109/ICDM.2008.17
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis import Table

from assay.cleaning._fitted_state import Fault, FittedOn, ForestFit, StepFit, Tree
from assay.cleaning._marked_table import Flag, MarkedTable
from assay.cleaning.steps._outlier_actions import inventions, rule_of
from assay.cleaning.steps._step import CleaningStep, Invention, Rule
from assay.engine import ROW, Session
from assay.policy.cleaning_steps import Forest, OutliersStep
from assay.statistics.columns import ColumnNumbers
from assay.statistics.values import finite

_BLOCK = 65_536


class IsolationForest(CleaningStep[OutliersStep], kind=Forest.kind):
    """Flag or drop the rows whose score lies below the threshold.

    Notes
    -----
    The forest grows on a sample of the reference: the rows with the smallest MD5 of seed and key,
    so that it doesn't depend on the order of the rows. Only rows with a finite number in every
    column take part and are scored. The score is that of the paper with its sign turned,
    −2^(−E[h(x)] / c(ψ)), as scikit-learn has it, to 12 digits. The threshold is the order
    statistic below which the contamination's share of the reference lies, so that ties never make
    that share larger.
    """

    numeric = True
    changes_values = False

    def __init__(self, index: int, spec: OutliersStep) -> None:
        super().__init__(index, spec)
        self.by = Forest.model_validate(spec.by)

    def inventions(self) -> Iterator[Invention]:
        """List the columns by which rows are dropped."""
        return inventions(self.spec)

    @property
    def name(self) -> str:
        """The name of its flag."""
        return self.by.name

    def fit(self, rows: MarkedTable, numbers: ColumnNumbers, fitted_on: FittedOn) -> StepFit:
        """Grow the forest on a sample of the reference, fix its threshold on all of it."""
        self.check_numbers(rows)
        return self.fitted(forest=self._grown(numbers.table))

    def _grown(self, table: Table) -> ForestFit:
        from assay.cleaning import _sklearn

        columns, complete = self.spec.columns, _complete(table, self.spec.columns)
        taken = self._sampled(table.filter(complete))
        about: dict[str, Any] = {"columns": columns, "sampled": taken.num_rows}
        about["sklearn"] = _sklearn.VERSION
        if taken.num_rows < 2:
            return ForestFit(trees=(), normaliser=1.0, threshold=None, scored=taken.num_rows,
                             fault="n_too_small", **about)  # fmt: skip
        matrix = _matrix(taken, len(columns))
        trees, seen = _sklearn.grow_forest(matrix, self.by.trees, self.by.seed)
        normaliser = _sklearn.average_path_length(seen)
        scored = _scored(table.filter(complete), columns, trees, normaliser)
        scores = np.sort(np.concatenate([score for _, score in scored]))
        threshold = float(scores[int(self.by.contamination * len(scores))])
        fault: Fault | None = None if scores[0] < scores[-1] else "spread_zero"
        return ForestFit(trees=trees, normaliser=normaliser, threshold=threshold,
                         scored=len(scores), fault=fault, **about)  # fmt: skip

    def _sampled(self, table: Table) -> pa.Table:
        """The numbers of the rows with the smallest hash."""
        text = ibis.literal(f"{self.by.seed}")
        for name in self.by.key:
            text = text + "|" + table[name].cast("string").fill_null("")
        numbers = {f"x{i}": finite(table[n]) for i, n in enumerate(self.spec.columns)}
        ranked = table.select(ROW, hashed=text.hexdigest("md5"), **numbers)
        return ranked.order_by("hashed", ROW).limit(self.by.rows).to_pyarrow()

    @property
    def drops_rows(self) -> bool:
        """Whether it drops rows."""
        return self.spec.action == "drop"

    def apply(self, session: Session, rows: MarkedTable, fit: StepFit) -> MarkedTable:
        """Flag or drop the rows; rows that aren't complete aren't scored."""
        self.check_numbers(rows)
        forest = fit.forest
        if forest is None or forest.fault is not None or forest.threshold is None:
            return rows if self.drops_rows else self._act(rows, ibis.literal(False))
        if rows.from_log and self.drops_rows:
            return self._act(rows, ibis.literal(True))
        kept = rows.kept
        complete = kept.filter(_complete(kept, self.spec.columns))
        found = [
            block.filter(pa.array(score < forest.threshold))
            for block, score in _scored(complete, forest.columns, forest.trees, forest.normaliser)
        ]
        hidden = f"__apart{self.index}"
        numbers = ibis.memtable(pa.table({ROW: pa.chunked_array(found, type=pa.int64())}))
        rows = rows.matched(session, numbers, hidden)
        return self._act(rows, rows.table[hidden].notnull())

    def _act(self, rows: MarkedTable, where: Any) -> MarkedTable:
        if self.drops_rows:
            return rows.drop(self.index, [(where, f"clean.outliers:{self.by.name}")])
        flag = Flag(f"{self.by.name}__outlier", self.by.name, where, rule_of(self.spec))
        return rows.flag(self.index, [flag])

    def faults(self, fit: StepFit) -> dict[str, Fault]:
        """List the fault of the forest under the names of all its columns."""
        forest = fit.forest
        return {",".join(forest.columns): forest.fault} if forest and forest.fault else {}

    def rules(self) -> Iterator[Rule]:
        """List its one rule, which judges rows."""
        yield Rule(self.index, None, (rule_of(self.spec), *["outliers.drop"] * self.drops_rows))


def score_rows(values: Any, trees: tuple[Tree, ...], normaliser: float) -> Any:
    """Score the rows of a matrix, to 12 digits; a lower score is easier to set apart.

    The cuts were made on single-precision values, so these are compared.
    """
    single = np.ascontiguousarray(values, dtype=np.float32)
    total = np.zeros(len(single))
    for tree in trees:
        total += _path_length(single, tree)
    scores = -np.exp2(-total / (len(trees) * normaliser))
    return np.round(scores, 12)


def _path_length(values: Any, tree: Tree) -> Any:
    feature, threshold = np.array(tree.feature), np.array(tree.threshold)
    left, right = np.array(tree.left), np.array(tree.right)
    node = np.zeros(len(values), dtype=np.int64)
    moving = np.flatnonzero(feature[node] >= 0)
    while moving.size:
        at = node[moving]
        goes_left = values[moving, feature[at]] <= threshold[at]
        node[moving] = np.where(goes_left, left[at], right[at])
        moving = moving[feature[node[moving]] >= 0]
    return np.array(tree.length)[node]


def _scored(
    table: Table, columns: tuple[str, ...], trees: tuple[Tree, ...], normaliser: float
) -> Iterator[tuple[Any, Any]]:
    """Row numbers and scores, block by block."""
    numbers = {f"x{i}": finite(table[n]) for i, n in enumerate(columns)}
    for batch in table.select(ROW, **numbers).to_pyarrow_batches(chunk_size=_BLOCK):
        block = pa.Table.from_batches([batch])
        scores = score_rows(_matrix(block, len(columns)), trees, normaliser)
        yield block[ROW].combine_chunks(), scores


def _matrix(block: Any, width: int) -> Any:
    columns = [block[f"x{i}"].to_numpy(zero_copy_only=False) for i in range(width)]
    return np.column_stack(columns)


def _complete(table: Table, columns: tuple[str, ...]) -> Any:
    return functools.reduce(operator.and_, (finite(table[n]).notnull() for n in columns))
