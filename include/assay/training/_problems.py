"""Every fault of a model file that shows only beside the contracts and scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from assay.errors import AssayError, Problem, unknown
from assay.expression import columns_of
from assay.policy.model import ModelFile
from assay.training._allowed import Named
from assay.training._columns import Columns
from assay.training._leakage import leakage_problems
from assay.training._parameters import parameter_problems, value_problems
from assay.training._pipeline import RELEASED_SCALER, estimator_kind, load_entry

_OF_CLASSES: Final = frozenset(
    {"accuracy", "precision", "recall", "f1", "balanced_accuracy"}
    | {"log_loss", "brier", "roc_auc", "pr_auc", "ece"}
)
_OF_PROBABILITIES: Final = frozenset({"log_loss", "brier", "roc_auc", "pr_auc", "ece"})


def model_problems(model: ModelFile, columns: Columns) -> list[Problem]:
    """Find every fault of a model file, each with its place in the file.

    Columns that don't exist, expressions that can't be compiled, leakage, classes and parameters
    that scikit-learn doesn't have, joins without a key, metrics that the label doesn't have.

    Parameters
    ----------
    columns : Columns
        What is known of the columns; see :func:`describe_columns`.
    """
    return [
        *_unknown_columns(model, columns),
        *_expression_problems(model, columns),
        *_join_problems(model, columns),
        *leakage_problems(model, columns),
        *_type_problems(model, columns),
        *_step_problems(model),
        *_estimator_problems(model),
        *_metric_problems(model),
        *_level_problems(model, columns),
        *_strong_problems(model),
        *_explain_problems(model, columns),
    ]


def _unknown_columns(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    for loc, name in model.column_paths():
        # A role is for use without a contract.
        if "roles" not in loc and name not in columns.types:
            where = ".".join(map(str, loc))
            yield Problem("no such column", where=where, **unknown(name, sorted(columns.types)))
        elif loc[0] in {"split", "data", "label"} and name not in columns.own:
            where = ".".join(map(str, loc))
            yield Problem("a joined column can't stand here", where=where, got=name,
                          expected="a column of the data set itself")  # fmt: skip


def _expression_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    wanted = {"class": None, "number": "numeric"}[model.label.kind]
    yield from _expression(model.data.where, "data.where", "boolean", columns)
    yield from _expression(model.label.expression, "label.expression", wanted, columns)


def _expression(
    text: str | None, where: str, kind: str | None, columns: Columns
) -> Iterator[Problem]:
    """What is wrong with an expression over the data set's own columns."""
    if text is None:
        return
    try:
        names = columns_of(text)
    except AssayError as error:
        yield from (Problem(p.what, where, p.got, p.expected, p.do) for p in error.problems)
        return
    own = columns.own
    if missing := [name for name in names if name not in own]:
        for name in missing:
            yield Problem("no such column", where=where, **unknown(name, sorted(own)))
        return
    if any(own[name] is None for name in names):
        return  # a derived column has no type before it is computed
    try:
        found = _type_of(text, own)
    except AssayError as error:
        yield from (Problem(p.what, where, p.got, p.expected, p.do) for p in error.problems)
        return
    if kind == "boolean" and not found.is_boolean():
        yield Problem("it is no condition", where=where, got=text,
                      expected="a comparison, such as `arr_delay is not null`")  # fmt: skip
    if kind == "numeric" and not found.is_numeric():
        yield Problem("it is no number", where=where, got=text, expected="a number")


def _type_of(text: str, own: dict[str, str | None]) -> Any:
    import ibis

    from assay.engine import DTYPES
    from assay.expression import compile_expression

    schema = {name: DTYPES[kind] for name, kind in own.items() if kind is not None}
    return compile_expression(text, ibis.table(schema, name="rows")).type()


