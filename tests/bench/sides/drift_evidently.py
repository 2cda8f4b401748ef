"""Evidently's side: its drift preset on the same columns; p-values on stdout where it has them."""

from __future__ import annotations

import json
import sys

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

FLOATS = [f"x{i}" for i in range(12)]
CATEGORIES = [f"c{i}" for i in range(4)]

reference, current = (pd.read_parquet(p, columns=FLOATS + CATEGORIES) for p in sys.argv[1:3])
definition = DataDefinition(numerical_columns=FLOATS, categorical_columns=CATEGORIES)
tables = [Dataset.from_pandas(t, data_definition=definition) for t in (current, reference)]
options = {
    "default": {},
    "ks": {"num_method": "ks", "cat_method": "chisquare"},
    "anderson": {"num_method": "anderson", "cat_method": "chisquare"},
}[sys.argv[3]]
snapshot = Report([DataDriftPreset(**options)]).run(*tables)
found = {}
for metric in snapshot.dict()["metrics"]:
    column = metric.get("config", {}).get("column") or metric.get("metric_id", "")
    for name in FLOATS:
        if column == name or f"column={name}," in column:
            found[name] = float(metric["value"])
print(json.dumps(found))
