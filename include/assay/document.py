"""YAML documents with line numbers, so that every fault is reported with its line.

Only plain data is built: no tag runs code, no date is guessed from text (partition keys look like
dates), and a key that occurs twice is a fault.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from assay.errors import UNSET, AssayError, InputError, Problem, did_you_mean, problems_error

Loc = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

_MOST_ENTRIES = 100_000
"""A file of a few lines may expand to billions of entries by aliases of aliases."""
DEEPEST = 100
"""Levels of lists and mappings within each other that a file may have."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe YAML without implicit dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """A parsed YAML file or a part of it: its value, and the line of every key and item.

    ``within`` is the part's place in the file.
    """

    path: Path
    value: Any
    lines: Mapping[Loc, int]
    within: Loc = ()

    @property
    def hash(self) -> str:
        """SHA-256 of the content as canonical JSON; comments and layout don't count."""
        return content_hash(self.value)

    def where(self, loc: Loc) -> str:
        """``file:line key.key`` of the deepest part of ``loc`` that the file has."""
        known = loc
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known, 1)
        dotted = ".".join(str(part) for part in (*self.within, *loc))
        return f"{shown_path(self.path)}:{line} {dotted}".rstrip()


def shown_path(path: Path) -> str:
    """The path as a person would type it: relative to the working directory if it is below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def is_file(path: Path) -> bool:
    """Whether there is such a file; false, too, for a path that no file can have."""
    try:
        return path.is_file()
    except OSError:
        return False


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of a JSON-like value in canonical form.

    Examples
    --------
    >>> content_hash({"b": 1, "a": 2}) == content_hash({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def load_document(path: Path | str, error: type[AssayError] = InputError) -> Document:
    """Read one YAML file.

    Raises
    ------
    error
        If the file is missing, isn't YAML, has a key twice, a tag, or isn't a mapping.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise error("can't be read", where=shown_path(path), got=exc.strerror) from exc
    except UnicodeDecodeError as exc:
        raise error("isn't UTF-8", where=shown_path(path), do="Save it as UTF-8.") from exc
    except ValueError as exc:
        raise error("isn't a path that a file can have", got=str(path)) from exc
    node: Any = None
    try:
        _check_depth(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Loc, int] = {}
        problems: list[Problem] = []
        _walk(node, (), lines, problems, path)
        if problems:
            raise problems_error(error, problems)
        value = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{shown_path(path)}:{mark.line + 1}" if mark else shown_path(path)
        raise error(
            f"isn't plain YAML: {getattr(exc, 'problem', None) or exc}", where=where
        ) from exc
    except (ValueError, OverflowError):
        raise error(
            "holds a value that can't be read",
            where=f"{shown_path(path)}:{_unreadable(node)}",
            do="Put it between quotes if it is text.",
        ) from None
    except RecursionError:
        raise error("refers to itself", where=shown_path(path)) from None
    if not isinstance(value, dict):
        raise error("isn't a mapping", where=shown_path(path), expected="keys and values")
    return Document(path=path, value=value, lines=lines)