def _join_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    for name, join in model.data.joins.items():
        at = f"data.joins.{name}"
        if name not in columns.joined:
            known = sorted(columns.keys)
            yield Problem("no such data set", where=at, **unknown(name, known))
            continue
        there = columns.joined[name]
        for own, other in join.by.items():
            if other not in there:
                yield Problem("no such column", where=f"{at}.by.{own}", **unknown(other, there))
        for place, column in enumerate(join.columns):
            if column not in there:
                where = f"{at}.columns.{place}"
                yield Problem("no such column", where=where, **unknown(column, there))
        key = columns.keys.get(name, ())
        if key and set(key) - set(join.by.values()):
            yield Problem(
                "joins by a part of the key, so that rows would multiply", where=f"{at}.by",
                got=", ".join(join.by.values()), expected=", ".join(key),
            )  # fmt: skip
    joined = {f"{n}.{c}" for n, join in model.data.joins.items() for c in join.columns}
    for loc, name in model.column_paths():
        if name in columns.types and name not in columns.own and name not in joined:
            dataset, _, column = name.partition(".")
            yield Problem("isn't joined", where=".".join(map(str, loc)), got=name,
                          do=f"Add {column} to the columns of data.joins.{dataset}.")  # fmt: skip


def _type_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    """Features that scikit-learn can't read as they are."""
    treated = {name for step in model.preprocessing for name in step.columns}
    for place, name in enumerate(model.features):
        kind = columns.types.get(name)
        if kind in {"date", "timestamp"}:
            yield Problem(
                f"a {kind} is no feature", where=f"features.{place}", got=name,
                do="Derive a number from it in the cleaning policy, such as hour(…) or weekday(…).",
            )  # fmt: skip
        elif kind == "string" and name not in treated:
            yield Problem(
                "is text, and no step of preprocessing makes numbers of it",
                where=f"features.{place}", got=name,
                do="Add a step such as OneHotEncoder or OrdinalEncoder.",
            )  # fmt: skip


def _step_problems(model: ModelFile) -> Iterator[Problem]:
    for place, step in enumerate(model.preprocessing):
        at = ("preprocessing", place)
        for index, name in enumerate(step.columns):
            if name not in model.features:
                where = f"preprocessing.{place}.columns.{index}"
                yield Problem("isn't a feature", where=where, **unknown(name, model.features))
        if step.step != RELEASED_SCALER:
            yield from parameter_problems(
                step.step, "transformer", step.parameters, at, named_by="step"
            )
        elif step.parameters:
            where = f"preprocessing.{place}.parameters"
            yield Problem("the released scaler has no parameters", where=where)


def _estimator_problems(model: ModelFile) -> Iterator[Problem]:
    spec, kind = model.estimator, estimator_kind(model)
    if spec.name is None:
        try:
            load_entry(str(spec.entry))
        except AssayError as error:
            yield from error.problems
    else:
        yield from parameter_problems(spec.name, kind, spec.parameters, ("estimator",))
    if spec.search is None:
        return
    yield from _search_metric(model)
    if spec.name is None:
        return
    try:
        cls = Named(spec.name, kind).load()
    except AssayError:
        return
    for parameter, values in spec.search.space.items():
        for place, value in enumerate(values):
            where = f"estimator.search.space.{parameter}.{place}"
            yield from value_problems(cls, parameter, value, where)


def _search_metric(model: ModelFile) -> Iterator[Problem]:
    from sklearn.metrics import get_scorer_names

    search = model.estimator.search
    if search is not None and search.metric not in get_scorer_names():
        near = unknown(search.metric, get_scorer_names())
        yield Problem("scikit-learn has no such scorer", where="estimator.search.metric", **near)


