"""The bare fit of a model of the demo: the released files into pandas, scikit-learn, the area.

No part of Assay is imported: the files of each batch stand in a list in the home.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

SCHOOLING = [[str(level) for level in range(25)]]
CENSUS_CODED = ["MAR", "RELP", "ESP", "MIG", "MIL"]
CENSUS = ["AGEP", "SCHL", *CENSUS_CODED]
CODED = ["carrier", "origin"]
FLIGHTS = [
    *CODED, "distance", "hour", "minute", "sched_arr_time", "planes.year", "planes.seats",
    "airports.lat", "airports.lon", "airports.alt", "dep_delay",
]  # fmt: skip


def late_arrival(files: dict[str, dict[str, str]]) -> tuple[Any, ...]:
    """Flights with their aircraft and airport; late by more than 15 minutes."""
    own = [name for name in FLIGHTS if "." not in name]
    rows = _read(files["flights"], [*own, "tailnum", "dest", "arr_delay"])
    rows = rows[rows["arr_delay"].notna()]
    for name, key, other, columns in (
        ("planes", "tailnum", "tailnum", ["year", "seats"]),
        ("airports", "dest", "faa", ["lat", "lon", "alt"]),
    ):
        joined = _read(files[name], [other, *columns]).drop(columns=["batch", "__id"])
        joined = joined.rename(columns={c: f"{name}.{c}" for c in columns} | {other: key})
        rows = rows.merge(joined, "left", key)
    rows["late"] = (rows["arr_delay"] > 15).astype(int)
    coder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = [("coded", coder, CODED)]
    boosted = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=6, min_samples_leaf=100, early_stopping=False,
        categorical_features=CODED, random_state=2013,
    )  # fmt: skip
    return rows, FLIGHTS, "late", 2, _pipeline(columns, FLIGHTS, boosted)


def employment(files: dict[str, dict[str, str]]) -> tuple[Any, ...]:
    """Residents of Massachusetts; whether they are employed."""
    rows = _read(files["census_employment"], [*CENSUS, "employed"])
    coder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    schooling = OrdinalEncoder(categories=SCHOOLING)
    columns = [("coded", coder, CENSUS_CODED), ("schooling", schooling, ["SCHL"])]
    boosted = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.2, early_stopping=False, categorical_features=CENSUS_CODED,
        random_state=2018,
    )  # fmt: skip
    return rows, CENSUS, "employed", 1, _pipeline(columns, CENSUS, boosted)


def _read(files: dict[str, str], columns: list[str]) -> pd.DataFrame:
    """The files of all batches, in the order of their rows' numbers."""
    parts = [
        pd.read_parquet(path, columns=["__id", *columns]).sort_values("__id").assign(batch=batch)
        for batch, path in sorted(files.items())
    ]
    return pd.concat(parts, ignore_index=True)


def _pipeline(columns: list[tuple[str, Any, list[str]]], features: list[str], last: Any) -> Any:
    coded = {name for _, _, names in columns for name in names}
    rest = ("rest", "passthrough", [name for name in features if name not in coded])
    made = ColumnTransformer([*columns, rest], verbose_feature_names_out=False)
    return make_pipeline(made.set_output(transform="pandas"), last)


def main() -> None:
    """Read, fit, score; the seconds are from here on."""
    files = json.loads((Path(sys.argv[1]) / "files.json").read_text())
    began = time.perf_counter()
    rows, features, label, tested, pipeline = {
        "late_arrival": late_arrival, "employment": employment,
    }[sys.argv[2]](files)  # fmt: skip
    batches = sorted(rows["batch"].unique())
    test = rows["batch"].isin(batches[-tested:])
    pipeline.fit(rows.loc[~test, features], rows.loc[~test, label])
    said = pipeline.predict_proba(rows.loc[test, features])[:, 1]
    area = roc_auc_score(rows.loc[test, label], said)
    print(json.dumps({
        "inside": time.perf_counter() - began, "roc_auc": area, "rows": len(rows),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
