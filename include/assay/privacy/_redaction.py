"""Redaction: what leads to a person inside a text, replaced by the name of its kind.

Patterns are RE2's, which takes time in proportion to a text's length whatever the pattern. They
find too much rather than too little: no check digit is asked for, and digits and letters of every
script count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import ibis.expr.types as ir

from assay.errors import Problem
from assay.policy.privacy import Redact

_WORD: Final = r"[\p{L}\p{N}_-]"
_GROUP: Final = r"(?:[ \x{a0}./-]?[(]?\p{Nd}[)]?)"
# In this order: a later kind would take a part of what an earlier one takes whole.
KINDS: Final[dict[str, str]] = {
    "url": r"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S+",
    "email": rf"[\p{{L}}\p{{N}}._%+'&*=/?^{{|}}~!#$-]+@{_WORD}+(?:\.{_WORD}+)*",
    "iban": r"(?i)\b[a-z]{2}[0-9]{2}"
    r"(?:[a-z0-9]{11,30}|(?:[ -][a-z0-9]{4}){2,7}(?:[ -][a-z0-9]{0,3}[0-9])?)\b",
    "card": r"\p{Nd}(?:[ -]?\p{Nd}){12,18}",
    "ip": r"(?i)(?:\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}"
    r"|(?:[0-9a-f]{1,4}:){1,7}:)",
    "phone": rf"[+(]?\p{{Nd}}{_GROUP}{{6,18}}",
    "number": r"\p{Nd}+",
}
"""Kind to its pattern."""


def redacted(texts: ir.Column, how: Redact) -> ir.Column:
    """Texts without what the policy's own patterns and kinds find; null stays null.

    Each find becomes its name in brackets, such as ``[email]``. The policy's own patterns come
    first. A name has no digit, so that no kind finds anything in it.
    """
    kinds = {kind: pattern for kind, pattern in KINDS.items() if kind in how.kinds}
    for name, pattern in (*how.patterns.items(), *kinds.items()):
        texts = texts.re_replace(pattern, f"[{name}]")
    return texts


def pattern_problems(how: Redact, where: str) -> Iterator[Problem]:
    """Patterns that RE2 doesn't read, and those that find nothing at every place of a text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, pattern in how.patterns.items():
        place = f"{where}.patterns.{name}"
        try:
            finds_nothing = pc.match_substring_regex(pa.scalar(""), pattern=pattern).as_py()
        except pa.ArrowInvalid as error:
            yield Problem("RE2 can't read the pattern", where=place, got=pattern,
                          expected=str(error).rsplit(": ", 1)[-1])  # fmt: skip
            continue
        if finds_nothing:
            yield Problem("the pattern matches an empty text", where=place, got=pattern,
                          expected="one character or more, such as + for *")  # fmt: skip
