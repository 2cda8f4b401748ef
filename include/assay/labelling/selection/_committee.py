"""A committee: models of different families, each fitted on bags of the labelled rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.errors import InputError
from assay.labelling._annotations import Array

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Family:
    """One kind of model, and the rows as it takes them.

    Parameters
    ----------
    name : str
    estimator : scikit-learn classifier
        Not fitted.
    features : pandas.DataFrame
        All rows.
    """

    name: str
    estimator: Any
    features: pd.DataFrame

    def predict(self, learned: Array, given: Array, wanted: Array, classes: int) -> Array:
        """Fit on some rows, and give the probabilities of others.

        Parameters
        ----------
        learned, wanted : array of int
            Places of rows.
        given : array of int
            Labels of the learned ones; a class may be missing.

        Returns
        -------
        array (wanted, classes) of float

        Raises
        ------
        InputError
            If scikit-learn refuses the rows.
        """
        from sklearn.base import clone
        from threadpoolctl import threadpool_limits

        model = clone(self.estimator)
        try:
            with threadpool_limits(1):
                model.fit(self.features.iloc[learned], given)
                found = model.predict_proba(self.features.iloc[wanted])
        except (ValueError, TypeError) as exc:
            raise InputError(
                "scikit-learn refuses the labelled rows", where=self.name, got=type(exc).__name__,
                do="See the model's file, or leave out columns with --without.",
            ) from exc  # fmt: skip
        whole = np.zeros((len(wanted), classes))
        whole[:, np.asarray(model.classes_, dtype=np.intp)] = found
        return whole


def default_families(features: pd.DataFrame, *, seed: int) -> tuple[Family, ...]:
    """Three families: histogram gradient boosting, logistic regression, and a random forest.

    Parameters
    ----------
    features : pandas.DataFrame
        Numbers and categories, as :func:`assay.labelling.noise.feature_table` gives them.
    """
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers = make_column_selector(dtype_include="number")
    levels = make_column_selector(dtype_exclude="number")
    lines = make_column_transformer(
        (make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=2), levels),
    )
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    places = make_column_transformer((codes, levels), remainder="passthrough")
    boosting = HistGradientBoostingClassifier(
        categorical_features="from_dtype", early_stopping=False, max_iter=50, min_samples_leaf=5,
        random_state=seed,
    )  # fmt: skip
    forest = RandomForestClassifier(50, min_samples_leaf=2, random_state=seed)
    return (
        Family("histogram gradient boosting", boosting, features),
        Family(
            "logistic regression", make_pipeline(lines, LogisticRegression(max_iter=500)), features
        ),
        Family("random forest", make_pipeline(places, forest), features),
    )


def committee_chances(
    families: Sequence[Family], learned: Array, given: Array, wanted: Array, *, classes: int,
    bags: int, seed: int, progress: Progress = lambda _: None,
) -> Array:  # fmt: skip
    """Fit each family on bags of the labelled rows, and give each member's probabilities.

    Parameters
    ----------
    learned, wanted : array of int
        Places of the labelled rows, and of those to predict.
    given : array of int
        Labels of the learned rows, from 0 to classes - 1, each of which occurs.
    bags : int
        Bags a family: as many rows as there are, drawn with replacement, each class among them.
    seed : int
        Of the bags.

    Returns
    -------
    array (families * bags, wanted, classes) of float
    """
    random = np.random.default_rng(seed)
    found = []
    for family in families:
        for bag in range(bags):
            progress(f"{family.name}, {bag + 1} of {bags}")
            drawn = random.integers(len(learned), size=len(learned))
            one_each = [random.choice(np.flatnonzero(given == one)) for one in range(classes)]
            rows = np.concatenate([one_each, drawn[classes:]]).astype(np.intp)
            found.append(family.predict(learned[rows], given[rows], wanted, classes))
    return np.stack(found)
