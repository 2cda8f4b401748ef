"""Labels needed until a model is nearly as good as with all labels, by strategy against random.

Scikit-learn's digits, the census of the demo and, where ASSAY_ORACLE_DATA is set, Adult. A strategy
chooses nine tenths of each round, a tenth is at random, as always. The model is the committee that
chooses; what is counted is how many labels it needs to reach .95 and .98 of the area under the ROC
curve that all labels of the pool give. Seeds draw the pool, the test rows and the first labels.
``ROWS`` is the number of seeds.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _show import console
from rich.table import Table
from scipy.stats import wilcoxon
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from assay.labelling.noise import feature_table
from assay.labelling.selection import (
    Family,
    Pool,
    Share,
    committee_chances,
    default_families,
    select_rows,
    standardised,
)
from assay.statistics.corrections import holm

ROWS = 20
FIRST, EACH, MOST = 25, 25, 300
POOL, TEST = 1200, 1200
TARGETS = (0.95, 0.98)
ALPHA = 0.05
STRATEGIES: dict[str, Sequence[Share]] = {
    "random": (),
    "least_confidence": (Share("least_confidence", 0.9),),
    "margin": (Share("margin", 0.9),),
    "entropy": (Share("entropy", 0.9),),
    "vote_entropy": (Share("vote_entropy", 0.9),),
    "consensus_entropy": (Share("consensus_entropy", 0.9),),
    "divergence": (Share("divergence", 0.9),),
    "density": (Share("density", 0.9),),
    "k_means": (Share("k_means", 0.9),),
    "core_set": (Share("core_set", 0.9),),
    "margin, k_means": (Share("margin", 0.6), Share("k_means", 0.2)),
}
SAME_OF_TWO = {"least_confidence", "entropy", "consensus_entropy"}
"""Of two classes they choose almost as the margin does."""


@dataclass(frozen=True)
class Problem:
    """A pool and its test rows, as one seed draws them from some data."""

    features: pd.DataFrame
    truth: np.ndarray
    pool: np.ndarray
    test: np.ndarray

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.truth.max()) + 1


def run(rows: int) -> None:
    """Count labels for each data set, strategy and seed; print, and name what doesn't pay."""
    for name, (features, truth) in data_sets().items():
        compare(name, features, truth, rows)


def compare(name: str, features: pd.DataFrame, truth: np.ndarray, seeds: int) -> None:
    """Count the labels that each strategy needs on one data set, and print them."""
    names = [s for s in STRATEGIES if truth.max() > 1 or s not in SAME_OF_TWO]
    needed = {s: np.zeros((seeds, len(TARGETS))) for s in names}
    for seed in range(seeds):
        problem = draw(features, truth, seed)
        full = area(problem, problem.pool, seed)
        for strategy in names:
            needed[strategy][seed] = count(problem, STRATEGIES[strategy], full, seed)
        print(f"{name}: seed {seed + 1} of {seeds}", file=sys.stderr)
    show(name, needed)


def count(problem: Problem, shares: Sequence[Share], full: float, seed: int) -> list[float]:
    """Labels until each target is reached; infinite if that is beyond the last round.

    Between two rounds the area is taken to rise in a straight line.
    """
    features = standardised(problem.features)[problem.pool]
    given = np.full(len(problem.pool), -1)
    first = np.random.default_rng(seed).choice(len(given), FIRST, replace=False)
    given[first] = problem.truth[problem.pool[first]]
    needed, before = [math.inf] * len(TARGETS), 0.0
    while True:
        chances, reached = asked(problem, given, seed)
        labels = int((given >= 0).sum())
        for i, target in enumerate(TARGETS):
            if reached >= target * full and math.isinf(needed[i]):
                over = (reached - target * full) / (reached - before) if before else 0.0
                needed[i] = labels - EACH * over
        before = reached
        if labels >= MOST or math.isfinite(needed[-1]):
            return needed
        pool = Pool(features, given, chances)
        chosen = select_rows(pool, shares, EACH, spread=4, seed=seed * 1000 + labels).place
        given[chosen] = problem.truth[problem.pool[chosen]]


