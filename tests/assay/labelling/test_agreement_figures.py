"""Agreement against published figures, peers, and sums over every pair of annotations."""

from __future__ import annotations

import itertools
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from assay.labelling import Annotations, measure_agreement, read_annotations
from assay.labelling.agreement._alpha import interval_alpha, nominal_alpha, ordinal_alpha
from assay.labelling.agreement._kappa import cohen_kappa, fleiss_kappa
from assay.labelling.agreement._pairs import PairedLabels
from assay.labelling.agreement._raw_agreement import raw_agreement, specific_agreement
from assay.labelling.agreement._task_counts import TaskCounts, count_labels

FIXED = settings(deadline=None, derandomize=True, max_examples=60)
ORACLES = os.environ.get("ASSAY_ORACLE_DATA")

# Krippendorff (2011), as the tests of fast-krippendorff have it: labels of fifteen tasks.
CODERS = ("*****34121133*3", "1*213343*******", "**21344*21133*4")
# Fleiss' kappa on Wikipedia, as statsmodels tests it: ten tasks, fourteen annotators, .210.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# Randolph (2005), as statsmodels tests it.
RANDOLPH = [
    ([[7, 1], [3, 5]], 0.161905), ([[6, 1, 0], [0, 7, 0]], 0.708333), ([[7, 0], [0, 7]], 1.0),
    ([[6.99, 0.01], [6.99, 0.01]], -0.166667),
]  # fmt: skip


def value(one) -> float:
    found = one.estimate(alpha=0.05, seed=1).value
    return math.nan if found is None else found


def interval_of(found: Annotations):
    return interval_alpha(found.task, np.array(found.labels)[found.label])


def paired(confusion: np.ndarray) -> PairedLabels:
    first, second = np.nonzero(confusion)
    return PairedLabels(0, 1, first, second, confusion[first, second])


def annotations_of(grid: np.ndarray, **more):
    """Annotations of a grid, tasks by annotators, in which NaN is no label."""
    task, who = np.nonzero(~np.isnan(grid))
    rows = pa.table({"task": task, "who": [f"p{i}" for i in who], "label": grid[task, who]})
    return read_annotations(rows, task="task", annotator="who", label="label", **more)


@st.composite
def grids(draw, most_labels: int = 4):
    tasks, people = draw(st.integers(2, 25)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    grid = random.integers(1, 1 + draw(st.integers(2, most_labels)), (tasks, people)).astype(float)
    grid[random.random(grid.shape) < draw(st.sampled_from([0.0, 0.3, 0.6]))] = np.nan
    return grid


def alpha_by_pairs(grid: np.ndarray, level: str) -> float:
    """Krippendorff's alpha by its definition: a loop over every pair of annotations."""
    tasks = [row[~np.isnan(row)] for row in grid]
    tasks = [row for row in tasks if len(row) > 1]
    flat = [v for row in tasks for v in row]
    n, count = len(flat), {v: flat.count(v) for v in flat}

    def apart(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        a, b = min(a, b), max(a, b)
        between = sum(c for v, c in count.items() if a <= v <= b)
        return (between - (count[a] + count[b]) / 2) ** 2

    observed = sum(
        apart(a, b) / (len(row) - 1) for row in tasks for a, b in itertools.permutations(row, 2)
    )
    expected = sum(apart(a, b) for a, b in itertools.permutations(flat, 2))
    return 1 - (observed / n) / (expected / (n * (n - 1))) if expected else math.nan


@FIXED
@given(grids())
def test_alpha_equals_the_sum_over_pairs(grid):
    found = annotations_of(grid)
    counts = count_labels(found)
    for level, made in (
        ("nominal", nominal_alpha(counts)),
        ("ordinal", ordinal_alpha(counts)),
        ("interval", interval_of(found)),
    ):
        assert value(made) == pytest.approx(alpha_by_pairs(grid, level), abs=1e-9, nan_ok=True)


@FIXED
@given(grids(), st.floats(-1e6, 1e6), st.floats(0.01, 1e3))
def test_alpha_of_numbers_keeps_its_value_in_another_unit(grid, shift, scale):
    found = annotations_of(grid)
    moved = replace(found, labels=tuple(scale * (v + shift) for v in found.labels))
    expected = value(interval_of(found))
    assert value(interval_of(moved)) == pytest.approx(expected, abs=1e-6, nan_ok=True)


@FIXED
@given(grids(), st.randoms())
def test_neither_the_order_of_tasks_nor_that_of_annotators_matters(grid, random):
    def figures(rows):
        report = measure_agreement(annotations_of(rows), level="nominal", alpha=0.05, seed=3)
        return report.overall, report.classes

    mixed = np.array(random.sample(list(grid), len(grid)))[:, ::-1]
    assert figures(mixed) == figures(grid)


@FIXED
@given(grids())
def test_fleiss_equals_statsmodels(grid):
    whole = grid[~np.isnan(grid).any(axis=1)]
    table = count_labels(annotations_of(whole)) if len(whole) else None
    if table is None or (table.totals > 0).sum() < 2:
        return
    rows = np.repeat(table.counts, table.tasks, axis=0)
    assert value(fleiss_kappa(table)) == pytest.approx(inter_rater.fleiss_kappa(rows), abs=1e-9)


@FIXED
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(3, 60))
def test_cohen_equals_scikit_learn_and_statsmodels(seed, labels, tasks):
    random = np.random.default_rng(seed)
    first = random.integers(labels, size=tasks)
    second = np.where(random.random(tasks) < 0.6, first, random.integers(labels, size=tasks))
    if len(np.union1d(first, second)) < 2:
        return
    confusion = np.zeros((labels, labels), dtype=int)
    np.add.at(confusion, (first, second), 1)
    for weights, theirs in (("none", None), ("linear", "linear")):
        kappa = cohen_kappa_score(first, second, weights=theirs, labels=range(labels))
        assert value(cohen_kappa(paired(confusion), weights)) == pytest.approx(kappa, abs=1e-9)
    peer = inter_rater.cohens_kappa(confusion, return_results=False)
    assert value(cohen_kappa(paired(confusion))) == pytest.approx(peer, abs=1e-9)


@FIXED
@given(grids())
def test_raw_agreement_is_the_share_of_equal_pairs(grid):
    found = count_labels(annotations_of(grid))
    tasks = [row[~np.isnan(row)] for row in grid]
    shares = [
        np.mean([a == b for a, b in itertools.combinations(row, 2)])
        for row in tasks
        if len(row) > 1
    ]
    expected = np.mean(shares) if shares else math.nan
    assert value(raw_agreement(found)) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_specific_agreement_of_two_annotators_is_their_f1():
    """Two annotators: 2a / (2a + b + c), the F1 of one against the other."""
    counts = TaskCounts(np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), np.array([30, 8, 12]))
    assert value(specific_agreement(counts, 1)) == pytest.approx(24 / 32)


