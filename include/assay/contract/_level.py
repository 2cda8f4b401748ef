"""The values of a closed list, in the form that a value of the column's type has."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final


def _integer(level: str | float) -> str | None:
    whole = Decimal(str(level))
    return str(int(whole)) if whole == whole.to_integral_value() else None


def _number(level: str | float) -> str | None:
    return str(level) if math.isfinite(float(level)) else None


def _boolean(level: str | float) -> str | None:
    return str(level).lower() if str(level).lower() in {"true", "false"} else None


_FORMS: Final = {"integer": _integer, "number": _number, "boolean": _boolean}


def level_text(logical_type: str, level: Any) -> str | None:
    """A level as text; None if it is no value of the column's type.

    Examples
    --------
    >>> level_text("integer", 2.0), level_text("integer", "007"), level_text("integer", 2.5)
    ('2', '7', None)
    >>> level_text("string", "012"), level_text("string", 10), level_text("integer", True)
    ('012', None, None)
    """
    if logical_type not in _FORMS:
        return level if isinstance(level, str) else None
    if isinstance(level, bool) and logical_type != "boolean":
        return None
    try:
        return _FORMS[logical_type](level)
    except (ArithmeticError, TypeError, ValueError):
        return None


def level_advice(logical_type: str, level: object) -> str | None:
    """What to do where a level is no value of the column's type."""
    unquoted = logical_type not in _FORMS and not isinstance(level, str)
    return f"YAML reads it as {type(level).__name__}: quote it." if unquoted else None