def _metric_problems(model: ModelFile) -> Iterator[Problem]:
    gate = model.gates.performance
    named = [(f"gates.performance.limits.{i}.metric", x.metric) for i, x in enumerate(gate.limits)]
    if gate.champion:
        named.append(("gates.performance.champion.metric", gate.champion.metric))
    if model.feedback:
        limits, margins = model.feedback.limits, model.feedback.against_test
        named += [(f"feedback.limits.{i}.metric", x.metric) for i, x in enumerate(limits)]
        named += [(f"feedback.against_test.{i}.metric", x.metric) for i, x in enumerate(margins)]
    classes = model.label.kind == "class"
    silent = classes and not _gives_probabilities(model)
    for where, metric in named:
        if classes != (metric in _OF_CLASSES):
            kind = "a class" if classes else "a number"
            yield Problem(f"a label that is {kind} has no such metric", where=where, got=metric)
        elif silent and metric in _OF_PROBABILITIES:
            yield Problem(
                "the metric needs probabilities, and the estimator gives none", where=where,
                got=metric, do="Judge accuracy, precision or recall, or take another estimator.",
            )  # fmt: skip


def _gives_probabilities(model: ModelFile) -> bool:
    from assay.training._pipeline import build_estimator

    try:
        return hasattr(build_estimator(model.estimator, "classifier"), "predict_proba")
    except AssayError:
        return True  # what keeps it from being built is a problem of its own


def _level_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    """Levels that a closed list doesn't have."""
    label = model.label
    if label.column and label.favourable is not None:
        levels = columns.levels.get(label.column, ())
        if levels and label.favourable not in levels:
            near = unknown(label.favourable, levels)
            yield Problem("no such level", where="label.favourable", **near)
    flip = model.gates.flip
    for name, flipped in (flip.attributes if flip else {}).items():
        levels = columns.levels.get(name, ())
        for column, by_level in flipped.follows.items():
            at = f"gates.flip.attributes.{name}.follows.{column}"
            yield from _not_in(by_level, levels, at)
            yield from _not_in(by_level.values(), columns.levels.get(column, ()), at)


def _not_in(named: Iterable[str], levels: tuple[str, ...], where: str) -> Iterator[Problem]:
    for level in named:
        if levels and level not in levels:
            yield Problem("no such level", where=where, **unknown(level, levels))


def _strong_problems(model: ModelFile) -> Iterator[Problem]:
    """Columns that are excused as strong features, and aren't features."""
    for loc, name in model.column_paths():
        if "strong_features" in loc and name not in model.features:
            where = ".".join(map(str, loc))
            yield Problem("isn't a feature", where=where, **unknown(name, model.features))


def _explain_problems(model: ModelFile, columns: Columns) -> Iterator[Problem]:
    """What can't be explained as the file says."""
    explain = model.explain
    if explain is None:
        return
    for loc, name in explain.feature_paths():
        if name not in model.features:
            where = ".".join(map(str, loc))
            yield Problem("isn't a feature", where=where, **unknown(name, model.features))
    found, classes = explain.counterfactuals, model.label.kind == "class"
    if classes and not _gives_probabilities(model):
        yield Problem("an explanation needs probabilities, and the estimator gives none",
                      where="explain", do="Take another estimator, or leave it out.")  # fmt: skip
    if found is None:
        return
    if not classes:
        yield Problem("a label that is a number has no counterfactuals",
                      where="explain.counterfactuals", do="Leave them out.")  # fmt: skip
    elif not found.may_change(model.features):
        yield Problem("no feature may change", where="explain.counterfactuals",
                      expected="at least one that is actionable")  # fmt: skip
    for place, name in enumerate(explain.groups):
        if name in columns.classified and not columns.levels.get(name):
            yield Problem(
                "its levels may not be named, so that nothing could be compared",
                where=f"explain.recourse.groups.{place}", got=name,
                expected="a column with a closed list, or one that isn't classified",
            )  # fmt: skip
    for name in found.directions:
        where = f"explain.counterfactuals.directions.{name}"
        if name in model.features and name not in found.may_change(model.features):
            yield Problem("has a direction and may not change", where=where, got=name)
        elif columns.types.get(name) in {"string", "boolean"} and not columns.levels.get(name):
            yield Problem(
                "its levels have no order, and so no direction", where=where, got=name,
                expected="a number, or a closed list in the contract",
            )  # fmt: skip
