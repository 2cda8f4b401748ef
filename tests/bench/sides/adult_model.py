"""The census income data, the model that both sides explain, and what may change in a row.

Run in either environment: nothing of Assay is imported here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

COLUMNS: Final = (
    "age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation",
    "relationship", "race", "sex", "capital_gain", "capital_loss", "hours", "country", "income",
)  # fmt: skip
NUMBERS: Final = ("age", "education_num", "capital_gain", "capital_loss", "hours")
LEVELS: Final = (
    "workclass", "marital", "occupation", "relationship", "race", "sex", "country",
)  # fmt: skip
FEATURES: Final = (*NUMBERS, *LEVELS)
ACTIONABLE: Final = ("workclass", "education_num", "occupation", "hours", "capital_gain")
RISES: Final = "education_num"
RANGES: Final = {"hours": (1, 80), "education_num": (1, 16), "capital_gain": (0, 20_000)}
EACH: Final = 3


def read(name: str) -> pd.DataFrame:
    """A file of the data, `adult.data` or `adult.test`, without rows that lack an answer."""
    home = Path(os.environ["ASSAY_ORACLE_DATA"]) / "adult-uci"
    table = pd.read_csv(
        home / name, names=list(COLUMNS), skipinitialspace=True, na_values="?", comment="|",
    ).dropna()  # fmt: skip
    table[list(NUMBERS)] = table[list(NUMBERS)].astype(float)
    table[list(LEVELS)] = table[list(LEVELS)].astype(object)
    table["income"] = table["income"].str.startswith(">50K").astype(int)
    return table[[*FEATURES, "income"]].reset_index(drop=True)


def fit(train: pd.DataFrame) -> Any:
    """The model: trees over five numbers and seven encoded levels."""
    encoder = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), list(LEVELS)),
        remainder="passthrough",
    )  # fmt: skip
    trees = HistGradientBoostingClassifier(max_iter=60, early_stopping=False, random_state=1)
    model = make_pipeline(encoder, trees)
    return model.fit(train[list(FEATURES)], train["income"])


def chosen(test: pd.DataFrame, model: Any, rows: int) -> pd.DataFrame:
    """The rows that are explained: at random of those that are predicted to earn less."""
    features = test[list(FEATURES)]
    low = features[model.predict(features) == 0]
    for name, ends in RANGES.items():
        low = low[low[name].between(*ends)]
    picked = np.random.default_rng(7).choice(len(low), rows, replace=False)
    return low.iloc[np.sort(picked)].reset_index(drop=True)
