"""The same cleaning as a data scientist writes it: DATA FOLDER LIMIT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

data, folder, limit = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
frame = pd.read_parquet(data)
columns = [n for n in frame.columns if n.startswith("x")]
mean, sd = frame[columns].mean(), frame[columns].std(ddof=0)
low, high = mean - limit * sd, mean + limit * sd
frame[columns] = frame[columns].clip(low, high, axis=1)
for name in columns:
    frame[f"{name}__imputed"] = frame[name].isna()
imputer = SimpleImputer(strategy="median")
frame[columns] = imputer.fit_transform(frame[columns])
frame.to_parquet(folder / "clean.parquet", compression="zstd")
scaler = StandardScaler()
scaled = pd.DataFrame(scaler.fit_transform(frame[columns]), columns=columns)
scaled.to_parquet(folder / "scaled.parquet", compression="zstd")
found = {
    name: {
        "low": low[name],
        "high": high[name],
        "fill": imputer.statistics_[i],
        "center": scaler.mean_[i],
        "scale": scaler.scale_[i],
    }
    for i, name in enumerate(columns)
}
print(json.dumps(found))
