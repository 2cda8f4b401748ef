"""From a model file to an estimator that isn't fitted yet: preprocessing, then the estimator."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from assay.errors import PolicyError
from assay.policy.model import Estimator, ModelFile
from assay.training._allowed import Kind
from assay.training._parameters import build

RELEASED_SCALER: Final = "released_scaler"
"""The step that applies the scaler of a released version."""
LAST: Final = "estimator"
"""The name of the estimator in its pipeline."""


def build_pipeline(model: ModelFile, scaler: Mapping[str, Any] | None) -> Any:
    """Build the pipeline of a model file, not fitted.

    The columns that go through the same steps go through them together. A column without a step
    passes as it is, after the others.

    Parameters
    ----------
    scaler : mapping or None
        The released scaler, as JSON, where a step applies it.

    Returns
    -------
    sklearn.pipeline.Pipeline
        It takes a frame with the features.

    Raises
    ------
    PolicyError
        If a class may not be named, or a parameter is wrong.
    InputError
        If a step applies the released scaler, and there is none.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    last = build_estimator(model.estimator, estimator_kind(model))
    chains = _chains(model)
    parts = [
        (f"part{number}", _chain(model, places, columns, scaler), list(columns))
        for number, (places, columns) in enumerate(chains.items())
    ]
    sparse = _takes_sparse(last)
    columns = ColumnTransformer(
        parts, sparse_threshold=0.3 if sparse else 0.0, verbose_feature_names_out=False,
        n_jobs=1,
    )  # fmt: skip
    if not sparse:
        columns.set_output(transform="pandas")
    return Pipeline([("columns", columns), (LAST, last)])


def encoded_widths(pipeline: Any, features: Sequence[str]) -> dict[str, int]:
    """How many columns the estimator gets of each feature; without what can't be split by feature.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        One of :func:`build_pipeline`, fitted.
    """
    fitted = pipeline.named_steps["columns"]
    outputs, found = fitted.output_indices_, dict[str, int]()
    for name, transformer, columns in fitted.transformers_:
        places = outputs[name]
        width, last = places.stop - places.start, getattr(transformer, "steps", [("", None)])[-1][1]
        if width == len(columns):
            found |= dict.fromkeys(columns, 1)
        elif width and len(columns) == 1:
            found[columns[0]] = width
        elif hasattr(last, "categories_"):
            widths = _widths(last, columns)
            found |= widths if sum(widths.values()) == width else {}
    return {name: found[name] for name in features if name in found}


def _widths(encoder: Any, columns: Sequence[str]) -> dict[str, int]:
    """Column → how many an encoder makes of it, by the names that it gives."""
    nameless = copy.copy(encoder)  # it refuses other names than those that it was fitted with
    vars(nameless).pop("feature_names_in_", None)
    names = nameless.get_feature_names_out([f"{place}:" for place in range(len(columns))])
    made = [int(name.partition(":")[0]) for name in names]
    return {column: made.count(place) for place, column in enumerate(columns)}


def estimator_kind(model: ModelFile) -> Kind:
    """Which kind of estimator the label needs."""
    return "classifier" if model.label.kind == "class" else "regressor"


def build_estimator(spec: Estimator, kind: Kind) -> Any:
    """Build the estimator alone: scikit-learn's, or what own code gives.

    Raises
    ------
    PolicyError
        If scikit-learn has no such class or parameter, or the own code isn't there or gives no
        estimator.
    """
    if spec.name is not None:
        return build(spec.name, kind, spec.parameters, spec.seed)
    function = load_entry(str(spec.entry))
    made = function(**spec.parameters)
    if not all(callable(getattr(made, name, None)) for name in ("fit", "predict", "get_params")):
        raise PolicyError("own code gives no estimator", where="estimator.entry", got=spec.entry,
                          expected="an object with fit, predict and get_params")  # fmt: skip
    if "random_state" in made.get_params(deep=False):
        made.set_params(random_state=spec.seed)
    return made


def load_entry(entry: str) -> Any:
    """Import the function that an entry names.

    Raises
    ------
    PolicyError
        If the module or the function isn't there.
    """
    module, _, name = entry.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as exc:
        raise PolicyError(
            "own code isn't there", where="estimator.entry", got=entry,
            expected="package.module:function of a package that the project installs",
        ) from exc  # fmt: skip
    return found


def _chains(model: ModelFile) -> dict[tuple[int, ...], list[str]]:
    """Places of the steps that columns go through → those columns, in the order of the features."""
    through: dict[str, tuple[int, ...]] = {}
    for name in model.features:
        steps = enumerate(model.preprocessing)
        through[name] = tuple(place for place, step in steps if name in step.columns)
    found: dict[tuple[int, ...], list[str]] = {}
    for name, places in sorted(through.items(), key=lambda item: (not item[1], item[1])):
        found.setdefault(places, []).append(name)
    order = {name: place for place, name in enumerate(model.features)}
    return {places: sorted(names, key=order.__getitem__) for places, names in found.items()}


def _chain(
    model: ModelFile,
    places: Sequence[int],
    columns: Sequence[str],
    scaler: Mapping[str, Any] | None,
) -> Any:
    from sklearn.pipeline import Pipeline

    from assay.training._fixed_scaler import fixed_scaler

    if not places:
        return "passthrough"
    steps = []
    for place in places:
        step = model.preprocessing[place]
        if step.step == RELEASED_SCALER:
            made = fixed_scaler(scaler, columns)
        else:
            made = build(step.step, "transformer", step.parameters, model.estimator.seed)
            if "sparse_output" in made.get_params() and "sparse_output" not in step.parameters:
                sparse = _takes_sparse(build_estimator(model.estimator, estimator_kind(model)))
                made.set_params(sparse_output=sparse and place == places[-1])
        steps.append((f"step{place}", made))
    return Pipeline(steps)


def _takes_sparse(estimator: Any) -> bool:
    from sklearn.utils import get_tags

    return bool(get_tags(estimator).input_tags.sparse)