def test_published_alpha():
    grid = np.array([[math.nan if c == "*" else float(c) for c in row] for row in CODERS]).T
    found = annotations_of(grid)
    counts = count_labels(found)
    assert value(nominal_alpha(counts)) == pytest.approx(0.691358024691358, abs=1e-9)
    assert value(interval_of(found)) == pytest.approx(0.8108448928121, abs=1e-9)


def test_published_kappas():
    assert value(fleiss_kappa(TaskCounts.of_rows(np.array(FLEISS)))) == pytest.approx(
        0.21, abs=5e-4
    )
    for table, published in RANDOLPH:
        found = value(fleiss_kappa(TaskCounts.of_rows(np.array(table))))
        assert found == pytest.approx(published, abs=1e-6)
    # SAS' example, as statsmodels tests it.
    confusion = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    assert value(cohen_kappa(paired(confusion))) == pytest.approx(0.4842, abs=5e-5)
    assert value(cohen_kappa(paired(confusion), "linear")) == pytest.approx(0.4701, abs=5e-5)


@pytest.mark.skipif(ORACLES is None, reason="ASSAY_ORACLE_DATA is unset")
def test_fleiss_diagnoses():
    tables = json.loads((Path(ORACLES or ".") / "iaa-tables/iaa_tables.json").read_text())
    ratings = np.array(tables["fleiss1971_diagnoses"]["ratings_items_x_raters"], dtype=float)
    published = tables["fleiss1971_diagnoses"]["fleiss_kappa_statsmodels"]
    assert value(fleiss_kappa(count_labels(annotations_of(ratings)))) == pytest.approx(published)


def test_pairs_and_slices_are_those_of_the_annotations_alone():
    random = np.random.default_rng(4)
    grid = random.integers(1, 4, (90, 3)).astype(float)
    grid[::2, 1:] = grid[::2, :1]
    task, who = np.divmod(np.arange(grid.size), 3)
    language = np.where(task % 3 == 0, None, np.where(task % 3 == 1, "de", "en"))
    rows = pa.table({
        "task": task, "who": [f"p{i}" for i in who], "label": grid.ravel(),
        "language": pa.array(language.tolist()),
    })  # fmt: skip
    names = {"task": "task", "annotator": "who", "label": "label"}
    for level in ("nominal", "ordinal", "interval"):
        given_ = read_annotations(rows, **names, slices=["language"])
        found = measure_agreement(given_, level=level, alpha=0.05, seed=1)
        assert [one.of for one in found.pairs] == [("p0", "p1"), ("p0", "p2"), ("p1", "p2")]
        assert [one.of[1] for one in found.slices] == ["de", "en", "missing"]
        for one in found.slices:
            kept = [v is None if one.of[1] == "missing" else v == one.of[1] for v in language]
            part = read_annotations(rows.filter(pa.array(kept)), **names)
            alone = measure_agreement(part, level=level, alpha=0.05, seed=1)
            for name, figure in one.figures.items():
                assert figure.value == pytest.approx(alone.overall.figures[name].value)
        for one in found.pairs:
            a, b = (grid[:, int(name[1])] for name in one.of)
            weights = {"nominal": None, "ordinal": "linear"}
            if level in weights:
                kappa = cohen_kappa_score(a, b, weights=weights[level])
                assert one.figures["cohen_kappa"].value == pytest.approx(kappa)
                assert one.figures["raw_agreement"].value == pytest.approx((a == b).mean())
            else:
                alpha = alpha_by_pairs(np.column_stack([a, b]), "interval")
                assert one.figures["krippendorff_alpha"].value == pytest.approx(alpha)