def asked(problem: Problem, given: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    """The committee's probabilities of the rows without a label, and its area on the test rows."""
    learned = np.flatnonzero(given >= 0)
    known, codes = np.unique(given[learned], return_inverse=True)
    rest = problem.pool[given < 0]
    found = committee_chances(
        families(problem, seed), problem.pool[learned], codes,
        np.concatenate([rest, problem.test]), classes=len(known), bags=1, seed=seed,
    )  # fmt: skip
    whole = np.zeros((*found.shape[:2], problem.classes))
    whole[:, :, known] = found
    return found[:, : len(rest)], _area(problem, whole[:, len(rest) :].mean(axis=0))


def area(problem: Problem, learned: np.ndarray, seed: int) -> float:
    """The area that all labels of the pool give."""
    given = problem.truth[learned]
    chances = committee_chances(
        families(problem, seed), learned, given, problem.test,
        classes=problem.classes, bags=1, seed=seed,
    )  # fmt: skip
    return _area(problem, chances.mean(axis=0))


def families(problem: Problem, seed: int) -> tuple[Family, ...]:
    """The default committee; without boosting where a tree is needed for each of many classes."""
    found = default_families(problem.features, seed=seed)
    return found if problem.classes == 2 else found[1:]


def _area(problem: Problem, chance: np.ndarray) -> float:
    truth = problem.truth[problem.test]
    if problem.classes == 2:
        return float(roc_auc_score(truth, chance[:, 1]))
    sums = chance / chance.sum(axis=1, keepdims=True)
    return float(roc_auc_score(truth, sums, multi_class="ovr"))


def draw(features: pd.DataFrame, truth: np.ndarray, seed: int) -> Problem:
    """A pool and test rows at random."""
    rows = np.random.default_rng([seed, 1]).permutation(len(truth))
    test = min(TEST, len(truth) // 3)
    return Problem(features, truth, rows[test : test + POOL], rows[:test])


def show(name: str, needed: dict[str, np.ndarray]) -> None:
    """Print the median labels of each strategy, and its difference from random, seed by seed.

    What isn't reached counts as one round beyond the last. The p-values are Wilcoxon's, corrected
    by Holm for the number of strategies.
    """
    table = Table(title=name, title_justify="left", box=None)
    table.add_column("strategy")
    for target in TARGETS:
        for head in (f"labels to {target}", "fewer than random", "p"):
            table.add_column(head, justify="right")
    cells = {strategy: [strategy] for strategy in needed}
    notes = []
    for i, target in enumerate(TARGETS):
        counted = {s: np.minimum(found[:, i], MOST + EACH) for s, found in needed.items()}
        base = counted.pop("random")
        fewer = {s: 1 - own.mean() / base.mean() for s, own in counted.items()}
        raw = [wilcoxon(base - own).pvalue if (base != own).any() else 1.0
               for own in counted.values()]  # fmt: skip
        p = dict(zip(counted, holm(np.array(raw)), strict=True))
        cells["random"] += [f"{np.median(needed['random'][:, i]):.0f}", "", ""]
        for s in counted:
            cells[s] += [f"{np.median(needed[s][:, i]):.0f}", f"{fewer[s]:+.0%}", f"{p[s]:.3f}"]
        useless = [s for s in counted if fewer[s] <= 0 or p[s] > ALPHA]
        notes.append(f"not better than random to {target}: {'; '.join(useless) or 'none'}")
    for row in cells.values():
        table.add_row(*row)
    console.print(table)
    for note in notes:
        console.print(f"  {note}")
    console.print()


def data_sets() -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Name → features and classes from 0."""
    digits = load_digits(as_frame=True)
    found = {"digits": (digits.data, digits.target.to_numpy())}
    if census := _census():
        found["census_employment"] = census
    if "ASSAY_ORACLE_DATA" in os.environ:
        from sides.adult_model import read

        rows = read("adult.data")
        features, _ = feature_table(rows.drop(columns="income"))
        found["adult"] = features, rows["income"].to_numpy().astype(int)
    return found


def _census() -> tuple[pd.DataFrame, np.ndarray] | None:
    """The features of the model `employment`, in 2015; None where the data aren't at hand."""
    from demo.census import WHEEL, load_census

    wheel = Path(__file__).parents[2] / ".cache" / WHEEL
    if not wheel.exists():
        return None
    rows = load_census(wheel).to_pandas()
    rows = rows[rows["year"] == 2015]
    features, _ = feature_table(rows[["AGEP", "SCHL", "MAR", "RELP", "ESP", "MIG", "MIL"]])
    return features.reset_index(drop=True), rows["employed"].to_numpy().astype(int)