def _check_depth(text: str) -> None:
    """Refuse deep nesting while it is read: what makes nodes of it has no bound of its own."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _too_deep(event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} deep", problem_mark=mark)


def too_deep(value: Any) -> bool:
    """Whether lists and mappings are nested more than :data:`DEEPEST` deep.

    Examples
    --------
    >>> too_deep([[1], {"a": [2]}])
    False
    """
    level, depth = [value], 0
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            return True
        level = [p for part in level for p in (part.values() if isinstance(part, dict) else part)]
    return False


def _walk(node: Any, loc: Loc, lines: dict[Loc, int], problems: list[Problem], path: Path) -> None:
    if len(lines) > _MOST_ENTRIES:
        raise yaml.YAMLError(f"more than {_MOST_ENTRIES} entries")
    if len(loc) > DEEPEST:  # by aliases of aliases
        raise _too_deep(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                problems.append(
                    Problem("the key occurs twice", where=f"{shown_path(path)}:{line} {name}")
                )
            seen.add(name)
            lines[(*loc, name)] = line
            _walk(child, (*loc, name), lines, problems, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            lines[(*loc, index)] = child.start_mark.line + 1
            _walk(child, (*loc, index), lines, problems, path)


def _unreadable(node: Any) -> int:
    """The line of the first value that looks like a number or a date and is none."""
    for scalar in _scalars(node):
        try:
            _Loader("").construct_object(scalar)
        except (ValueError, OverflowError):
            return int(scalar.start_mark.line) + 1
    return 1


def _scalars(node: Any) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    children = node.value if isinstance(node, yaml.CollectionNode) else ()
    for child in children:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _scalars(part)


def validate_document(document: Document, model: type[ModelT], error: type[AssayError]) -> ModelT:
    """The document as a model, or one error with every fault of the file."""
    try:
        return model.model_validate(document.value)
    except ValidationError as exc:
        raise problems_error(error, list(_problems(document, model, exc))) from exc


def _problems(
    document: Document, model: type[BaseModel], exc: ValidationError
) -> Iterable[Problem]:
    faults = exc.errors(include_url=False)
    places = [tuple(fault["loc"]) for fault in faults]
    misspelt = [
        _misspelt(document, model, f["type"], p) for f, p in zip(faults, places, strict=True)
    ]
    for fault, place, written in zip(faults, places, misspelt, strict=True):
        loc: Loc = _existing(document, place)
        if loc in misspelt or _follows(fault["type"], place, places):
            continue
        where = document.where(written or loc)
        if written:
            hint = f"Did you mean {place[-1]!r}?"
            yield Problem("no such key", where=where, got=written[-1], do=hint)
        elif fault["type"] == "extra_forbidden":
            options = sorted(_fields_at(model, place[:-1]))
            word = str(place[-1])
            yield Problem(
                "no such key",
                where=where,
                got=word,
                expected=("one of: " + ", ".join(options)) if options else None,
                do=did_you_mean(word, options) or None,
            )
        elif fault["type"] == "missing":
            yield Problem(f"the key {place[-1]!r} is missing", where=where)
        else:
            got = fault["input"] if isinstance(fault["input"], str | int | float | bool) else UNSET
            message = fault["msg"].removeprefix("Value error, ").rstrip(".")
            yield Problem(message[:1].lower() + message[1:], where=where, got=got)


def _misspelt(document: Document, model: type[BaseModel], kind: str, place: Loc) -> Loc | None:
    """The place of a key with a name similar to the missing one, if there is one."""
    if kind != "missing":
        return None
    parent = _known_parts(document, place[:-1])
    beside = [loc[-1] for loc in document.lines if loc and loc[:-1] == parent]
    known = _fields_at(model, place[:-1])
    unknown = {str(key).lower(): str(key) for key in beside if key not in known}
    near = difflib.get_close_matches(str(place[-1]).lower(), unknown, n=1)
    return (*parent, unknown[near[0]]) if near else None


def _follows(kind: str, place: Loc, places: Iterable[Loc]) -> bool:
    """Whether a list is only too short because an item of it has a fault of its own."""
    return kind == "too_short" and any(
        p[: len(place)] == place and len(p) > len(place) for p in places
    )


def _known_parts(document: Document, loc: Loc) -> Loc:
    """A location without what pydantic adds to it: tags of unions, names of validators."""
    kept: Loc = ()
    for part in loc:
        if (*kept, part) in document.lines:
            kept = (*kept, part)
    return kept


def _existing(document: Document, loc: Loc) -> Loc:
    """The part of a location that the file has, and the last key where the file lacks it."""
    kept = _known_parts(document, loc)
    if loc and kept != loc and loc[-1] not in kept:
        kept = (*kept, loc[-1]) if isinstance(loc[-1], str) else kept
    return kept


def _fields_at(model: type[BaseModel], loc: Sequence[str | int]) -> set[str]:
    """Names of the keys that the model takes at a place, over all members of a union."""
    candidates: list[Any] = [model]
    for part in loc:
        following: list[Any] = []
        for candidate in candidates:
            following += _step(candidate, part)
        candidates = following or candidates
    names: set[str] = set()
    for candidate in candidates:
        for member in _members(candidate):
            if isinstance(member, type) and issubclass(member, BaseModel):
                names |= {f.alias or n for n, f in member.model_fields.items()}
                names |= getattr(member, "standard", frozenset())
    return names


def _step(candidate: Any, part: str | int) -> list[Any]:
    found: list[Any] = []
    for member in _members(candidate):
        if isinstance(member, type) and issubclass(member, BaseModel):
            by_key = {f.alias or n: f for n, f in member.model_fields.items()}
            if part in by_key:
                found.append(by_key[part].annotation)
        else:
            found += [a for a in typing.get_args(member) if a is not Ellipsis]
    return found


def _members(annotation: Any) -> list[Any]:
    """The types of an annotation, with ``Annotated`` and unions taken apart."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return [m for a in typing.get_args(annotation) for m in _members(a)]
    return [annotation]
