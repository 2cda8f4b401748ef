"""Formats of dates and moments: what is wrong with one, and which texts are wholly of it."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_DIRECTIVES: Final = frozenset("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ")
_SHORT: Final = frozenset("dmHIMSyj")
_YEARS: Final = frozenset("YyGcx")
_REPEATS: Final = frozenset("aAuwUWVGj")
"""Directives that may say again, or otherwise, what others say."""
_LONGEST: Final = 200
_WORD: Final = r"\pL+"
_DAY: Final = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCK: Final = "[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}"
_WIDTHS: Final = dict.fromkeys("dmHIMSUWV", 2) | {"j": 3, "u": 1, "w": 1}
_FORMS: Final = {
    **dict.fromkeys("aAbBp", _WORD), **dict.fromkeys("YG", "[0-9]{4}"), "y": "[0-9]{2}",
    "f": "[0-9]{1,6}", "g": "[0-9]{1,3}", "n": "[0-9]{1,6}0{0,3}",
    "z": "[+-][0-9]{2}(:?[0-9]{2}(:?[0-9]{2})?)?", "Z": "[A-Za-z0-9_/+-]+",
    "x": _DAY, "X": _CLOCK, "c": f"{_DAY} +{_CLOCK}",
}  # fmt: skip


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
    >>> format_fault("%H:%M")
    'the format has no year, such as %Y'
    """
    if len(form) > _LONGEST or "\0" in form:
        return f"the format has more than {_LONGEST} characters, or a NUL"
    seen: set[str] = set()
    for short, letter in _directives(form):
        if letter not in (_SHORT if short else _DIRECTIVES) or not letter:
            return f"the format has no such directive: %{'-' if short else ''}{letter}"
        if letter in seen:
            return f"the format has %{letter} twice"
        seen.add(letter)
    if not seen:
        return "the format has no directive, such as %Y"
    if "I" in seen and "p" not in seen:
        return "the format has %I, an hour of 12, without %p"
    return None if seen & _YEARS else "the format has no year, such as %Y"


def names_zone(form: str) -> bool:
    """Whether texts of a format say their own zone, by its offset or its name.

    Examples
    --------
    >>> names_zone("%H:%M %z"), names_zone("%H:%M %Z"), names_zone("%H:%M %%z")
    (True, True, False)
    """
    return bool({"z", "Z"} & _letters(form))


def says_twice(form: str) -> bool:
    """Whether a text of the format may contradict itself, as a weekday beside a date may.

    Examples
    --------
    >>> says_twice("%a %Y-%m-%d"), says_twice("%Y-%m-%d"), says_twice("%Y-%j")
    (True, False, True)
    """
    return bool(_REPEATS & _letters(form)) or {"p", "H"} <= _letters(form)


def format_pattern(form: str) -> str:
    r"""A pattern, in RE2's terms, of the texts that are wholly of a format.

    A year has four digits, or two under ``%y``, since strptime's readers take ``24`` for the year
    24. Numbers may lack their leading zeros, except where two of them stand side by side. Digits
    beyond the microsecond are zeros.

    Examples
    --------
    >>> format_pattern("%d.%m.%Y")
    '[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}'
    >>> format_pattern("%Y%m%d")
    '[0-9]{4}[0-9]{2}[0-9]{2}'
    """
    parts = [part for part in re.split(r"(%-?.|%$)", form, flags=re.DOTALL) if part]
    made = []
    for i, part in enumerate(parts):
        if _is_directive(part):
            beside = (*parts[max(0, i - 1) : i], *parts[i + 1 : i + 2])
            made.append(_form_of(part[-1], fixed=any(map(_is_directive, beside))))
        else:
            made.append(re.escape(part.replace("%%", "%")))
    return "".join(made)


def _is_directive(part: str) -> bool:
    return part.startswith("%") and part != "%%"


def _letters(form: str) -> set[str]:
    return {letter for _, letter in _directives(form)}


def _form_of(letter: str, *, fixed: bool) -> str:
    width = _WIDTHS.get(letter)
    if width is None:
        return _FORMS[letter]
    return f"[0-9]{{{width}}}" if fixed or width == 1 else f"[0-9]{{1,{width}}}"


def _directives(form: str) -> list[tuple[bool, str]]:
    """Each directive: whether it is a short one, ``%-d``, and its letter."""
    parts = form.replace("%%", "").split("%")[1:]
    return [(part.startswith("-"), part.lstrip("-")[:1]) for part in parts]


def _checked(form: str) -> str:
    if fault := format_fault(form):
        raise ValueError(fault)
    return form


MomentFormat = Annotated[str, AfterValidator(_checked)]
"""The type of a key that holds such a format."""
