"""One area under the ROC curve: by Assay with its interval, as a difference, or by scikit-learn."""

from __future__ import annotations

import json
import sys
import time

import numpy as np


def main() -> None:
    rows, tool = int(sys.argv[1]), sys.argv[2]
    random = np.random.default_rng(1)
    truth = random.random(rows) < 0.3
    score = random.normal(size=rows) + truth
    other = score + random.normal(size=rows)
    found: dict[str, object] = {}
    if tool == "sklearn":
        from sklearn.metrics import roc_auc_score

        started = time.perf_counter()
        found["auc"] = float(roc_auc_score(truth, score))
    else:
        from assay.statistics.scores.delong import auc, auc_difference

        started = time.perf_counter()
        if tool == "assay":
            estimate = auc(truth, score, alpha=0.05)
        else:
            estimate = auc_difference(truth, score, other, alpha=0.05)
        found = {"auc": estimate.value, "interval": (estimate.low, estimate.high)}
    found["seconds"] = time.perf_counter() - started
    print(json.dumps(found))


main()
