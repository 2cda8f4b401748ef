"""fairlearn's rates of every group with bootstrap intervals: FILE."""

from __future__ import annotations

import json
import sys

import pandas as pd
from fairlearn import metrics

data = pd.read_parquet(sys.argv[1])
rates = {
    name: getattr(metrics, name)
    for name in ("selection_rate", "true_positive_rate", "false_positive_rate")
}
frame = metrics.MetricFrame(
    metrics=rates,
    y_true=data["label"],
    y_pred=data["prediction"],
    sensitive_features=data[["sex", "race", "age"]],
    n_boot=20,
    ci_quantiles=[0.025, 0.975],
    random_state=1,
)
low, high = frame.by_group_ci
assert (low <= high).to_numpy().all()
print(json.dumps({" × ".join(key): row.to_dict() for key, row in frame.by_group.iterrows()}))
