"""Hostile variants of texts, bytes and structures, from a seed."""

from __future__ import annotations

import copy
import random
from typing import Any

TOKENS = (
    "", "\0", "\r", "{: ", "\t", "é", "日本", "\ud800", "🤯", "\ufeff", "\u2028", "\x85", "'", '"',
    "`", "\\", "%", "%Y%Y", "{", "}", "[" * 300, "{a: " * 300, "(" * 300, "- " * 300, "&a [*a]",
    "!!python/object:os.system x", "<<: *a", "---\n", "null", "~", "true", "NaN", "-Infinity",
    "1e999", "-0", "9" * 400, "0x1F", "1_000", "2013-02-30", "9999-12-31", "0000-00-00", "../..",
    "x" * 3000, "; DROP TABLE x", "${HOME}", "{batch}", "$PARAMETER", "and", "or not", " in ", "==",
    ",", ",,,,", ":", "|", ">", "#", "@", "__row", "__landed", "__class__", "a.b.c", "()",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, -(2**63) - 1, 10**400, 0.5, 1e308, float("inf"), float("nan"),
    "", " ", "x" * 5000, "\0", "\ud800", "2013-02-04", "%Y%Y", "../..", "__row", [], {}, [[]],
    [None], {"a": None}, {"$PARAMETER": "x"}, ["a", "a"], [1, "a", None], {"": ""}, [[1, 2], [3]],
)  # fmt: skip
PICKS = 4


def text(rng: random.Random, seed: str) -> str:
    """A text with some places cut, doubled, moved or replaced."""
    for _ in range(rng.randint(1, PICKS)):
        i, j = sorted(rng.choices(range(len(seed) + 1), k=2))
        j = min(j, i + rng.choice((1, 3, 20, 200)))
        part = seed[i:j]
        change = rng.randrange(5)
        if change == 0:
            part = rng.choice(TOKENS)
        elif change == 1:
            part *= rng.choice((0, 2, 50))
        elif change == 2:
            part = rng.choice(TOKENS) + part
        elif change == 3:
            part = part[::-1]
        else:
            part = "".join(chr(rng.randrange(1, 0x250)) for _ in part)
        seed = seed[:i] + part + seed[j:]
    return seed


def data(rng: random.Random, seed: bytes) -> bytes:
    """Bytes with some places cut, doubled or replaced; sometimes cut off."""
    for _ in range(rng.randint(1, PICKS)):
        i = rng.randrange(len(seed) + 1)
        j = min(len(seed), i + rng.choice((1, 4, 50)))
        token = rng.choice(TOKENS).encode("utf-8", "surrogatepass")
        part = rng.choice((b"", seed[i:j] * 20, token, rng.randbytes(j - i), bytes(j - i)))
        seed = seed[:i] + part + seed[j:]
    return seed[: rng.randrange(len(seed) + 1)] if rng.random() < 0.1 else seed


def structure(rng: random.Random, value: Any) -> Any:
    """A structure with some of its parts replaced, renamed, left out or nested."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, PICKS)):
        places = list(_places(value))
        if not places:
            return rng.choice(JUNK)
        _change(rng, *rng.choice(places))
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    items = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value)) if isinstance(value, list) else items
    found = [(value, key) for key, _ in items]
    for _, part in items:
        found += _places(part)
    return found


def _change(rng: random.Random, holder: Any, key: Any) -> None:
    change = rng.randrange(6)
    old = holder[key]
    if change == 0:
        del holder[key]
    elif change == 1 and isinstance(holder, dict):
        holder[text(rng, str(key))] = holder.pop(key)
    elif change == 2 and isinstance(old, str):
        holder[key] = text(rng, old)
    elif change == 3:
        holder[key] = [old] * rng.choice((1, 3, 200))
    elif change == 4:
        holder[key] = {"a": old}
    else:
        holder[key] = copy.deepcopy(rng.choice(JUNK))
