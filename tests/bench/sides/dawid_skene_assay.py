"""Fit the model of Dawid and Skene, and Krippendorff's alpha, with Assay."""

import json
import sys
import time

import numpy as np

from assay.labelling import Annotations
from assay.labelling.aggregation import dawid_skene
from assay.labelling.agreement._alpha import interval_alpha, nominal_alpha, ordinal_alpha
from assay.labelling.agreement._task_counts import count_labels

path, out, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
task, who, label = np.load(path).T
people = tuple(map(str, range(who.max() + 1)))
given = Annotations(task, who, label, tuple(range(task.max() + 1)), people, tuple(range(5)))
begun = time.process_time()
fitted = dawid_skene(given, iterations=steps, tolerance=-np.inf)
cpu = time.process_time() - begun
np.save(out, fitted.aggregated.posterior)
counts = count_labels(given)
made = {
    "nominal": nominal_alpha(counts),
    "ordinal": ordinal_alpha(counts),
    "interval": interval_alpha(task, label.astype(float)),
}
alphas = {name: float(m.coefficients((m.tasks @ m.parts)[None])[0]) for name, m in made.items()}
print(json.dumps({"cpu": cpu, **alphas}))
