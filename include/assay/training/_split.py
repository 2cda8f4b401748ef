"""Training rows and test rows, by a rule over the rows: never by their position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.statistics.keyed_order import row_draws, text_draws
from assay.training._table import TrainingTable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Split:
    """Masks (n,) of the rows that a model is fitted on, and of those that it is tested on.

    A row in a gap between them is in neither.
    """

    train: Array
    test: Array


def split_rows(table: TrainingTable, model: ModelFile) -> Split:
    """Split the rows of a training table as the model file says.

    The same rows are on the same side whatever their order and whatever else is in the table,
    apart from ``stratified`` (whose shares are exact) and ``time`` (whose newest batches change).

    Raises
    ------
    InputError
        If a side has no row, or there are too few batches.
    """
    rule = model.split
    if rule.by == "time":
        split = _by_time(table, model)
    else:
        share = rule.test_share or 0.0
        if rule.by == "stratified":
            test = _stratified(table, share, rule.seed)
        elif rule.by == "group":
            test = _by_group(table, share, rule.seed)
        else:
            test = row_draws(table.batch, table.id, rule.seed, "split") < share
        split = Split(~test, test)
    for side, mask in (("training", split.train), ("test", split.test)):
        if not mask.any():
            raise InputError(
                f"no row is on the {side} side", where="split", got=f"{table.rows} rows",
                do="Take more batches, or another share.",
            )  # fmt: skip
    return split


def _by_time(table: TrainingTable, model: ModelFile) -> Split:
    batches, rule = table.batches, model.split
    newest = rule.test_batches or math.ceil(len(batches) * (rule.test_share or 0.0))
    first_tested = len(batches) - newest
    last_trained = first_tested - rule.gap_batches
    if last_trained < 1:
        raise InputError(
            "too few batches for a split by time", where="split", got=f"{len(batches)} batches",
            expected=f"at least {newest + rule.gap_batches + 1}",
            do="Release more of them, or test on fewer.",
        )  # fmt: skip
    train = np.isin(table.batch, batches[:last_trained])
    return Split(train, np.isin(table.batch, batches[first_tested:]))


def _stratified(table: TrainingTable, share: float, seed: int) -> Array:
    """The rows with the smallest draws of each class: its share to the nearest row."""
    draws = row_draws(table.batch, table.id, seed, "split")
    test = np.zeros(table.rows, dtype=bool)
    strata = table.label if table.classes else np.zeros(table.rows, dtype=np.int64)
    for code in np.unique(strata):
        rows = np.flatnonzero(strata == code)
        test[rows[np.argsort(draws[rows], kind="stable")][: round(len(rows) * share)]] = True
    return test


def _by_group(table: TrainingTable, share: float, seed: int) -> Array:
    """All rows of a subject by one draw."""
    if table.subject is None:
        raise InputError("no column names the subjects", where="split.group")
    return text_draws(table.subject, seed, "split") < share


def fold_numbers(table: TrainingTable, model: ModelFile, folds: int) -> Array:
    """Number of the fold (n,) in which each row is held out; -1 for one that is never.

    Subjects stay whole. By time each fold is later than the rows that it is fitted on, which are
    those of the folds before; the first part of the batches is in no fold.
    """
    if model.split.by == "time" and len(table.batches) > folds:
        return _time_folds(table, folds)
    if table.group is not None:
        return _group_folds(table.group, folds)
    draws = row_draws(table.batch, table.id, model.split.seed, "folds")
    found = np.empty(table.rows, dtype=np.int64)
    strata = table.label if table.classes else np.zeros(table.rows, dtype=np.int64)
    for code in np.unique(strata):
        rows = np.flatnonzero(strata == code)
        found[rows[np.argsort(draws[rows], kind="stable")]] = np.arange(len(rows)) % folds
    return found


def _time_folds(table: TrainingTable, folds: int) -> Array:
    batches = table.batches
    parts = np.array_split(np.arange(len(batches)), folds + 1)
    number = {batches[at]: fold - 1 for fold, part in enumerate(parts) for at in part}
    return np.array([number[b] for b in table.batch], dtype=np.int64)


def _group_folds(group: Array, folds: int) -> Array:
    """Subjects to the fold with the fewest rows, the largest first."""
    codes, rows = np.unique(group, return_counts=True)
    filled = np.zeros(folds, dtype=np.int64)
    of: dict[int, int] = {}
    for at in np.lexsort((codes, -rows)):
        fold = int(np.argmin(filled))
        of[int(codes[at])] = fold
        filled[fold] += rows[at]
    return np.array([of[int(code)] for code in group], dtype=np.int64)


def fold_pairs(numbers: Array, folds: int, *, in_order: bool) -> list[tuple[Array, Array]]:
    """Places of the rows that each fold is fitted on and held out; ``in_order`` for time."""
    pairs = []
    for fold in range(folds):
        held = np.flatnonzero(numbers == fold)
        fitted = numbers < fold if in_order else numbers != fold
        pairs.append((np.flatnonzero(fitted), held))
    return [(fit, held) for fit, held in pairs if len(fit) and len(held)]
