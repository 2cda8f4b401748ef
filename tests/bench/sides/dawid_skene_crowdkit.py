"""Fit the model of Dawid and Skene with crowd-kit, and Krippendorff's alpha with its package."""

import json
import sys
import time

import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

path, out, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = pd.DataFrame(np.load(path), columns=["task", "worker", "label"])
begun = time.process_time()
found = DawidSkene(n_iter=steps, tol=-np.inf).fit_predict_proba(rows)
cpu = time.process_time() - begun
np.save(out, found.sort_index().to_numpy()[:, np.argsort(found.columns)])
counts = np.zeros((rows.task.max() + 1, 5), dtype=int)
np.add.at(counts, (rows.task, rows.label), 1)
alphas = {
    level: krippendorff.alpha(value_counts=counts, level_of_measurement=level)
    for level in ("nominal", "ordinal", "interval")
}
print(json.dumps({"cpu": cpu, **alphas}))
