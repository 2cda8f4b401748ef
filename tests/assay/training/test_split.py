"""Which side a row is on follows from the rule and the row, never from its place."""

from __future__ import annotations

import numpy as np
import pytest
from training_sets import loans, model_file, training_table

from assay.errors import InputError
from assay.training import split_rows
from assay.training._split import fold_numbers, fold_pairs

GROUP = {"split": {"by": "group", "group": "person", "test_share": 0.3}}


def _sides(model, blocks=None):
    table = training_table(model, blocks)
    split = split_rows(table, model)
    return table, split


def _test_keys(model, blocks):
    table, split = _sides(model, blocks)
    return {(b, int(i)) for b, i in zip(table.batch[split.test], table.id[split.test], strict=True)}


@pytest.mark.parametrize("rule", [{"by": "random", "test_share": 0.3}, GROUP["split"]])
def test_more_batches_leave_each_row_on_its_side(rule):
    model, all_rows = model_file(split=rule), loans()
    fewer = {b: all_rows[b] for b in ("2024-01", "2024-03")}
    there = {key for key in _test_keys(model, all_rows) if key[0] in fewer}
    assert _test_keys(model, fewer) == there


@pytest.mark.parametrize("by", ["random", "stratified"])
def test_another_seed_draws_other_rows(by):
    one, other = (
        _test_keys(model_file(split={"by": by, "test_share": 0.3, "seed": s}), loans())
        for s in (0, 1)
    )
    assert len(one & other) < 0.6 * len(one)
    assert abs(len(one) - 480) < 60


def test_no_subject_is_on_both_sides():
    table, split = _sides(model_file(**GROUP))
    assert not set(table.subject[split.train]) & set(table.subject[split.test])
    assert 0.2 < split.test.mean() < 0.4


def test_each_class_has_its_share_in_a_stratified_split():
    table, split = _sides(model_file(split={"by": "stratified", "test_share": 0.25}))
    for code in (0, 1):
        of_class = table.label == code
        assert split.test[of_class].sum() == round(of_class.sum() * 0.25)


def test_the_newest_batches_are_tested_on_and_a_gap_is_on_no_side():
    rule = {"by": "time", "test_batches": 1, "gap_batches": 1, "test_share": None}
    table, split = _sides(model_file(split=rule))
    assert set(table.batch[split.test]) == {"2024-04"}
    assert set(table.batch[split.train]) == {"2024-01", "2024-02"}
    with pytest.raises(InputError, match="too few batches"):
        _sides(model_file(split=rule | {"test_batches": 3}))


@pytest.mark.parametrize("share", [0.000001, 0.999999])
def test_an_empty_side_is_an_error(share):
    with pytest.raises(InputError, match="no row is on the"):
        _sides(model_file(split={"test_share": share}))


def test_folds_keep_subjects_whole_and_are_alike_in_size():
    model = model_file(**GROUP)
    table = training_table(model)
    folds = fold_numbers(table, model, 4)
    for fold in range(4):
        assert not set(table.subject[folds == fold]) & set(table.subject[folds != fold])
    assert np.bincount(folds).min() > 390


def test_folds_by_time_are_later_than_what_they_are_fitted_on():
    model = model_file(split={"by": "time", "test_batches": 1, "test_share": None})
    table = training_table(model)
    pairs = fold_pairs(fold_numbers(table, model, 3), 3, in_order=True)
    assert len(pairs) == 3
    for fitted, held in pairs:
        assert max(table.batch[fitted]) < min(table.batch[held])


def test_folds_have_the_same_share_of_each_class():
    model = model_file()
    table = training_table(model)
    folds = fold_numbers(table, model, 5)
    counts = np.array([np.bincount(table.label[folds == f]) for f in range(5)])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()
