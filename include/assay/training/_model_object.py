"""A fitted model as bytes: the same bytes for the same model, and no pickle.

The format is that of skops: a zip of arrays and of a JSON tree that names the type of each part. A
type that isn't trusted is never imported. What skops leaves to the machine is replaced: names that
are addresses in memory, and times of writing.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Collection, Iterator
from typing import Any, Final

from assay.errors import InputError
from assay.training._fit import Fitted

_FORMAT: Final = "assay.model/1"
_SCHEMA: Final = "schema.json"
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)

_TRUSTED: Final = re.compile(
    r"""
    functools\.partial  # of a function that is named here, too
    | assay\.training\._fixed_scaler\.FixedScaler
    | assay\.training\._named_classes\.NamedClasses
    | numpy\.(dtype|mean)
    | scipy\.interpolate\._bsplines\.BSpline
    | scipy\._lib\.array_api_compat\.numpy\._aliases\.asarray
    | sklearn\._loss\.loss\.\w+
    | sklearn\.calibration\._(CalibratedClassifier|SigmoidCalibration|TemperatureScaling)
    | sklearn\.cluster\._bisect_k_means\._BisectingTree
    | sklearn\.cluster\._kmeans\._kmeans_single_(lloyd|elkan)
    | sklearn\.ensemble\._hist_gradient_boosting\.predictor\.TreePredictor
    | sklearn\.feature_selection\._univariate_selection\.f_classif
    | sklearn\.gaussian_process\._gpc\._BinaryGaussianProcessClassifierLaplace
    | sklearn\.gaussian_process\.kernels\.\w+
    | sklearn\.metrics\._classification\.balanced_accuracy_score
    | sklearn\.metrics\._dist_metrics\.\w+
    | sklearn\.metrics\._scorer\._(Curve)?Scorer
    | sklearn\.multiclass\._ConstantPredictor
    | sklearn\.neighbors\._(kd|ball)_tree\.(KD|Ball)Tree
    | sklearn\.neural_network\._stochastic_optimizers\.(Adam|SGD)Optimizer
    | sklearn\.tree\._tree\.Tree
    | sklearn\.utils\.validation\.check_array
    | sklearn\.utils\._metadata_requests\.(Method)?MetadataRequest
    """,
    re.VERBOSE,
)
"""Types beside those that skops trusts by itself: parts of the estimators that a file may name."""


def dump_model(fitted: Fitted) -> bytes:
    """Write a fitted model as bytes; equal models give equal bytes.

    Raises
    ------
    InputError
        If a part of it can't be written without pickle.
    """
    from assay.training import _skops as skops

    whole = {
        "format": _FORMAT, "estimator": fitted.estimator, "features": list(fitted.features),
        "classes": list(fitted.classes), "favourable": fitted.favourable,
        "best_params": dict(fitted.best_params), "converged": fitted.converged,
    }  # fmt: skip
    try:
        return _canonical(skops.dumps(whole))
    except (TypeError, ValueError, AttributeError) as exc:
        kind = type(fitted.estimator).__name__
        raise InputError(
            "the model can't be kept without pickle", where="estimator", got=kind,
            do="Take an estimator whose parts are arrays, numbers and texts.",
        ) from exc  # fmt: skip


def load_model_object(data: bytes, packages: Collection[str] = ()) -> Fitted:
    """Read a fitted model.

    Parameters
    ----------
    data : bytes
        What :func:`dump_model` gave. Compare it with its hash first: arrays of a tree that someone
        has changed are used as they are.
    packages : collection of str
        Packages of own code (that of the model file's ``entry``), whose types are trusted too.

    Raises
    ------
    InputError
        If it isn't a model, or has a part of a type that isn't trusted.
    """
    from assay.training import _skops as skops

    try:
        unknown = skops.get_untrusted_types(data=data)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as exc:
        raise InputError("isn't a model", expected=f"format {_FORMAT}") from exc
    refused = [name for name in unknown if not _is_trusted(name, packages)]
    if refused:
        raise InputError(
            "the model has a part of a type that isn't trusted", got=", ".join(refused[:5]),
            expected="scikit-learn's estimators, or types of the package of `entry`",
            do="Load models of your own registry only.",
        )  # fmt: skip
    whole = skops.loads(data, trusted=unknown)
    if not isinstance(whole, dict) or whole.get("format") != _FORMAT:
        raise InputError("isn't a model", expected=f"format {_FORMAT}")
    return Fitted(
        whole["estimator"], tuple(whole["features"]), tuple(whole["classes"]),
        whole["favourable"], whole["best_params"], whole["converged"],
    )  # fmt: skip


def _is_trusted(name: str, packages: Collection[str]) -> bool:
    if _TRUSTED.fullmatch(name):
        return True
    return any(name.startswith(f"{package}.") for package in packages)


def _canonical(data: bytes) -> bytes:
    """The same model without what differs between machines and moments."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tree = json.loads(archive.read(_SCHEMA))
        files = {name: archive.read(name) for name in archive.namelist() if name != _SCHEMA}
    renamed = _renumber(tree)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for old, new in sorted(renamed.items(), key=lambda item: item[1]):
            archive.writestr(_entry(new), files[old])
        archive.writestr(_entry(_SCHEMA), json.dumps(tree, separators=(",", ":")))
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_WRITTEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    entry.create_system = 3
    return entry


def _renumber(tree: Any) -> dict[str, str]:
    """Number parts in the order in which the tree has them; files: old name → new name.

    Equal texts and numbers may or may not be one object in memory, so they share a number.
    """
    numbers: dict[object, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(tree):
        if "__id__" in node:
            key = ("value", node["content"]) if node.get("is_json") else node["__id__"]
            node["__id__"] = numbers.setdefault(key, len(numbers) + 1)
        if isinstance(node.get("file"), str):
            old = node["file"]
            ending = old.rpartition(".")[2]
            node["file"] = files.setdefault(old, f"{len(files):06d}.{ending}")
    return files


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a JSON tree, in the order of the text."""
    if isinstance(tree, dict):
        yield tree
        for value in list(tree.values()):
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
