"""Formats of dates and moments: what is wrong with one, before any text is read by it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator

_DIRECTIVES: Final = frozenset("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ")
_SHORT: Final = frozenset("dmHIMSyj")
_LONGEST: Final = 200


def format_fault(form: str) -> str | None:
    """What is wrong with a format in strftime's terms; None for one that texts can be read by.

    Examples
    --------
    >>> format_fault("%Y-%m-%dT%H:%M:%S") is None, format_fault("%-d/%-m/%Y") is None
    (True, True)
    >>> format_fault("%Y%Y")
    'the format has %Y twice'
    >>> format_fault("%Q")
    'the format has no such directive: %Q'
    """
    if len(form) > _LONGEST or "\0" in form:
        return f"the format has more than {_LONGEST} characters, or a NUL"
    seen: set[str] = set()
    parts = form.replace("%%", "").split("%")[1:]
    for part in parts:
        short = part.startswith("-")
        letter = part[1:2] if short else part[:1]
        if letter not in (_SHORT if short else _DIRECTIVES) or not letter:
            return f"the format has no such directive: %{part[:2] if short else letter}"
        if letter in seen:
            return f"the format has %{letter} twice"
        seen.add(letter)
    return None if seen else "the format has no directive, such as %Y"


def _checked(form: str) -> str:
    if fault := format_fault(form):
        raise ValueError(fault)
    return form


MomentFormat = Annotated[str, AfterValidator(_checked)]
"""The type of a key that holds such a format."""
