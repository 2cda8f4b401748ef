"""Assay's side: counterfactuals of some rows of the census income data, and their processor time.

Usage: ROWS
"""

from __future__ import annotations

import json
import sys
import time

from adult_model import ACTIONABLE, EACH, FEATURES, RANGES, RISES, chosen, fit, read

from assay.training.explain import InSteps, describe_features, find_counterfactuals

train, test = read("adult.data"), read("adult.test")
model = fit(train)
rows, released = chosen(test, model, int(sys.argv[1])), train[list(FEATURES)]
started = time.process_time()
features = describe_features(
    released, actionable=ACTIONABLE, directions={RISES: "rises"}, ranges=RANGES
)
predict = InSteps(model[:-1].transform, model[-1].predict_proba)
found = find_counterfactuals(
    predict, rows, released, features, each=EACH, plausible=0.99, seed=1, target=1
)
cpu = time.process_time() - started
print(json.dumps({"cpu": cpu, "found": found.table().to_dict("records")}))
