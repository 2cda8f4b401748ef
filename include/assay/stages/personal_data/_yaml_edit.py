"""Keys put into a YAML text, with every comment and all other layout left as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from assay.errors import InputError


def mapping_at(text: str, keys: Sequence[str]) -> Any:
    """The node of a mapping at some keys; None where the text has none there."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for name in keys:
        node = next((v for k, v in node.value if k.value == name), None)
        if not isinstance(node, yaml.MappingNode):
            return None
    return node


def inserted(text: str, keys: Sequence[str], value: Any) -> str:
    r"""The text with a value at some keys, below the deepest mapping of them that it has.

    Examples
    --------
    >>> inserted("a:\n  b: 1  # one\n", ("a", "c"), {"d": "x"})
    'a:\n  c: {"d": "x"}\n  b: 1  # one\n'
    >>> inserted("a: {b: 1}\n", ("a", "c", "d"), 2)
    'a: {"c": {"d": 2}, b: 1}\n'
    """
    depth = next(n for n in range(len(keys) - 1, -1, -1) if mapping_at(text, keys[:n]) is not None)
    node, rest = mapping_at(text, keys[:depth]), keys[depth:]
    if not node.value:  # `{}`
        start, end = node.start_mark.index, node.end_mark.index
        return text[:start] + _flow(rest, value) + text[end:]
    first = node.value[0][0].start_mark
    if node.flow_style:
        new = _flow(rest, value)[1:-1] + ", "
    elif depth == 0:
        return text.rstrip("\n") + "\n" + _block(rest, value, "")
    else:
        indent = " " * first.column
        new = _block(rest, value, indent)[len(indent) :] + indent
    return text[: first.index] + new + text[first.index :]


def _flow(keys: Sequence[str], value: Any) -> str:
    for name in reversed(keys):
        value = {name: value}
    return json.dumps(value, ensure_ascii=False)


def _block(keys: Sequence[str], value: Any, indent: str) -> str:
    """Nested keys on lines of their own, the value in one line."""
    lines = [f"{indent}{'  ' * i}{_key(name)}:" for i, name in enumerate(keys)]
    return "\n".join(lines) + " " + json.dumps(value, ensure_ascii=False) + "\n"


def _key(name: str) -> str:
    plain = name.isascii() and name.isidentifier() and yaml.safe_load(name) == name
    return name if plain else json.dumps(name, ensure_ascii=False)


def property_of(root: Any, column: str, where: str) -> Any:
    """The node of a column in a contract.

    Raises
    ------
    InputError
        If the contract doesn't name it where contracts do.
    """
    for schema in _items(root, "schema"):
        for one in _items(schema, "properties"):
            if any(k.value == "name" and v.value == column for k, v in one.value):
                return one
    raise InputError("the column can't be found in the contract's text", where=where, got=column)


def _items(node: Any, name: str) -> list[Any]:
    found = next((v for k, v in node.value if k.value == name), None)
    return list(found.value) if isinstance(found, yaml.SequenceNode) else []


def with_key(text: str, node: Any, key: str, value: str) -> str:
    """The text with a key in a mapping of a list, behind its ``name``."""
    place = next(v for k, v in node.value if k.value == "name").end_mark.index
    if node.flow_style:
        return f"{text[:place]}, {key}: {value}{text[place:]}"
    end = text.find("\n", place)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{' ' * node.start_mark.column}{key}: {value}{text[end:]}"


def with_item(text: str, node: Any, key: str, item: str) -> str:
    """The text with one more item in a mapping's list, which is made where there is none."""
    items = next((v for k, v in node.value if k.value == key), None)
    if items is None:
        return with_key(text, node, key, f"[{item}]")
    start = items.start_mark
    if items.flow_style:
        place = start.index + 1
        return f"{text[:place]}{item}{', ' if items.value else ''}{text[place:]}"
    return f"{text[: start.index]}- {item}\n{' ' * start.column}{text[start.index :]}"


def with_comment(text: str, node: Any, comment: str) -> str:
    """The text with a comment in the line above a mapping of a list."""
    line = text.rfind("\n", 0, node.start_mark.index) + 1
    indent = " " * (len(text[line:]) - len(text[line:].lstrip(" ")))
    return f"{text[:line]}{indent}# {comment}\n{text[line:]}"
