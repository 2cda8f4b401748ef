"""The door to scikit-learn, imported only where a forest is fitted or a transformer is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.ensemble import IsolationForest

from assay.cleaning._fitted_state import Tree
from assay.errors import InputError

VERSION: str = sklearn.__version__


def grow_forest(sample: Any, trees: int, seed: int) -> tuple[tuple[Tree, ...], int]:
    """Fit an isolation forest on a sample; return its trees as numbers, and the rows of a tree."""
    forest = IsolationForest(
        n_estimators=trees, max_samples="auto", random_state=seed, n_jobs=1
    ).fit(sample)
    return tuple(_tree(e.tree_) for e in forest.estimators_), int(forest.max_samples_)


def _tree(tree: Any) -> Tree:
    leaf = tree.children_left == -1
    return Tree(
        feature=tuple(int(f) for f in np.where(leaf, -1, tree.feature)),
        threshold=tuple(float(t) for t in np.where(leaf, 0.0, tree.threshold)),
        left=tuple(int(i) for i in tree.children_left),
        right=tuple(int(i) for i in tree.children_right),
        length=tuple(float(v) for v in np.where(leaf, _lengths(tree), 0.0)),
    )


def _lengths(tree: Any) -> Any:
    """Depth of each node, and what an unsplit leaf of its size would have added."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child != -1:
                depth[child] = depth[node] + 1
    return depth + np.array([average_path_length(int(n)) for n in tree.n_node_samples])


def average_path_length(n: int) -> float:
    """Mean depth of an unsuccessful search in a binary search tree of n values, c(n)."""
    if n <= 1:
        return 0.0
    if n == 2:
        return 1.0
    return float(2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n)


class ReleaseScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A scaler that was fitted on a released reference, for training and serving.

    ``transform`` gives (x − center) / scale for the columns of its specification and leaves others
    out; ``fit`` changes nothing, so that it can stand in a pipeline.

    Parameters
    ----------
    spec : mapping
        What ``render_scaler`` wrote, parsed.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec

    @property
    def feature_names_in_(self) -> Any:
        """Columns that it scales, in its order."""
        return np.array(sorted(self.spec["columns"]), dtype=object)

    @property
    def n_features_in_(self) -> int:
        """Number of columns that it scales."""
        return len(self.spec["columns"])

    def fit(self, X: Any = None, y: Any = None) -> ReleaseScaler:  # noqa: ARG002, N803
        """Do nothing: the scaler was fitted on the reference."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Scale a frame by column name, or an array with the columns of ``feature_names_in_``."""
        values, centre, scale = self._parts(X)
        return (values - centre) / scale

    def inverse_transform(self, X: Any) -> Any:  # noqa: N803
        """Back to natural units."""
        values, centre, scale = self._parts(X)
        return values * scale + centre

    def _parts(self, data: Any) -> tuple[Any, Any, Any]:
        names = list(self.feature_names_in_)
        if hasattr(data, "columns"):
            missing = sorted(set(names) - set(data.columns))
            if missing:
                raise InputError("columns that the scaler needs are missing", got=missing)
            data = data[names]
        columns = self.spec["columns"]
        centre = np.array([columns[n]["center"] for n in names])
        scale = np.array([columns[n]["scale"] for n in names])
        return np.asarray(data, dtype=float), centre, scale


def load_scaler(path: Path) -> ReleaseScaler:
    """The transformer of a scaler file.

    Raises
    ------
    InputError
        If the file isn't one.
    """
    try:
        spec = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError("isn't a scaler", where=str(path)) from exc
    if not isinstance(spec, dict) or spec.get("format") != "assay.scaler/1":
        raise InputError("isn't a scaler", where=str(path), expected="format assay.scaler/1")
    return ReleaseScaler(spec)
