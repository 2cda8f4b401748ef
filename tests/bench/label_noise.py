"""Labels that were flipped on purpose, found by Assay and by cleanlab.

Scikit-learn's digits and, where ASSAY_ORACLE_DATA is set, the census income data, with 2, 5 and
10 % of the labels flipped at random. Both sides get the same out-of-fold probabilities; the
confident joint must be the same, to the last row. What is printed is the share of flipped rows
among the suspects (precision), and of suspects among the flipped rows (recall).
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from _environment import environment
from _measure import BenchError, measure, side
from _show import console
from _tables import CACHE
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.labelling.noise import (
    feature_table,
    find_suspects,
    out_of_fold_probabilities,
)
from assay.statistics.confident_learning import confident_joint

ROWS = 10_000
FLIPPED = (0.02, 0.05, 0.1)


def run(rows: int) -> None:
    """Flip labels, find them on both sides, print precision and recall."""
    data = {"digits": _digits()}
    if "ASSAY_ORACLE_DATA" in os.environ:
        data["census"] = _census(rows)
    folder = CACHE / "label_noise"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (features, truth, model) in data.items():
        for share in FLIPPED:
            given = flip(truth, share)
            chance = out_of_fold_probabilities(features, given, folds=5, seed=1, model=model)
            path = folder / f"{name}-{share}.npz"
            np.savez(path, given=given, chance=chance)
            python = environment("labelling", "cleanlab.filter")
            result = folder / "theirs.npz"
            measure("cleanlab", side("label_noise_cleanlab.py", path, result, python=python))
            theirs = np.load(result)
            if not np.array_equal(theirs["joint"], confident_joint(given, chance)):
                raise BenchError(f"the confident joint of {name} differs")
            ours = find_suspects(
                given, chance, classes=range(chance.shape[1]), alpha=0.05
            ).suspect  # fmt: skip
            wrong = given != truth
            console.print(
                f"{name}, {share:.0%} flipped: Assay {_scores(ours, wrong)}; "
                f"cleanlab {_scores(theirs['suspect'], wrong)}"
            )


def flip(truth: np.ndarray, share: float) -> np.ndarray:
    """Give some rows another label at random."""
    random = np.random.default_rng(11)
    k = int(truth.max()) + 1
    other = (truth + random.integers(1, k, size=len(truth))) % k
    return np.where(random.random(len(truth)) < share, other, truth)


def _scores(suspect: np.ndarray, wrong: np.ndarray) -> str:
    hits = (suspect & wrong).sum()
    return f"precision {hits / max(suspect.sum(), 1):.3f}, recall {hits / wrong.sum():.3f}"


def _digits() -> tuple[pd.DataFrame, np.ndarray, object]:
    digits = load_digits(as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    return digits.data, digits.target.to_numpy(), model


def _census(rows: int) -> tuple[pd.DataFrame, np.ndarray, object]:
    from sides.adult_model import read

    table = read("adult.data").head(rows)
    label = table.columns[-1]
    features, _ = feature_table(table.drop(columns=label))
    return features, table[label].astype("category").cat.codes.to_numpy().astype(int), None
