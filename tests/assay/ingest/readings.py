"""Python's own reading of what lands: the value that a text or a typed value says, or none."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from decimal import Decimal
from typing import Any

import numpy as np

UNPARSED = "unparsed"
TYPES = ("string", "integer", "number", "boolean", "date", "timestamp")
TRUE = {"true", "t", "yes", "y", "on", "1", "1.0"}
FALSE = {"false", "f", "no", "n", "off", "0", "0.0"}
WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})([ T]00:00(:00(\.0+)?)?)?")
MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"([ T]([0-9]{2}):([0-9]{2})(:([0-9]{2})(\.([0-9]{1,6})0*)?)?"
    r"(Z|([+-])(0[0-9]|1[0-5])(:?([0-5][0-9])(:?([0-5][0-9]))?)?)?)?"
)
EXACT = decimal.Context(prec=5000, Emin=-999999, Emax=999999, traps=[])
SPACES = "".join(map(chr, (9, 10, 12, 13, 32, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
                           0x202F, 0x205F, 0x3000)))  # fmt: skip


def of_text(kind: str, text: str) -> Any:
    """What a column of a type holds for a text."""
    if kind == "string":
        return text
    bare = text.strip(SPACES)
    read = {"integer": _integer, "number": number, "boolean": _boolean, "date": _date,
            "timestamp": _timestamp}  # fmt: skip
    return read[kind](bare)


def _integer(bare: str) -> Any:
    if not WHOLE.fullmatch(bare):
        return UNPARSED
    return _fits(int(bare.split(".", 1)[0]))


def _fits(whole: int) -> Any:
    return whole if -(2**63) <= whole < 2**63 else UNPARSED


def number(bare: str) -> Any:
    """The double that says a decimal to all the digits that were written."""
    if not NUMBER.fullmatch(bare):
        return UNPARSED
    value, written = float(bare), EXACT.create_decimal(bare)
    if not math.isfinite(value):
        return UNPARSED
    if EXACT.create_decimal(repr(value)) == written:
        return value
    digits = len(bare.lower().split("e")[0].translate(str.maketrans("", "", "+-.")).lstrip("0"))
    rounding = decimal.Context(prec=max(digits, 1), Emin=-999999, Emax=999999, traps=[])
    return value if rounding.create_decimal(Decimal(value)) == written else UNPARSED


def _boolean(bare: str) -> Any:
    lower = bare.lower()
    return True if lower in TRUE else False if lower in FALSE else UNPARSED


def _date(bare: str) -> Any:
    found = DAY.fullmatch(bare)
    try:
        return dt.date(*map(int, found.groups()[:3])) if found else UNPARSED
    except ValueError:
        return UNPARSED


def _timestamp(bare: str) -> Any:
    found = MOMENT.fullmatch(bare)
    if not found:
        return UNPARSED
    g = found.groups(default="0")
    try:
        day = dt.datetime(int(g[0]), int(g[1]), int(g[2]))
        hour, minute, second = int(g[4]), int(g[5]), int(g[7])
        if hour == 24 and minute == second == 0 and int(g[9]) == 0:
            hour, day = 0, day + dt.timedelta(days=1)
        local = day.replace(hour=hour, minute=minute, second=second,
                            microsecond=int(g[9].ljust(6, "0")))  # fmt: skip
        offset = dt.timedelta(hours=int(g[12]), minutes=int(g[14]), seconds=int(g[16]))
        return local - offset if g[11] == "+" else local + offset
    except (ValueError, OverflowError):
        return UNPARSED


def of_typed(kind: str, value: Any) -> Any:
    """What a column of a type holds for a value of a type of its own; None says: by its text."""
    if isinstance(value, bool | np.bool_):
        return bool(value) if kind == "boolean" else None
    if isinstance(value, int) and kind in {"integer", "number"}:
        return _fits(value) if kind == "integer" else _as_double(value)
    if isinstance(value, Decimal) and kind in {"integer", "number"}:
        if kind == "number":
            return number(format(value, "f"))
        return _fits(int(value)) if value == int(value) else UNPARSED
    if isinstance(value, float) and kind in {"integer", "number"}:
        if kind == "number":
            return value if math.isfinite(value) else UNPARSED
        whole = math.isfinite(value) and value.is_integer() and abs(value) <= 2**53
        return int(value) if whole else UNPARSED
    if isinstance(value, np.datetime64) and kind in {"date", "timestamp"}:
        return _moment(kind, value)
    return None


def _as_double(value: int) -> Any:
    return float(value) if int(float(value)) == value else UNPARSED


def _moment(kind: str, value: np.datetime64) -> Any:
    """Of a moment of any unit: what is whole in microseconds, within Python's years."""
    unit, step = np.datetime_data(value.dtype)
    per_second = {"D": Decimal(1) / 86400, "s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    micro = EXACT.divide(Decimal(int(value.astype(np.int64)) * step * 10**6), Decimal(per_second))
    if unit == "D":
        micro = Decimal(int(value.astype(np.int64)) * 86400 * 10**6)
    if micro != int(micro):
        return UNPARSED
    try:
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(micro))
    except OverflowError:
        return UNPARSED
    if kind == "timestamp":
        return moment
    return moment.date() if moment.time() == dt.time() else UNPARSED


def same(landed: Any, wanted: Any) -> bool:
    """Whether a landed value is the wanted one, of its very type."""
    return type(landed) is type(wanted) and landed == wanted
