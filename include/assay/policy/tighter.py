"""Which way a key of a policy is tighter, so that an organisation's bounds those of data sets.

A key says it in its annotation: ``max_age_days: Annotated[int, LESS]``. The file
``policies/_organisation/<noun>.yaml`` may hold every key that says so; a data set's own value may
then be tighter, never looser, and where it states none the organisation's counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from assay.document import Loc

ORGANISATION: Final = "_organisation"
"""The folder beside those of the data sets; no data set can have this name."""


def _own(own: Any, _: Any) -> Any:
    return own


@dataclass(frozen=True)
class Direction:
    """What a data set's own value may be beside the organisation's.

    Parameters
    ----------
    expected : str
        What may stand there, with ``{}`` for the organisation's value.
    keeps : callable
        Whether the first value, a data set's, is no looser than the second.
    joined : callable
        What counts where both state one; the data set's own by default.
    """

    expected: str
    keeps: Callable[[Any, Any], bool]
    joined: Callable[[Any, Any], Any] = _own


LESS: Final = Direction("at most {}", lambda own, theirs: own <= theirs)
MORE: Final = Direction("at least {}", lambda own, theirs: own >= theirs)
SAME: Final = Direction("{}", lambda own, theirs: own == theirs)
FEWER: Final = Direction("none but {}", lambda own, theirs: set(own) <= set(theirs))
"""A list of what is allowed: the data set's may allow less."""
ADDED: Final = Direction(
    "", lambda own, theirs: True, lambda own, theirs: [*theirs, *own]  # noqa: ARG005
)  # fmt: skip
"""A list of what is asked for: the organisation's items count beside the data set's."""
ASKED: Final = Direction("", lambda own, theirs: True)  # noqa: ARG005
"""A part that may be left out, which is looser: the organisation's counts where it is."""


def ranked(*levels: str) -> Direction:
    """Words in their order, the loosest first.

    Examples
    --------
    >>> ranked("warn", "hold").keeps("warn", "hold")
    False
    """
    return Direction("{} or tighter", lambda own, theirs: levels.index(own) >= levels.index(theirs))


@dataclass(frozen=True)
class Looser:
    """A key of a data set's policy that is looser than the organisation's."""

    loc: Loc
    got: Any
    expected: str


def direction_of(field: FieldInfo) -> Direction | None:
    """The direction that a key's annotation states; None for a key that no organisation bounds."""
    return next((m for m in field.metadata if isinstance(m, Direction)), None)


@cache
def organisation_model(model: type[BaseModel]) -> type[BaseModel] | None:
    """What an organisation's file may hold of a policy; None where the policy has no direction.

    Each key of a direction is there, and may be left out, and so is each part that has such keys.
    """
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        part, stated = _part_of(field), direction_of(field)
        inner = organisation_model(part) if part is not None else None
        if inner is not None:
            fields[name] = (_annotation(field, inner), _optional(field))
        elif stated is not None:
            fields[name] = (field.annotation, _optional(field))
    if not fields:
        return None
    for name in {"description", "rationale"} & set(model.model_fields):
        fields[name] = (str | None, Field(None, description="Why, for people."))
    made: type[BaseModel] = create_model(
        f"Organisation{model.__name__}",
        __base__=_base(model),
        __doc__=f"Bounds for all data sets. {model.__doc__}",
        **{name: (kind | None, field) for name, (kind, field) in fields.items()},
    )  # type: ignore[call-overload]
    return made


def tightened(
    model: type[BaseModel], own: Mapping[str, Any], theirs: Mapping[str, Any], at: Loc = ()
) -> tuple[dict[str, Any], list[Looser]]:
    """The values that count of two files, a data set's and the organisation's.

    Parameters
    ----------
    model : type
        The policy's model.
    own, theirs : mapping
        What the files hold; ``theirs`` fits :func:`organisation_model`.

    Returns
    -------
    dict and list of Looser
        The merged values, and each key of the data set that is looser. A value of a wrong type
        isn't among them: the model refuses it.
    """
    found, looser = dict(own), list[Looser]()
    for name, bound in theirs.items():
        field = model.model_fields.get(name)
        if field is None or bound is None:
            continue
        found[name], more = _joined(field, own.get(name), bound, (*at, name))
        looser += more
    return {name: value for name, value in found.items() if value is not _LEFT_OUT}, looser


_LEFT_OUT: Final = object()


def _joined(field: FieldInfo, own: Any, bound: Any, at: Loc) -> tuple[Any, list[Looser]]:
    """One key's value of both files, and what of it is looser."""
    part, direction = _part_of(field), direction_of(field)
    if part is not None and organisation_model(part) is not None:
        if own is None:  # a part that nothing asks for stays away
            return (bound if field.is_required() or direction else _LEFT_OUT), []
        if _is_mapping(field.annotation):
            return _by_name(own, bound, lambda a, b, at_: tightened(part, a, b, at_), at)
        return tightened(part, own, bound, at) if isinstance(own, Mapping) else (own, [])
    if direction is None or own is None:
        return (bound if direction else _LEFT_OUT if own is None else own), []
    if isinstance(bound, Mapping):
        return _by_name(own, bound, lambda a, b, at_: _compared(direction, a, b, at_), at)
    return _compared(direction, own, bound, at)


def _by_name(
    own: Any, bound: Mapping[str, Any], joined: Callable[..., Any], at: Loc
) -> tuple[Any, list[Looser]]:
    """A mapping of names: what either states, and where both do, what counts of both."""
    if not isinstance(own, Mapping):
        return own, []
    found, looser = {**bound, **own}, list[Looser]()
    for name in own.keys() & bound.keys():
        found[name], more = joined(own[name], bound[name], (*at, name))
        looser += more
    return found, looser


def _compared(direction: Direction, own: Any, bound: Any, at: Loc) -> tuple[Any, list[Looser]]:
    try:
        if not direction.keeps(own, bound):
            return own, [Looser(at, own, direction.expected.format(_shown(bound)))]
        return direction.joined(own, bound), []
    except (TypeError, ValueError):  # no value of the key: the model says so
        return own, []


def _shown(value: Any) -> str:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return ", ".join(map(str, value)) if listed else repr(value)


def _base(model: type[BaseModel]) -> type[BaseModel]:
    """The least of the model's bases, which holds its configuration and no key."""
    return next(
        base for base in reversed(model.__mro__) if base.__module__.endswith("policy._base")
    )


def _part_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a part, or of each value of a mapping; None for anything else."""
    return next((m for m in _members(field.annotation) if issubclass(m, BaseModel)), None)


def _members(annotation: Any) -> list[type]:
    """The classes in an annotation, those of unions and of a mapping's values too."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return [m for a in get_args(annotation) for m in _members(a)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _members(get_args(annotation)[1])
    return [annotation] if isinstance(annotation, type) else []


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return any(map(_is_mapping, get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _annotation(field: FieldInfo, inner: type[BaseModel]) -> Any:
    return dict[str, inner] if _is_mapping(field.annotation) else inner  # type: ignore[valid-type]


def _optional(field: FieldInfo) -> FieldInfo:
    """The same key, which may be left out."""
    copied = copy(field)
    copied.default, copied.default_factory = None, None
    return copied
