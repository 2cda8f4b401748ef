"""Reasons as people read them: one sentence, the same in every log, report, message and list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from assay.reasons import ReasonCode
from assay.verdict import Reason

_MOST_NUMBERS: Final = 6
_MOST_NAMES: Final = 3
_LABELS: Final[Mapping[str, str]] = {
    "psi": "PSI",
    "auc": "AUC",
    "ks_statistic": "KS distance",
    "cramers_v": "Cramér’s V",
    "p_adjusted": "adjusted p",
    "null_quantile": "by chance",
    "rows_current": "rows of the batch",
    "rows_reference": "rows of the reference",
    "element_count": "rows judged",
    "unexpected_count": "rows unmet",
    "unexpected_percent": "% unmet",
    "observed": "found",
    "min_value": "at least",
    "max_value": "at most",
    "value": "asked",
}
_PEOPLE: Final = "fairness"
"""The room whose sentences name groups of people."""


def sentence(reason: Reason | Mapping[str, Any], *, outside: bool = False) -> str:
    """Say a reason in a sentence: what happened, how much against which limit, and why.

    Parameters
    ----------
    reason : Reason or mapping
        A reason, or one as the catalog keeps it.
    outside : bool
        Whether the sentence leaves the house, as a message does. It then names no group of people
        and holds no text among its numbers; a code that nobody knows says its own words alone.

    Examples
    --------
    >>> sentence({"code": "drift_detected", "column": "age", "message": "age differs from May",
    ...           "numbers": {"psi": 0.31, "limit": 0.2}, "cause": "one segment is new"})
    'age differs from May: PSI 0.31, limit 0.2. Why: one segment is new.'
    """
    given = reason.model_dump() if isinstance(reason, Reason) else reason
    column, about, cause = (given.get(k) or "" for k in ("column", "about", "cause"))
    what = _outside(given) if outside else str(given["message"])
    what = what.strip().removesuffix(".")
    where = "" if not column or column in what else f"{column}: "
    numbers = given.get("numbers") or {}
    measured = numbers_text(numbers, text=not outside)
    if any(c.isdigit() for c in what.replace(column, "")):
        measured = ""  # the sentence has its numbers
    numbers = f": {measured}" if measured else ""
    of = f"; {about}" if about and about not in what else ""
    why = f". Why: {cause.removesuffix('.')}" if cause else ""
    return f"{where}{what}{numbers}{of}{why}."


def _outside(given: Mapping[str, Any]) -> str:
    """The words of a reason that may leave the house: no group of people, no unknown text."""
    code = str(given["code"])
    known = next((c for c in ReasonCode if c.value == code), None)
    if known is None:
        return code.replace("_", " ")
    return known.meaning if _PEOPLE in known.rooms else str(given.get("message") or known.meaning)


def numbers_text(numbers: Mapping[str, Any], *, text: bool = False) -> str:
    """Write numbers with their labels, what was found before its limits, the rows at the end.

    Examples
    --------
    >>> numbers_text({"limit": 0.2, "psi": 0.4, "rows": 930})
    'PSI 0.4, limit 0.2 (930 rows)'
    """
    known = {n: v for n, v in numbers.items() if _shown(v, text=text)}
    limits = [name for name in known if "limit" in name]
    labels = {name: _LABELS.get(name, name.replace("_", " ")) for name in known}
    labels |= dict.fromkeys(limits, "limit") if len(limits) == 1 else {}
    ordered = sorted(known.items(), key=lambda item: "limit" in item[0])
    parts = [f"{labels[n]} {shown_number(v)}" for n, v in ordered if n != "rows"][:_MOST_NUMBERS]
    rows = f"{shown_number(known['rows'])} rows" if "rows" in known else ""
    return ", ".join(parts) + (f" ({rows})" if parts and rows else rows)


def _shown(value: Any, *, text: bool) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (text and isinstance(value, str))


def shown_number(value: float | str) -> str:
    """Write a number: thousands apart, three significant digits of what isn't whole.

    Examples
    --------
    >>> [shown_number(v) for v in (68785, 68785.0, 0.31, 1 / 3, 1e-12, "<10")]
    ['68,785', '68,785', '0.31', '0.333', '1e-12', '<10']
    """
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) or value.is_integer() or abs(value) >= 1000
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def few(names: Iterable[object], most: int = _MOST_NAMES) -> str:
    """Write the first of some names, and how many more there are.

    Examples
    --------
    >>> few(["a", "b"]), few(range(1, 18))
    ('a, b', '1, 2, 3 … and 14 more')
    """
    shown = [str(name) for name in names]
    more = len(shown) - most
    # One more name is no longer than its number.
    return ", ".join(shown) if more <= 1 else f"{', '.join(shown[:most])} … and {more} more"


def folded(lines: Sequence[str], most: int, rest: str = "") -> list[str]:
    """Keep the first lines, and say in the last one how many more there are.

    Parameters
    ----------
    rest : str
        What the others are, after their number.

    Examples
    --------
    >>> folded(["a", "b", "c"], 1, "reasons")
    ['a', '… and 2 more reasons']
    """
    more = len(lines) - most
    return [*lines[:most], *([f"… and {more} more {rest}".rstrip()] if more > 0 else [])]


def printable(text: str) -> str:
    r"""Text from outside as one line: what steers a terminal, or turns its order, becomes �.

    Examples
    --------
    >>> printable("day\x1b[2J\n1.csv")
    'day�[2J�1.csv'
    """
    return "".join(letter if letter.isprintable() else "�" for letter in text)
