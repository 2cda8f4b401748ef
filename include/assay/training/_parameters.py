"""Parameters of scikit-learn's classes: checked by name and value, and made into objects."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final

from assay.errors import AssayError, PolicyError, Problem, problems_error, unknown
from assay.training._allowed import FIXED, Kind, Named

_NESTED: Final = "estimator"
"""The parameter of a meta-estimator that is an estimator itself."""


def build(name: str, kind: Kind, parameters: Mapping[str, Any], seed: int) -> Any:
    """Make an estimator or a transformer of scikit-learn from a model file.

    Parameters
    ----------
    parameters : mapping
        As scikit-learn names them. ``estimator`` of a meta-estimator is
        ``{name: …, parameters: {…}}``.
    seed : int
        The random state of everything that has one.

    Raises
    ------
    PolicyError
        If the class may not be named, or a parameter doesn't exist or has a wrong value.

    Examples
    --------
    >>> build("LogisticRegression", "classifier", {"C": 0.5}, seed=7)
    LogisticRegression(C=0.5, random_state=7)
    """
    if problems := list(parameter_problems(name, kind, parameters, ())):
        raise problems_error(PolicyError, problems)
    return _built(name, kind, parameters, seed)


def _built(name: str, kind: Kind, parameters: Mapping[str, Any], seed: int) -> Any:
    cls = Named(name, kind).load()
    given = {n: _typed(cls, n, value) for n, value in parameters.items() if n != _NESTED}
    if _NESTED in parameters:
        inner = parameters[_NESTED]
        given[_NESTED] = _built(inner["name"], kind, inner.get("parameters", {}), seed)
    if "random_state" in _signature(cls):
        given["random_state"] = seed
    return cls(**given)


def parameter_problems(
    name: str,
    kind: Kind,
    parameters: Mapping[str, Any],
    at: tuple[str | int, ...],
    named_by: str = "name",
) -> Iterator[Problem]:
    """Find what is wrong with a class and its parameters; ``at`` is their place in the file."""
    where = ".".join(map(str, at))
    try:
        cls = Named(name, kind).load()
    except AssayError as error:
        for p in error.problems:
            yield Problem(p.what, _at(where, named_by), p.got, p.expected, p.do)
        return
    signature = _signature(cls)
    for parameter, value in parameters.items():
        place = _at(where, f"parameters.{parameter}")
        if parameter in FIXED:
            yield _fixed(parameter, place)
        elif parameter == _NESTED and parameter in signature:
            yield from _nested(value, kind, place)
        else:
            yield from value_problems(cls, parameter, value, place)
    for parameter, spec in signature.items():
        if spec.default is inspect.Parameter.empty and parameter not in parameters:
            yield Problem(f"{name} needs the parameter {parameter!r}", _at(where, "parameters"))


def _nested(value: Any, kind: Kind, place: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping) or not {"name"} <= set(value) <= {"name", "parameters"}:
        yield Problem("an inner estimator isn't given by name", place,
                      expected="{name: …, parameters: {…}}")  # fmt: skip
        return
    yield from parameter_problems(
        str(value["name"]), kind, value.get("parameters") or {}, tuple(place.split("."))
    )


def value_problems(cls: Any, parameter: str, value: Any, place: str) -> Iterator[Problem]:
    """Find what is wrong with one value of a parameter, as with those that a search tries."""
    signature = _signature(cls)
    if parameter in FIXED:
        yield _fixed(parameter, place)
    elif parameter not in signature:
        known = [p for p in signature if p not in FIXED]
        what = f"{cls.__name__} has no such parameter"
        yield Problem(what, place, **unknown(parameter, known))
    else:
        yield from _value(cls, parameter, value, place)


def _fixed(parameter: str, place: str) -> Problem:
    why = FIXED[parameter]
    return Problem("a model file doesn't set it", place, do=f"{why[0].upper()}{why[1:]}.")


def _value(cls: Any, parameter: str, value: Any, place: str) -> Iterator[Problem]:
    fault = _fault(cls, parameter, value)
    if fault and _fault(cls, parameter, _tupled(value)):
        yield Problem("the parameter can't have this value", place, got=value, expected=fault)


def _typed(cls: Any, parameter: str, value: Any) -> Any:
    """The value, as a tuple where YAML has a list and scikit-learn takes none."""
    return _tupled(value) if _fault(cls, parameter, value) else value


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _fault(cls: Any, parameter: str, value: Any) -> str | None:
    """What scikit-learn takes instead; None for a value that it takes."""
    from sklearn.utils._param_validation import (
        InvalidParameterError,
        validate_parameter_constraints,
    )

    constraints = getattr(cls, "_parameter_constraints", {})
    if constraints.get(parameter, "no_validation") == "no_validation":
        return None
    try:
        validate_parameter_constraints(
            {parameter: constraints[parameter]}, {parameter: value}, caller_name=cls.__name__
        )
    except InvalidParameterError as error:
        said = str(error)
        return said.split(" must be ", 1)[-1].split(". Got ", 1)[0]
    return None


def _signature(cls: Any) -> dict[str, inspect.Parameter]:
    kinds = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    parameters = inspect.signature(cls.__init__).parameters
    return {n: p for n, p in parameters.items() if n != "self" and p.kind not in kinds}


def _at(where: str, part: str) -> str:
    return f"{where}.{part}" if where else part
