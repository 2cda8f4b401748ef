"""Advice on slices and levels: figures equal scikit-learn's, and even rows accuse no level."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from assay.errors import InputError
from assay.feedback.advice import find_underrepresented
from assay.feedback.advice._sentence import advice
from assay.feedback.advice._slices import score_of
from assay.statistics.scores.estimate import Estimate

PEER = {"recall": metrics.recall_score, "precision": metrics.precision_score,
        "f1": metrics.f1_score}  # fmt: skip


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_the_score_of_a_slice_is_scikit_learns(rows):
    truth, said = (np.array([row[i] for row in rows]) for i in (0, 1))
    accuracy = score_of("accuracy", truth, said, None)
    assert accuracy == pytest.approx(metrics.accuracy_score(truth, said), abs=1e-12)
    for name, peer in PEER.items():
        expected = peer(truth == 1, said == 1, zero_division=math.nan)
        assert score_of(name, truth, said, 1) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_no_rows_have_no_score():
    none = np.zeros(0, dtype=int)
    assert all(math.isnan(score_of(name, none, none, 1)) for name in ("accuracy", *PEER))


def table(site: np.ndarray) -> pa.Table:
    return pa.table({"site": pa.array(site), "size": pa.array(np.arange(len(site)))})


def test_a_rare_level_is_named_over_all_newer_batches():
    random = np.random.default_rng(1)
    learned = table(random.choice(["A", "B", "C"], p=[0.6, 0.38, 0.02], size=2000))
    newer = [table(random.choice(["A", "B", "C"], p=[0.5, 0.3, 0.2], size=300)) for _ in "12"]
    (rare,) = find_underrepresented(learned, newer, ["site", "size"], alpha=0.05, least_number=30)
    assert (rare.column, rare.level) == ("site", "C")
    shares = [sum((b["site"].to_numpy() == "C").sum() for b in blocks) / sum(map(len, blocks))
              for blocks in ([learned], newer)]  # fmt: skip
    assert (rare.share_of_training, rare.share_of_population) == tuple(shares)
    assert rare.ratio.value == pytest.approx(shares[0] / shares[1], abs=1e-9)
    assert rare.ratio.low <= rare.ratio.value <= rare.ratio.high < 1
    assert find_underrepresented(learned, newer, ["site"], alpha=0.05, least_number=500) == ()


def test_even_levels_are_seldom_named():
    """1 in 40 may be by chance at this level, one-sided; 6 of 60 have a chance below .004."""
    random = np.random.default_rng(2)
    named = 0
    for _ in range(60):
        learned, newer = (table(random.choice(list("ABCD"), size=n)) for n in (800, 400))
        named += bool(find_underrepresented(learned, [newer], ["site"], alpha=0.05,
                                            least_number=30))  # fmt: skip
    assert named <= 5


def test_a_column_that_the_rows_lack_is_an_error():
    with pytest.raises(InputError, match="sitte"):
        find_underrepresented(table(np.array(["A"])), [], ["sitte"], alpha=0.05, least_number=1)


def test_a_gain_without_an_interval_is_said_to_have_none():
    found = Estimate(value=0.02, n=100, how="a single repetition")
    said = advice("s", found, 100, metric="recall", share_of_rows=0.02, share_of_errors=0.1)
    assert "about +2.0 points, without an interval" in said
