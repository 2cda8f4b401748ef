"""Patterns learnt from texts: the shapes that values have, as a regular expression."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

import ibis.expr.types as ir
from ibis import Table

from assay.engine import Session
from assay.onboarding.evidence._columns import Ends
from assay.onboarding.evidence._many_columns import measure_values

Form = Sequence[Sequence[tuple[str, int]]]
"""Shapes of one form: of each, runs of one character with their lengths."""
MOST_SHAPES: Final = 1000
_MOST_FORMS: Final = 4
_LONGEST: Final = 60
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASSES: Final = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}
_CHARACTERS: Final = _UPPER + _UPPER.lower() + "0123456789"
_SHAPES: Final = "A" * 26 + "a" * 26 + "9" * 10


@dataclass(frozen=True)
class Pattern:
    """A regular expression, and how many of the values it describes."""

    regex: str
    covered: int
    n: int
    forms: int


def shapes_of(levels: Mapping[str, int]) -> dict[str, int]:
    """The shapes of some levels, each with its rows.

    Examples
    --------
    >>> shapes_of({"A-1": 2, "B-7": 1, "x": 4})
    {'A-9': 3, 'a': 4}
    """
    table = str.maketrans(_CHARACTERS, _SHAPES)
    found: Counter[str] = Counter()
    for level, n in levels.items():
        found[level.translate(table)] += n
    return dict(found)


def measure_shapes(
    session: Session, texts: Mapping[str, ir.StringColumn], table: Table, rows: int
) -> dict[str, dict[str, int]]:
    """The shapes of columns, most frequent first: letters as ``A`` and ``a``, digits as ``9``."""
    shaped = {name: text.translate(_CHARACTERS, _SHAPES) for name, text in texts.items()}
    return measure_values(session, shaped, table, rows, MOST_SHAPES + 1)


def learn_pattern(
    shapes: Mapping[str, int], n: int, *, ends: Ends | None, least: float, hidden: bool = False
) -> Pattern | None:
    r"""The pattern of the most frequent forms; None where the values are free text.

    A form is a shape without the lengths of its runs: ``AA-999`` and ``AA-9999`` are one, with
    three or four digits. Runs of spaces and marks are taken as they are. What all values begin and
    end with is written out where ``ends`` are given.

    Parameters
    ----------
    shapes : mapping
        Shape → rows, of all values or of the most frequent.
    least : float
        The share of the values that the pattern must describe.
    hidden : bool
        Of a column about people: small letters and runs of differing lengths have no length, and
        there is a pattern only for what has digits or marks in one or two forms, as a code has.

    Examples
    --------
    >>> learn_pattern({"AA-999": 5, "AA-99": 3}, 8, ends=None, least=1.0, hidden=True).regex
    '^[A-Z]{2}-[0-9]+$'
    >>> ends = Ends("AB-12", "AB-999", "21-BA", "999-BA")
    >>> learn_pattern({"AA-999": 5, "AA-99": 3}, 8, ends=ends, least=1.0).regex
    '^AB-[0-9]{2,3}$'
    """
    forms: dict[tuple[str, ...], list[tuple[list[tuple[str, int]], int]]] = defaultdict(list)
    for shape, count in shapes.items():
        runs = [(c, len(list(g))) for c, g in groupby(shape)]
        forms[tuple(c for c, _ in runs)].append((runs, count))
    ranked = sorted(forms.values(), key=lambda form: -sum(n for _, n in form))
    kept, covered = [], 0
    for form in ranked[:_MOST_FORMS]:
        if covered >= n:
            break
        kept.append([runs for runs, _ in form])
        covered += sum(count for _, count in form)
    if not kept or covered < least * n or not all(_is_specific(form) for form in kept):
        return None
    if hidden and not _impersonal(kept):
        return None
    whole = covered == n
    before, after = _literal(ends, kept) if ends and whole and len(kept) == 1 else ("", "")
    parts = [_regex(form, before, after, exact=not hidden) for form in kept]
    body = parts[0] if len(parts) == 1 else "(" + "|".join(parts) + ")"
    return Pattern(f"^{body}$", covered, n, len(kept))


def _is_specific(form: Form) -> bool:
    """Whether a form is specific: short, plain, with marks or digits."""
    runs = form[0]
    letters = {c for c, _ in runs}
    total = max(sum(n for _, n in r) for r in form)
    spaces = sum(1 for c, _ in runs if c == " ")
    fixed = len({tuple(r) for r in form}) == 1
    plain = all(c.isascii() and c.isprintable() for c in letters)
    short = total <= _LONGEST and spaces <= 2
    return plain and short and (fixed or bool(letters - {"a", "A", " "}))


def _impersonal(forms: Sequence[Form]) -> bool:
    """Whether forms are those of a code, an address or a number rather than of names."""
    marks = [{c for c, _ in form[0]} - {"A", "a", " "} for form in forms]
    return len(forms) <= 2 and all(marks)


def _literal(ends: Ends, forms: Sequence[Form]) -> tuple[str, str]:
    """What every value begins and ends with: that of the first and last in order is that of all.

    Both stop before they would overlap in the shortest value.
    """
    shortest = min(sum(n for _, n in runs) for runs in forms[0])
    before = _common(ends.first, ends.last)
    after = _common(ends.first_reversed, ends.last_reversed)[::-1]
    # A literal digit may be chance (a year, a serial number's beginning): letters and marks only.
    before = re.split(r"[0-9]", before, maxsplit=1)[0][: shortest - 1]
    after = re.split(r"[0-9]", after)[-1]
    return before, after[-(shortest - len(before)) :] if len(before) < shortest else ""


def _common(one: str, other: str) -> str:
    """What two texts begin with."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(c for c, _ in same)


def _regex(form: Form, before: str, after: str, *, exact: bool) -> str:
    """The regular expression of one form."""
    lengths = list(zip(*[[n for _, n in runs] for runs in form], strict=True))
    parts = []
    start, end = len(before), len(after)
    spans = [(c, min(ns), max(ns)) for (c, _), ns in zip(form[0], lengths, strict=True)]
    spans = _cut(_cut(spans, start)[::-1], end)[::-1] if (start or end) else spans
    for c, low, high in spans:
        atom = _CLASSES.get(c, _escaped(c))
        loose = not exact and (low != high or c == "a")
        parts.append(atom + ("+" if loose and low else "*" if loose else _times(low, high)))
    return _escaped(before) + "".join(parts) + _escaped(after)


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\ ", " ").replace(r"\-", "-")


def _cut(spans: Iterable[tuple[str, int, int]], size: int) -> list[tuple[str, int, int]]:
    """The spans without their first so many characters."""
    out = []
    for c, low, high in spans:
        taken = min(size, low) if low == high or size else 0
        size -= taken
        if high - taken > 0:
            out.append((c, low - taken, high - taken))
    return out


def _times(low: int, high: int) -> str:
    if low == high:
        return "" if low == 1 else f"{{{low}}}"
    return f"{{{low},{high}}}"
