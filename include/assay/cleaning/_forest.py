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

from assay.cleaning._flow import Flow, drop, flag, match_rows
from assay.cleaning._state import ForestFit, Tree
from assay.engine import ROW, Session
from assay.errors import PolicyError
from assay.policy.cleaning import Forest, OutliersStep
from assay.statistics.values import finite

_BLOCK = 65_536


def fit_forest(table: Table, step: OutliersStep) -> ForestFit:
    """Grow the forest on a sample of the reference, fix its threshold on all of it.

    Notes
    -----
    The sample is the rows with the smallest MD5 of seed and key, so that it doesn't depend on the
    order of the rows; only rows with a finite number in every column take part. The score is that
    of the paper with its sign turned, −2^(−E[h(x)] / c(ψ)), as scikit-learn has it, to 12
    digits. The threshold is the order statistic below which the contamination's share of the
    reference lies, so ties never make that share larger.
    """
    from assay.cleaning import _sklearn

    by = _forest(step)
    complete = _complete(table, step.columns)
    text = ibis.literal(f"{by.seed}")
    for name in by.key:
        text = text + "|" + table[name].cast("string").fill_null("")
    numbers = {f"x{i}": finite(table[n]) for i, n in enumerate(step.columns)}
    ranked = table.filter(complete).select(ROW, hashed=text.hexdigest("md5"), **numbers)
    taken = ranked.order_by("hashed", ROW).limit(by.rows).to_pyarrow()
    if taken.num_rows < 2:
        return ForestFit(columns=step.columns, trees=(), normaliser=1.0, threshold=None,
                         sampled=taken.num_rows, scored=taken.num_rows,
                         sklearn=_sklearn.VERSION, fault="n_too_small")  # fmt: skip
    trees, seen = _sklearn.grow_forest(_matrix(taken, len(step.columns)), by.trees, by.seed)
    normaliser = _sklearn.average_path_length(seen)
    scores = np.concatenate(
        [score for _, score in _scored(table.filter(complete), step.columns, trees, normaliser)]
    )
    scores.sort()
    return ForestFit(
        columns=step.columns,
        trees=trees,
        normaliser=normaliser,
        threshold=float(scores[int(by.contamination * len(scores))]),
        sampled=taken.num_rows,
        scored=len(scores),
        sklearn=_sklearn.VERSION,
        fault=None if scores[0] < scores[-1] else "spread_zero",
    )


def apply_forest(
    session: Session, flow: Flow, index: int, step: OutliersStep, fit: ForestFit
) -> Flow:
    """Flag or drop the rows whose score lies below the threshold; incomplete rows aren't scored."""
    for name in step.columns:
        flow.numeric(name, index)
    by, rule = _forest(step), f"outliers.isolation_forest.{step.action}"
    name = f"{by.name}__outlier"
    if fit.fault is not None or fit.threshold is None:
        none = [(name, by.name, ibis.literal(False), rule)]
        return flag(flow, index, none) if step.action == "flag" else flow
    if flow.told and step.action == "drop":
        return drop(flow, index, [(ibis.literal(True), f"clean.outliers:{by.name}")])
    living = flow.table.filter(flow.alive)
    rows = [
        block.filter(pa.array(score < fit.threshold))
        for block, score in _scored(
            living.filter(_complete(living, step.columns)), fit.columns, fit.trees, fit.normaliser
        )
    ]
    hidden = f"__apart{index}"
    numbers = ibis.memtable(pa.table({ROW: pa.chunked_array(rows, type=pa.int64())}))
    flow = match_rows(session, flow, numbers, hidden)
    found = flow.table[hidden].notnull()
    if step.action == "flag":
        return flag(flow, index, [(name, by.name, found, rule)])
    return drop(flow, index, [(found, f"clean.outliers:{by.name}")])


def score_rows(values: Any, trees: tuple[Tree, ...], normaliser: float) -> Any:
    """Scores of a matrix, lower for rows that are easier to set apart, to 12 digits.

    The cuts were made on single-precision values, so that is what is compared.
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


def _forest(step: OutliersStep) -> Forest:
    if not isinstance(step.by, Forest):
        raise PolicyError("the step isn't an isolation forest", got=step.by.method)
    return step.by
